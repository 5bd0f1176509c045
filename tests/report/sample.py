"""A made-up case to look at: Exchange is exploited, a web shell is used, credentials are dumped, a file server and a
billing database follow, an archive is staged; beside it a second, unrelated intrusion and everyday leads."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).parent.parent))
import made

from ringleader.case import Config, parse
from ringleader.report import Tables
from ringleader.schema import tables

START = datetime(2026, 3, 2, 1, 12, 4, tzinfo=UTC)
MAIL, FILES, BILLING, DESK = "mail01.corp.example", "fs02.corp.example", "bill-db1.corp.example", "ws117.corp.example"
Row = dict[str, Any]

# minutes after START, host, account, rule, level, technique, tactic, matched values, what joined it, to which row
STORY: list[tuple[float, str, str, str, str, str, str, dict[str, str], str, str, int | None]] = [
    (
        0,
        MAIL,
        "",
        "Autodiscover request that reaches another backend",
        "high",
        "T1190",
        "initial-access",
        {
            "UrlStem": "/autodiscover/autodiscover.json",
            "UrlQuery": "@evil.example/mapi/nspi/?&Email=autodiscover/autodiscover.json",
        },
        "first",
        "",
        None,
    ),
    (
        3,
        MAIL,
        "",
        "Mailbox export to a script in a web folder",
        "critical",
        "T1505.003",
        "persistence",
        {
            "CmdletName": "New-MailboxExportRequest",
            "FilePath": r"\\127.0.0.1\c$\inetpub\wwwroot\aspnet_client\hlp.aspx",
        },
        "address",
        "203.0.113.77",
        0,
    ),
    (
        9,
        MAIL,
        r"NT AUTHORITY\SYSTEM",
        "Shell started by a web server process",
        "high",
        "T1505.003",
        "persistence",
        {"ParentImage": r"C:\Windows\System32\inetsrv\w3wp.exe", "CommandLine": "cmd.exe /c whoami & hostname"},
        "web-script",
        "hlp.aspx",
        1,
    ),
    (
        10,
        MAIL,
        r"NT AUTHORITY\SYSTEM",
        "Discovery of domain administrators",
        "medium",
        "T1069.002",
        "discovery",
        {"CommandLine": 'net group "Domain Admins" /domain'},
        "lineage",
        "cmd.exe (6120) on mail01.corp.example",
        2,
    ),
    (
        21,
        MAIL,
        r"NT AUTHORITY\SYSTEM",
        "Process memory of LSASS written to a file",
        "critical",
        "T1003.001",
        "credential-access",
        {"CommandLine": r"rundll32 C:\windows\system32\comsvcs.dll, MiniDump 712 C:\ProgramData\d.bin full"},
        "lineage",
        "cmd.exe (6120) on mail01.corp.example",
        3,
    ),
    (
        58,
        FILES,
        r"CORP\svc-backup",
        "Service whose program is a shell command",
        "high",
        "T1569.002",
        "execution",
        {"ServiceName": "qzupd", "ImagePath": r"%COMSPEC% /c C:\ProgramData\q.bat"},
        "remote-logon",
        "mail01.corp.example as svc-backup",
        4,
    ),
    (
        64,
        FILES,
        r"CORP\svc-backup",
        "Copy of the directory database",
        "critical",
        "T1003.003",
        "credential-access",
        {"CommandLine": 'ntdsutil "ac i ntds" "ifm" "create full c:\\programdata\\n" q q'},
        "service-run",
        "qzupd",
        5,
    ),
    (
        103,
        BILLING,
        r"CORP\svc-backup",
        "Remote shell opened through WinRM",
        "medium",
        "T1021.006",
        "lateral-movement",
        {"Image": r"C:\Windows\System32\wsmprovhost.exe"},
        "remote-logon",
        "fs02.corp.example as svc-backup",
        6,
    ),
    (
        131,
        BILLING,
        r"CORP\svc-backup",
        "Archive with a password made by a command",
        "high",
        "T1560.001",
        "collection",
        {"CommandLine": r"rar a -hp9x -v250m C:\PerfLogs\u.rar D:\cdr\2026-02\*.dat"},
        "session",
        "0x7be21 on bill-db1.corp.example",
        7,
    ),
]
LEADS = [
    ("Scheduled task made", "low", "T1053.005", "execution"),
    ("PowerShell without a profile", "medium", "T1059.001", "execution"),
    ("Account looked up", "informational", "T1087.002", "discovery"),
]


def finding(
    number: int,
    time: datetime | None,
    host: str,
    account: str,
    rule: str,
    level: str,
    technique: str,
    tactic: str,
    values: dict[str, str],
) -> Row:
    return {
        "finding_id": f"f{number:07}",
        "evidence_id": "e1",
        "detector": "sigma",
        "level": level,
        "rule_title": rule,
        "rule_id": hashlib.sha256(rule.encode("utf-8", "replace")).hexdigest()[:12],
        "techniques": [technique],
        "tactics": [tactic],
        "software": [],
        "groups": [],
        "event_id": f"e1-{number}",
        "event_ids": [],
        "kind": "windows/sysmon/1",
        "time": time,
        "host": host,
        "account": account or None,
        "values": list(values.items()),
    }


def intrusion(name: str, rows: list[Row], score: float) -> Row:
    levels = ("informational", "low", "medium", "high", "critical")
    return {
        "intrusion_id": name,
        "first_time": rows[0]["time"],
        "last_time": rows[-1]["time"],
        "hosts": list(dict.fromkeys(row["host"] for row in rows)),
        "accounts": list(dict.fromkeys(row["account"] for row in rows if row["account"])),
        "tactics": sorted({t for row in rows for t in row["tactics"]}),
        "findings": len(rows),
        "score": score,
        "techniques": sorted({t for row in rows for t in row["techniques"]}),
        "level": max((row["level"] for row in rows), key=levels.index),
    }


def step(name: str, row: Row, kind: str = "first", entity: str = "", to: str | None = None) -> Row:
    weight = None if to is None else 4.2
    return {
        "intrusion_id": name,
        "finding_id": row["finding_id"],
        "entity_kind": kind,
        "entity": entity,
        "joined_to": to,
        "weight": weight,
    }


def case(
    findings: list[Row], intrusions: list[Row] = [], steps: list[Row] = [], path: str = "mail01.zip!Security.evtx"
) -> Tables:
    times = [row["time"] for row in findings if row["time"]]
    evidence = [
        {
            "evidence_id": "ab" * 32,
            "path": path,
            "format": "evtx",
            "bytes": 71_303_168,
            "records": 104_233,
            "rejected": 3,
            "first_time": min(times, default=START),
            "last_time": max(times, default=START),
            "clock": '{"ws117":3600}',
            "ingested_with": "0.1",
            "container_sha256": None,
        }
    ]
    rejects = [
        {
            "evidence_id": "ab" * 32,
            "path": path,
            "stage": "ingest",
            "offset": n,
            "code": "chunk-damaged",
            "detail": "checksum differs",
        }
        for n in range(3)
    ]
    return Tables(
        pa.Table.from_pylist(evidence, schema=tables.EVIDENCE),
        pa.Table.from_pylist(rejects, schema=tables.REJECTS),
        pa.Table.from_pylist(findings, schema=tables.FINDINGS),
        pa.Table.from_pylist(intrusions, schema=tables.INTRUSIONS),
        pa.Table.from_pylist(steps, schema=tables.STEPS),
        {"windows/sysmon/1": 80_000, "exchange/httpproxy": 24_233},
    )


def empty() -> Tables:
    return Tables(
        *(tables.ALL[name].empty_table() for name in ("evidence", "rejects", "findings", "intrusions", "steps"))
    )


def story() -> Tables:
    rows, steps = [], []
    for number, (minute, host, account, rule, level, technique, tactic, values, kind, entity, to) in enumerate(STORY):
        row = finding(number, START + timedelta(minutes=minute), host, account, rule, level, technique, tactic, values)
        rows.append(row)
        steps.append(step("a" * 16, row, kind, entity, None if to is None else rows[to]["finding_id"]))
    other = finding(
        50,
        START + timedelta(hours=9),
        DESK,
        r"CORP\jo",
        "Log cleared",
        "high",
        "T1070.001",
        "stealth",
        {"Channel": "Security"},
    )
    leads = [
        finding(
            100 + n,
            START + timedelta(minutes=n * 11),
            f"ws{n % 7}.corp.example",
            r"CORP\it",
            *LEADS[n % 3],
            {"CommandLine": f"task {n}"},
        )
        for n in range(90)
    ]
    intrusions = [intrusion("a" * 16, rows, 103.0), intrusion("b" * 16, [other], 8.0)]
    return case([*rows, other, *leads], intrusions, [*steps, step("b" * 16, other)])


def whole(said: str = "") -> Tables:
    """The story with everything that later stages say of it."""
    tables = story()
    cited = tuple(tables.findings["finding_id"].to_pylist()[:3])
    told = made.verdicts("a" * 16, "b" * 16, cited, said)
    traits = [
        trait("a" * 16, "software", "S0020" + said, "A2", 3),
        trait("a" * 16, "command-template", "<word> /c net group <quoted> /domain" + said, "A3", 2),
        trait("a" * 16, "working-hour", "01", "A3", 4),
        trait("a" * 16, "working-hour", "02", "A3", 1),
        trait("a" * 16, "time-zone", "UTC+08:00", "A5", 4),
        *(trait("a" * 16, "file-name", f"tool{n}.exe", "A3", n) for n in range(1, 12)),
    ]
    hosts = {MAIL: 4, FILES: 3, BILLING: 2, DESK: 1}
    return replace(tables, traits=pa.Table.from_pylist(traits, schema=tables_of("traits")), hosts=hosts, **told)


def tables_of(name: str) -> pa.Schema:
    return tables.ALL[name]


def trait(owner: str, kind: str, value: str, grade: str, count: int) -> Row:
    return {
        "owner_kind": "intrusion", "owner_id": owner, "kind": kind, "value": value, "grade": grade, "first_time": START,
        "last_time": START + timedelta(days=1), "count": count, "hosts": [], "findings": ["f0000001"], "left_out": 0,
        "basis": "recorded", "detail": None,
    }  # fmt: skip


def config() -> Config:
    """The case file of the story: one of its hosts is silent."""
    return parse(
        f"""
[organisation]
name = "Example Telecom"
[[asset]]
host = "{MAIL}"
role = "mail"
[[asset]]
host = "bill-db1"
role = "billing"
[[asset]]
host = "hlr01.corp.example"
role = "subscriber-register"
[[supplier]]
name = "Acme Billing"
accounts = ["svc-acme"]
[[remediation]]
time = 2026-03-02T05:00:00Z
what = "web shells removed"
"""
    )


def many(count: int = 100_000, rules: int = 40) -> Tables:
    rows = [
        finding(
            n,
            START + timedelta(seconds=n * 20),
            f"h{n % 300}.corp.example",
            rf"CORP\u{n % 900}",
            f"Rule {n % rules}",
            ("low", "medium", "high")[n % 3],
            "T1059.001",
            "execution",
            {"CommandLine": f"powershell -file C:\\jobs\\{n}.ps1"},
        )
        for n in range(count)
    ]
    return case(rows)


def million(count: int = 1_000_000) -> Tables:
    """So many findings of 40 rules, without a row of Python for any of them."""
    some = many(1_000).findings
    whole = pa.concat_tables([some] * (count // some.num_rows))
    number = pa.array(range(count), pa.int64())
    ids = pc.binary_join_element_wise("f", number.cast(pa.string()), "")
    times = pc.add(pa.scalar(START, tables.TIME), pc.multiply(number, 7_000_000).cast(pa.duration("us")))
    for name, column in (("finding_id", ids), ("event_id", ids), ("time", times)):
        at = whole.schema.get_field_index(name)
        whole = whole.set_column(at, whole.schema.field(at), column.cast(whole.schema.field(at).type))
    return replace(case([]), findings=whole)
