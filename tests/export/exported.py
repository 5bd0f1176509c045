"""A made-up case with everything an exporter reads: intrusions, traits, campaigns and what is said of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader import profile
from ringleader.case import Case, Config
from ringleader.export import Source
from ringleader.schema import tables
from ringleader.store import Store

sys.path.insert(0, str(Path(__file__).parent.parent))
from made import CASE, Made, tale

FIRST, SECOND, THIRD = "aa11bb22cc33dd44", "bb22cc33dd44ee55", "aa99000000000000"
MAIL = "ex01.corp.example"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/x.png) [y](javascript:alert(1))",
    "{{ 7*7 }}",
    "\x00\x1b[31mred\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r\n=1,forged",
    "it's \\ ' quoted \" %s ]] --> *?",
    "a: b\n- c: !!python/object/apply:os.system ['x']",
    "&lt;&#0;",
    "＝1+1",
]
"""As evidence may hold them: tables are UTF-8, so no half surrogates."""


def story() -> Made:
    """``made.tale`` and a second visit of the same actor weeks later, with the same tool and service."""
    made = tale()
    made.step(
        SECOND, "windows/sysmon/1", 30_000, "fs01.corp.example", "Archive with a password made by a command",
        technique="T1560.001", tactic="collection", account="CORP\\svc-acme", Image="C:\\PerfLogs\\hlp.exe",
        OriginalFileName="Rar.exe", ParentImage="C:\\Windows\\System32\\cmd.exe",
        Hashes=f"MD5={'12' * 16},SHA256={'EF' * 32}",
        CommandLine="C:\\PerfLogs\\hlp.exe a -r -hpS3cret9 -m5 -v250m C:\\PerfLogs\\u.dat D:\\cdr\\2026-02\\*.csv",
    )  # fmt: skip
    made.step(
        SECOND, "windows/system/7045", 30_001, "fs01.corp.example", "Service whose program is a shell command",
        technique="T1569.002", tactic="execution", account="CORP\\svc-acme", ServiceName="QzUpd",
        ImagePath="%COMSPEC% /c C:\\ProgramData\\q.bat",
    )  # fmt: skip
    made.step(
        SECOND, "windows/sysmon/1", 30_002, "fs01.corp.example", "Web server starts a shell", account="CORP\\svc-acme",
        Image="C:\\Windows\\System32\\cmd.exe", Hashes=f"MD5={'AB' * 16},SHA256={'CD' * 32}", CommandLine="cmd",
    )  # fmt: skip
    for day in range(20):  # everyday
        made.event("windows/sysmon/1", day * 1440 + 7, "ws01.corp.example", Image="C:\\Windows\\System32\\cmd.exe",
                   Hashes=f"MD5={'AB' * 16},SHA256={'CD' * 32}", CommandLine="cmd /c dir")  # fmt: skip
    return made


def case(root: Path, text: str = CASE, made: Made | None = None, *, campaigns: bool = True) -> Source:
    """A store with traits, and with campaigns and what is said about them unless told otherwise."""
    store, config = (made or story()).store(root, text)
    profile.run(store, root, config)
    store.refresh()
    if campaigns:
        write(store, "evidence", [{"evidence_id": "x", "last_time": store.read("intrusions")["last_time"][0].as_py()}])
        conclude(store)
    return Source(store, config)


def opened(root: Path) -> Source:
    return Source(Store.open(root), Case.open(root).config)


def write(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    schema = tables.ALL[table]
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    with store.transaction() as tx:
        tx.drop_table(table)
        tx.write(table, "made", pa.Table.from_pylist(full, schema))
    store.refresh()


def conclude(store: Store, text: str = "") -> None:
    """Two campaigns, their overlap, an attribution that may be said and one that may not, assessments. ``text`` goes
    into every field that evidence can reach."""
    rows = {row["intrusion_id"]: row for row in store.read("intrusions").to_pylist()}
    owners = {"c0ffee0000000001": [FIRST, SECOND], "c0ffee0000000002": [THIRD]}
    write(
        store,
        "campaigns",
        [
            {
                "campaign_id": key, "name": text or f"amber heron {key[-1]}", "intrusion_ids": inside,
                "first_time": min(rows[i]["first_time"] for i in inside),
                "last_time": max(rows[i]["last_time"] for i in inside),
            }
            for key, inside in owners.items()
        ],
    )  # fmt: skip
    lines = [
        {"kind": "software", "value": text or "S0020", "weight": 3.9, "reason": text or "3 of 172 groups use it"},
        {"kind": "host-hour", "value": f"{MAIL} 2026-03-02T01", "weight": 2.0, "reason": "the same host and hour"},
    ]
    hypotheses = {
        "hypotheses": [
            {
                "name": "one-actor", "title": text or "One actor", "weight": 0.7,
                "for": [{"text": text or f"both used {MAIL}", "strength": 1.0}],
                "against": [{"text": text or "other hours", "strength": 0.4}],
            },
            {"name": "chance", "title": "Chance", "weight": 0.3, "for": [], "against": []},
        ],
        "would_change": [text or "the same key on both"],
    }  # fmt: skip
    left, right = owners
    write(
        store,
        "pairs",
        [
            {
                "owner_kind": "campaign", "left_id": left, "right_id": right, "log_lr": 2.5, "probability": 0.7,
                "p_value": 0.01, "q_value": 0.02, "colocation_p": 0.2, "contributions": json.dumps(lines),
                "hypotheses": json.dumps(hypotheses),
            }
        ],
    )  # fmt: skip
    write(
        store,
        "attributions",
        [
            _candidate(left, "G0093", text or "GALLIUM", 1, 0.72, "likely", lines),
            _candidate(left, "unknown", "none of the known groups", 2, 0.2, "may be none of the known groups", []),
            _candidate(right, "G0027", text or "Threat Group-3390", 1, 0.3, "consistent with", lines),
        ],
    )
    write(
        store,
        "assessments",
        [
            {"subject_kind": "campaign", "subject_id": left, "aspect": "entry", "confidence": "moderate",
             "statement": text or f"Entry through {MAIL} by Acme Billing's account svc-acme.",
             "findings": ["f0000000"]},
            {"subject_kind": "intrusion", "subject_id": FIRST, "aspect": "since", "confidence": "high",
             "statement": text or "Since March."},
            {"subject_kind": "case", "subject_id": "Example Telecom", "aspect": "impact", "confidence": "unknown",
             "statement": text or "Billing could be stopped."},
        ],
    )  # fmt: skip


def _candidate(
    campaign: str, key: str, name: str, rank: int, probability: float, verdict: str, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "campaign_id": campaign, "candidate": key, "name": name, "rank": rank, "probability": probability,
        "verdict": verdict, "contributions": json.dumps(lines), "detail": None,
    }  # fmt: skip


def hostile(root: Path) -> Source:
    """Every text that evidence can reach is hostile: hosts, accounts, commands, values of traits, statements."""
    made = Made()
    for number, text in enumerate(HOSTILE):
        made.step(
            FIRST, "windows/sysmon/1", number, text, text, account=text, Image="C:\\PerfLogs\\" + text,
            CommandLine=text, Hashes=text, level="high",
        )  # fmt: skip
        made.step(FIRST, "windows/system/7045", number, text, text, ServiceName=text, ImagePath=text)
        made.step(SECOND, "windows/sysmon/22", number, text, text, QueryName=text)
    made.step(THIRD, "windows/security/1102", 500, MAIL, "Log cleared")
    store, config = made.store(root)
    traits = [
        {
            "owner_kind": "intrusion", "owner_id": owner, "kind": kind, "value": text, "grade": "A1",
            "basis": "recorded", "count": 2, "hosts": [MAIL, "x"], "findings": [], "left_out": 0,
        }
        for owner in (FIRST, SECOND)
        for text in [*HOSTILE, "x" * 5000, ""]
        for kind in ("technique", "software", "command-template", "path", "service", "domain", "address", "user-agent",
                     "web-shell", "named-pipe", "scheduled-task", "file-name", "file-hash")
    ]  # fmt: skip
    write(store, "traits", traits)
    conclude(store, " ".join(HOSTILE))
    return Source(store, config)


def config_of(root: Path) -> Config:
    return Case.open(root).config
