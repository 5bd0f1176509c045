"""A small world to write linking tests in: events and findings in one line each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from ringleader.link import link
from ringleader.link.model import Model
from ringleader.schema import tables

STRONG = Model("by hand: every bundle is an intrusion, and none is compared", -1e9, 1e9, 1e9, {}, {}, {}, {}, {})
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []

    def event(
        self,
        kind: str,
        minute: float,
        host: str,
        rule: str | None = None,
        /,
        level: str = "critical",
        account: str | None = None,
        **fields: str,
    ) -> str:
        event_id = f"e{len(self.events):06}"
        time = START + timedelta(minutes=minute)
        self.events.append({"event_id": event_id, "kind": kind, "time": time, "host": host, **fields})
        if rule:
            self.find(rule, event_id, level, account)
        return event_id

    def find(self, rule: str, event_id: str, level: str = "critical", account: str | None = None) -> None:
        event = self.events[int(event_id[1:])]
        self.findings.append(
            {
                "finding_id": f"{rule}:{event_id}", "evidence_id": "x", "detector": "sigma", "rule_id": rule,
                "rule_title": rule, "level": level, "techniques": ["T1059"], "tactics": ["execution"], "software": [],
                "groups": [], "event_id": event_id, "event_ids": [], "kind": event["kind"], "time": event["time"],
                "host": event["host"], "account": account, "values": [],
            }
        )  # fmt: skip

    def start(
        self,
        minute: float,
        host: str,
        pid: int,
        parent: int,
        rule: str | None = None,
        /,
        image: str = r"C:\x\tool.exe",
        above: str = r"C:\Windows\System32\cmd.exe",
        session: str = "0x3e7",
        level: str = "critical",
        account: str | None = None,
        **more: str,
    ) -> str:
        """Sysmon 1, its GUIDs made from the process ids."""
        fields = {
            "ProcessGuid": f"{{{host}-{pid}}}",
            "ParentProcessGuid": f"{{{host}-{parent}}}",
            "ProcessId": str(pid),
            "ParentProcessId": str(parent),
            "Image": image,
            "ParentImage": above,
            "LogonId": session,
        } | more
        return self.event("windows/sysmon/1", minute, host, rule, level=level, account=account, **fields)

    def audit(self, minute: float, host: str, pid: int, parent: int, rule: str | None = None, /, **more: str) -> str:
        """Security 4688."""
        fields = {
            "NewProcessId": hex(pid),
            "NewProcessName": r"C:\x\cmd.exe",
            "ProcessId": hex(parent),
            "ParentProcessName": r"C:\x\above.exe",
            "SubjectLogonId": "0x3e7",
        } | more
        return self.event("windows/security/4688", minute, host, rule, **fields)

    def tables(self) -> tuple[pa.Table, list[pa.Table]]:
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            by_kind.setdefault(event["kind"], []).append(event)
        out = []
        for rows in by_kind.values():
            names = dict.fromkeys(name for row in rows for name in row)
            columns = {
                n: pa.array([row.get(n) for row in rows], tables.TIME if n == "time" else pa.string()) for n in names
            }
            out.append(pa.table(columns))
        return pa.Table.from_pylist(self.findings, schema=tables.FINDINGS), out

    def link(self) -> list[set[str]]:
        """What strong joins hold together, as sets of rules."""
        intrusions, steps = link(*self.tables(), learnt=STRONG)
        members = {row["intrusion_id"]: set() for row in intrusions.to_pylist()}
        for step in steps.to_pylist():
            members[step["intrusion_id"]].add(step["finding_id"].partition(":")[0])
        return sorted(members.values(), key=sorted)

    def steps(self) -> dict[str, dict[str, Any]]:
        return {row["finding_id"].partition(":")[0]: row for row in link(*self.tables(), learnt=STRONG)[1].to_pylist()}
