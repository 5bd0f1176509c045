"""A small case, made by hand: events, findings on some of them, one or more intrusions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader.case import Case, Config, parse
from ringleader.profile.sighting import Sighting
from ringleader.schema import tables
from ringleader.store import Store

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE = """
[organisation]
name = "Example Telecom"

[[asset]]
host = "ex01.corp.example"
role = "mail"
aliases = ["10.1.0.4"]

[[asset]]
host = "bil01.corp.example"
role = "billing"

[[supplier]]
name = "Acme Billing"
accounts = ["svc-acme"]
addresses = ["198.51.100.0/28"]
"""


def sighting(kind: str = "windows/sysmon/1", /, minute: float = 0, **slots: str | tuple[str, ...]) -> Sighting:
    """One event with its slots; host, account, techniques and the like by their names."""
    own: dict[str, Any] = {name: slots.pop(name) for name in ("host", "account") if name in slots}
    sets = {name: frozenset(slots.pop(name)) for name in ("techniques", "tactics", "software") if name in slots}
    held = {name: (value,) if isinstance(value, str) else value for name, value in slots.items()}
    time = microseconds(START + timedelta(minutes=minute))
    own = {"host": "ex01.corp.example", "account": "", **own}
    return Sighting(event_id="e", time=time, kind=kind, findings=("f1",), slots=held, **own, **sets)


def microseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class Made:
    """Collects, then writes a store."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.members: dict[str, list[str]] = {}
        self.joins: dict[str, tuple[str, str, str, float]] = {}

    def event(self, kind: str, minute: float, host: str | None, /, **fields: str | None) -> str:
        event_id = f"{len(self.events):016x}-0"
        time = START + timedelta(minutes=minute)
        self.events.append(
            {"event_id": event_id, "evidence_id": "x", "kind": kind, "time": time, "host": host, "fields": fields}
        )
        return event_id

    def find(
        self,
        intrusion: str,
        event_id: str,
        rule: str,
        technique: str = "T1059.003",
        tactic: str = "execution",
        level: str = "high",
        account: str | None = None,
        event_ids: tuple[str, ...] = (),
        join: tuple[str, str, str, float] | None = None,
        software: tuple[str, ...] = (),
    ) -> str:
        """A finding of that intrusion, none for a lead. ``join``: the finding joined to, entity, value, weight."""
        event = next(one for one in self.events if one["event_id"] == event_id)
        finding = f"f{len(self.findings):07}"
        self.findings.append(
            {
                "finding_id": finding, "evidence_id": "x", "detector": "sigma", "rule_id": rule, "rule_title": rule,
                "level": level, "techniques": [technique], "tactics": [tactic], "software": list(software),
                "groups": [], "event_id": event_id, "event_ids": list(event_ids), "kind": event["kind"],
                "time": event["time"],
                "host": event["host"], "account": account,
                "values": [(name, value) for name, value in list(event["fields"].items())[:2] if value],
            }
        )  # fmt: skip
        if intrusion:
            self.members.setdefault(intrusion, []).append(finding)
        if join:
            self.joins[finding] = join
        return finding

    def step(self, intrusion: str, kind: str, minute: float, host: str | None, rule: str, /, **more: Any) -> str:
        """Event and finding in one; keys of ``find`` go there, all others are fields."""
        known = ("technique", "tactic", "level", "account", "event_ids", "join", "software")
        told = {name: more.pop(name) for name in known if name in more}
        return self.find(intrusion, self.event(kind, minute, host, **more), rule, **told)

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Intrusions, steps, findings."""
        by_id = {row["finding_id"]: row for row in self.findings}
        intrusions, steps = [], []
        for name, members in self.members.items():
            rows = [by_id[one] for one in members]
            times = [row["time"] for row in rows if row["time"]]
            intrusions.append(
                {
                    "intrusion_id": name, "first_time": min(times), "last_time": max(times),
                    "hosts": list(dict.fromkeys(row["host"] for row in rows if row["host"])),
                    "accounts": list(dict.fromkeys(row["account"] for row in rows if row["account"])),
                    "tactics": [], "techniques": [], "findings": len(rows), "level": "high", "score": 20.0,
                }
            )  # fmt: skip
            for one in members:
                other, kind, entity, weight = self.joins.get(one, (None, "first", "", None))
                steps.append(
                    {"intrusion_id": name, "finding_id": one, "entity_kind": kind, "entity": entity, "joined_to": other,
                     "weight": weight}
                )  # fmt: skip
        return (
            pa.Table.from_pylist(intrusions, tables.INTRUSIONS),
            pa.Table.from_pylist(steps, tables.STEPS),
            pa.Table.from_pylist(self.findings, tables.FINDINGS),
        )

    def event_tables(self) -> dict[str, pa.Table]:
        """By kind, as they are stored."""
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            by_kind.setdefault(event["kind"], []).append(event)
        out = {}
        for kind, rows in by_kind.items():
            fixed = pa.Table.from_pylist([{**row, "rest": None} for row in rows], tables.EVENTS)
            for name in sorted({name for row in rows for name in row["fields"]}):
                fixed = fixed.append_column(name, pa.array([row["fields"].get(name) for row in rows], pa.string()))
            out[kind] = fixed
        return out

    def store(self, root: Path, case: str = CASE) -> tuple[Store, Config]:
        root.mkdir(parents=True, exist_ok=True)
        (root / "ringleader.toml").write_text(case)
        store = Store.open(root, create=True)
        intrusions, steps, findings = self.tables()
        with store.transaction() as tx:
            for kind, table in self.event_tables().items():
                _adopt(tx, kind, table)
            tx.write("findings", "findings", findings)
            tx.write("intrusions", "link", intrusions)
            tx.write("steps", "link", steps)
        return store, Case.open(root).config


def _adopt(tx: Any, kind: str, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    from ringleader.store import File, sha256_file
    from ringleader.store.layout import events_path

    path = tx.folder / f"{kind.replace('/', '-')}.parquet"
    pq.write_table(table, path)
    digest, size = sha256_file(path)
    tx.adopt(path, File(events_path(kind, "made"), digest, size, table.num_rows))


def config(text: str = CASE) -> Config:
    return parse(text)


def tale() -> Made:
    """Through Exchange to a domain controller's data and a billing database, in the night, with a gap."""
    made = Made()
    mail, billing = "ex01.corp.example", "bil01.corp.example"
    iis = {"cs-method": "POST", "cs-uri-stem": "/aspnet_client/hlp.aspx", "cs-uri-query": "x=1", "sc-status": "200",
           "c-ip": "203.0.113.77", "cs-user-agent": "python-requests/2.25.1"}  # fmt: skip
    for day in range(-5, 9):  # what the host does anyway; the third and fourth day are missing
        if day not in (3, 4):
            for hour in range(0, 24, 6):
                made.event("windows/security/4624", day * 1440 + hour * 60, mail, IpAddress="10.1.0.9")
    first = made.step(
        "aa11bb22cc33dd44", "web/iis", 0, "10.1.0.4", "POST to a page among static files", technique="T1505.003",
        tactic="persistence", level="high", software=("S0020",), **iis,
    )  # fmt: skip
    shell = made.step(
        "aa11bb22cc33dd44", "windows/sysmon/1", 0.1, mail, "Web server starts a shell", technique="T1505.003",
        tactic="persistence", account="NT AUTHORITY\\SYSTEM", Image="C:\\Windows\\System32\\cmd.exe",
        CommandLine='"cmd.exe" /c net group "domain admins" /domain', OriginalFileName="Cmd.Exe",
        ParentImage="C:\\Windows\\System32\\inetsrv\\w3wp.exe", Hashes=f"MD5={'AB' * 16},SHA256={'CD' * 32}",
        join=(first, "web-request", "ex01.corp.example", 5.2),
    )  # fmt: skip
    service = made.step(
        "aa11bb22cc33dd44", "windows/system/7045", 58, billing, "Service whose program is a shell command",
        technique="T1569.002", tactic="execution", account="CORP\\svc-acme", ServiceName="QzUpd",
        ImagePath="%COMSPEC% /c C:\\ProgramData\\q.bat", join=(shell, "remote-logon", "ex01 as svc-acme", 2.25),
    )  # fmt: skip
    made.step(
        "aa11bb22cc33dd44", "windows/sysmon/1", 8640, mail, "Archive with a password made by a command",
        technique="T1560.001", tactic="collection", account="CORP\\svc-acme", Image="C:\\PerfLogs\\hlp.exe",
        OriginalFileName="Rar.exe", ParentImage="C:\\Windows\\System32\\cmd.exe",
        CommandLine="C:\\PerfLogs\\hlp.exe a -r -hpS3cret9 -m5 -v250m C:\\PerfLogs\\u.dat D:\\cdr\\2026-02\\*.csv",
        join=(service, "session", "0x7be21 on ex01.corp.example", 6.1),
    )  # fmt: skip
    numbers = ", ".join(f"'60128{number:07}'" for number in range(3))
    made.step(
        "aa11bb22cc33dd44", "db/oracle", 8650, None, "List of subscribers looked up", technique="T1213.006",
        tactic="collection", account="BILLAPP", DBUSERNAME="BILLAPP", ACTION_NAME="SELECT",
        SQL_TEXT=f"SELECT * FROM CDR.CALL_RECORDS WHERE MSISDN IN ({numbers})",
        join=(service, "session", "x", 3.0),
    )  # fmt: skip
    made.step("aa99000000000000", "windows/security/1102", 500, mail, "Log cleared", tactic="defense-evasion")
    made.step("", "windows/sysmon/1", 600, mail, "A lead", Image="C:\\x\\lead-only.exe", CommandLine="lead-only -x")
    return made


FIRST, SECOND = "aa11bb22cc33dd44", "aa99000000000000"
"""Campaigns of :func:`verdicts`; each has one intrusion, whose id is the campaign's."""


def verdicts(
    first: str = FIRST, second: str = SECOND, findings: tuple[str, ...] = ("f0000000", "f0000001"), said: str = ""
) -> dict[str, pa.Table]:
    """Rows of pairs, campaigns, attributions and assessments about two intrusions, one campaign each. ``said`` is put
    into every text."""
    cited = list(findings)
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [
            {"campaign_id": one, "name": name + said, "intrusion_ids": [one], "first_time": START + timedelta(days=at),
             "last_time": START + timedelta(days=at + 6), "weakest_bridge": None}
            for at, (one, name) in enumerate([(first, "Amber Heron"), (second, "Quiet Lynx")])
        ],
        "pairs": [
            {"owner_kind": "campaign", "left_id": min(first, second), "right_id": max(first, second), "log_lr": 3.4,
             "probability": 0.31, "p_value": 0.002, "q_value": 0.004, "colocation_p": 0.6,
             "contributions": json.dumps([
                 {"kind": "software", "value": "S0002" + said, "weight": 2.6, "reason": "1 of 40 intrusions" + said},
                 {"kind": "technique", "value": "T1003.001", "weight": 1.1, "reason": "common"},
                 {"kind": "working-hour", "value": "02", "weight": -0.3, "reason": "other hours"}]),
             "hypotheses": json.dumps({
                 "hypotheses": [
                     {"name": "shared-tools" + said, "title": "Two actors that buy tools from one source" + said,
                      "weight": 0.6, "for": [{"text": "the same rare tool" + said, "strength": "strong" + said}],
                      "against": [{"text": "no shared address", "strength": "weak"}]},
                     {"name": "same-actor", "title": "One actor", "weight": 0.31, "for": [], "against": [
                         {"text": "other working hours", "strength": "moderate"}]}],
                 "would_change": ["a shared control server" + said], "unknown key": {"deep": ["never shown"]}})},
        ],
        "attributions": [
            {"campaign_id": first, "candidate": candidate, "name": name + said, "rank": rank,
             "probability": probability, "verdict": verdict,
             "contributions": json.dumps([
                 {"kind": "software", "value": "S0020" + said, "weight": 2.2,
                  "reason": "19 of 172 groups use it" + said},
                 {"kind": "technique", "value": "T1505.003", "weight": 0.9, "reason": "32 of 172 groups use it"},
                 {"kind": "size", "value": candidate, "weight": -0.4, "reason": "many reports"}]),
             "detail": None if rank > 1 else json.dumps({
                 "band": {"word": "unlikely" + said, "range": [0.2, 0.45]}, "confidence": "moderate" + said,
                 "without_kind": [{"without": "software" + said, "leader": "APT41" + said, "probability": 0.2,
                                   "unknown": 0.5}],
                 "planted": {"kind": "software", "value": "S0020" + said, "leader": "APT41", "probability": 0.3},
                 "leads": [{"technique": "T1558.003" + said, "group": "G0093" + said, "seen_in": 3, "of": 5,
                            "gain": 0.8}],
                 "notes": ["Techniques alone never say more than: consistent with." + said]})}
            for rank, (candidate, name, probability, verdict) in enumerate(
                [("G0093", "GALLIUM", 0.42, "consistent with"), ("unknown", "none of the known groups", 0.4, "may be"),
                 ("G0096", "APT41", 0.18, "not indicated")], 1)
        ],
        "assessments": [
            {"subject_kind": kind, "subject_id": one, "aspect": aspect, "statement": statement + said,
             "confidence": confidence, "findings": cited, "data": json.dumps(data)}
            for kind, one, aspect, statement, confidence, data in _assessed(first, said)
        ],
    }  # fmt: skip
    return {name: pa.Table.from_pylist(some, tables.ALL[name]) for name, some in rows.items()}


def _assessed(first: str, said: str) -> list[tuple[str, str, str, str, str, dict[str, Any]]]:
    def at(days: float) -> str:
        return (START + timedelta(days=days)).isoformat()

    mail, billing, account = "ex01.corp.example" + said, "bil01.corp.example" + said, "CORP\\svc-acme" + said
    return [
        ("case", "Example Telecom", "since", "They were here from 2 March 2026 at the latest; the logs begin five days "
         "before.", "moderate", {"first": at(0), "earliest_possible": at(-5), "gaps": [
             "no mail server logs on 5 and 6 March" + said, [at(3), at(5)]], "ongoing": True}),
        ("campaign", first, "entry", "The earliest step that can be defended is a request to a web shell on the mail "
         "server.", "moderate", {"kind": "exploited-service" + said, "supplier": "Acme Billing" + said, "host": mail,
                                 "time": at(0), "missing": ["proxy logs before 25 February" + said]}),
        ("supplier", "Acme Billing", "supplier", "The supplier's account was used outside its habits.", "low", {}),
        ("campaign", first, "crown-jewel", "A billing server was reached.", "high",
         {"role": "billing" + said, "state": "reached", "hosts": [billing]}),
        ("campaign", first, "crown-jewel", "No domain controller was seen to be touched.", "low",
         {"role": "domain-controller", "state": "not seen", "hosts": []}),
        ("campaign", first, "credentials", "Memory of the logon process was read: every account that was logged on is "
         "exposed.", "high", {"what": "LSASS" + said, "accounts": [account], "reset": [account, "krbtgt"]}),
        ("campaign", first, "targets", "Records of three subscribers were read by list.", "moderate",
         {"how": {"single": 0, "list": 1, "bulk": 2}, "from": at(6), "to": at(6.1),
          "subscriber_hashes": ["0a1b" + said, "0a1c", "0a1d"]}),
        ("case", "Example Telecom", "watchlist", "Two persons of the watchlist are among them.", "high",
         {"category": "journalist" + said, "count": 2}),
        ("campaign", first, "impact", "From what is held, billing for all subscribers could be stopped.", "low", {
            "nodes": [{"id": "1", "label": mail, "kind": "host", "role": "mail", "held": True},
                      {"id": "2", "label": account, "kind": "account" + said, "role": "", "held": True},
                      {"id": "3", "label": billing, "kind": "host", "role": "billing", "held": False},
                      {"id": "4", "label": "voice" + said, "kind": "service", "role": "", "held": False}],
            "edges": [{"from": "1", "to": "2", "how": "credential" + said}, {"from": "2", "to": "3", "how": "logon"},
                      {"from": "3", "to": "4", "how": "runs it"}, {"from": "4", "to": "1", "how": "a way back"}],
            "paths": [["1", "2", "3", "4"]], "cuts": [{"what": "account" + said, "label": account, "removes": 2}]}),
        ("campaign", first, "adaptation", "After the eviction they came back within a day with another tool.",
         "moderate", {
            "timeline": [{"time": at(2), "who": "defender", "what": "web shells removed" + said, "findings": []},
                         {"time": at(2.6), "who": "actor", "what": "another web shell" + said,
                          "findings": ["f0000001"]}],
            "evictions": [{"time": at(2), "dwell_days": 2.0, "stayed": ["account " + account], "gone": ["hlp.aspx"],
                           "new": ["tool " + said]}]}),
        ("campaign", first, "re-entry", "They came back through a scheduled task that was left.", "high", {}),
        ("case", "Example Telecom", "persistence", "The service QzUpd is still installed.", "high",
         {"host": billing, "value": "QzUpd" + said, "how": "service" + said, "first_time": at(0.04)}),
        ("campaign", first, "an aspect of tomorrow", "A statement of a kind that nobody knew.", "certain",
         {"a key": "that nobody knew"}),
    ]  # fmt: skip
