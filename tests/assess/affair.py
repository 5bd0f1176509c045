"""A made-up affair: in through a supplier's account, to the billing server and the records, thrown out, and back
through the mail server."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from made import START, Made

from ringleader import assess, profile
from ringleader.case import KEY, Config
from ringleader.schema import tables
from ringleader.store import Store

DAY = 1440
JUMP, BILLING, MAIL, DC = (f"{name}.corp.example" for name in ("jmp01", "bil01", "ex01", "dc01"))
FIRST, SECOND, OTHER = "aaaa000000000001", "bbbb000000000002", "cccc000000000003"
OUTSIDE, INSIDE = "203.0.113.66", "10.99.0.7"
CASE = """
[organisation]
name = "Example Telecom"
zone = "Asia/Kuala_Lumpur"

[[asset]]
host = "jmp01.corp.example"
role = "jump-host"
aliases = ["10.1.0.3", "fd00::a3"]

[[asset]]
host = "ex01.corp.example"
role = "mail"
aliases = ["10.1.0.4"]

[[asset]]
host = "dc01.corp.example"
role = "domain-controller"

[[asset]]
host = "bil01.corp.example"
role = "billing"
aliases = ["10.1.0.5"]
serves = { voice = 0.25 }

[[supplier]]
name = "Acme Billing"
accounts = ["svc-acme"]
addresses = ["198.51.100.0/28"]
hosts = ["jmp01", "bil01", "bil02"]

[[watch]]
kind = "subscriber"
value = "+60 128 000 0001"
category = "journalist"

[[watch]]
kind = "host"
value = "bil01"

[[remediation]]
time = 2026-03-08T00:00:00Z
what = "task removed, billing server cleaned"
hosts = ["jmp01", "bil01"]
"""


def minutes(day: float, minute: float = 0) -> float:
    return day * DAY + minute


def affair() -> Made:
    """Visits of the supplier on ten days, two intrusions of one campaign, one of another, and a billing clerk."""
    made = Made()
    for day in range(-10, 0):
        _visit(made, minutes(day, 180), "198.51.100.5", "10.99.0.5")
    for day in range(-8, 10):
        made.event("windows/security/4624", minutes(day, 200), BILLING, **logon("r.tan", "10.1.0.9", "10"))
        made.event("windows/security/4624", minutes(day, 210), DC, **logon("r.tan", "10.1.0.5", "3"))
        _query(made, minutes(day, 240), "WS01", "c.das", "BillApp.exe", f"60128{day + 50:07}")
    _first(made)
    _second(made)
    made.step(OTHER, "windows/sysmon/1", minutes(2), "ws09.corp.example", "Miner", account="CORP\\a.lee",
              technique="T1496.001", tactic="impact", Image="C:\\x\\m.exe", CommandLine="m.exe -o pool")  # fmt: skip
    return made


def logon(user: str, address: str, kind: str) -> dict[str, str]:
    return {"TargetUserName": user, "IpAddress": address, "LogonType": kind, "WorkstationName": "-"}


def _visit(made: Made, minute: float, outside: str, inside: str) -> None:
    made.event("vpn/openvpn", minute, "vpn01", action="login", outcome="success", user="svc-acme", src_ip=outside)
    made.event(
        "vpn/openvpn", minute, "vpn01", action="address-assigned", outcome="success", user="svc-acme", src_ip=outside,
        assigned_ip=inside,
    )  # fmt: skip
    made.event("windows/security/4624", minute + 1, JUMP, **logon("svc-acme", inside, "10"))


def _query(made: Made, minute: float, client: str, user: str, program: str, number: str, code: str = "0") -> str:
    return made.event(
        "db/oracle", minute, None, DBUSERNAME="BILLAPP", OS_USERNAME=user, USERHOST=client, CLIENT_PROGRAM_NAME=program,
        SESSIONID=f"{minute:.0f}", ACTION_NAME="SELECT", OBJECT_NAME="CALL_RECORDS", RETURN_CODE=code,
        SQL_TEXT=f"SELECT * FROM CDR.CALL_RECORDS WHERE MSISDN = '{number}' AND CALL_DATE >= SYSDATE - 30",
    )  # fmt: skip


def _first(made: Made) -> None:
    """In by the supplier's account from a strange address at night; a task, LSASS, the billing server, the records."""
    start = minutes(1, 900)
    _visit(made, start, OUTSIDE, INSIDE)
    who = "CORP\\svc-acme"
    made.step(FIRST, "windows/sysmon/1", start + 3, JUMP, "Discovery", account=who, technique="T1033",
              tactic="discovery", Image="C:\\Windows\\System32\\whoami.exe", CommandLine="whoami /all")  # fmt: skip
    made.step(FIRST, "windows/sysmon/1", start + 5, JUMP, "Task made", account=who, technique="T1053.005",
              tactic="persistence", Image="C:\\Windows\\System32\\schtasks.exe",
              CommandLine='schtasks /create /tn HelpSync /tr "C:\\ProgramData\\h\\sync.exe -n" /sc daily')  # fmt: skip
    content = (
        "<Task><Actions><Exec><Command>C:\\ProgramData\\h\\sync.exe</Command><Arguments>-n</Arguments></Exec></Actions>"
        "</Task>"
    )
    made.event("windows/security/4698", start + 5.1, JUMP, TaskName="\\HelpSync", TaskContent=content)
    made.step(FIRST, "windows/sysmon/10", start + 8, JUMP, "LSASS read", account=who, technique="T1003.001",
              tactic="credential-access", level="critical", SourceImage="C:\\x\\d.exe")  # fmt: skip
    made.event("windows/security/4624", start + 12, BILLING, **logon("svc-acme", "10.1.0.3", "3"))
    made.step(FIRST, "windows/sysmon/1", start + 13, BILLING, "Remote service", account=who, technique="T1569.002",
              tactic="execution", Image="C:\\Windows\\System32\\cmd.exe", CommandLine="cmd /c dir D:\\CDR")  # fmt: skip
    made.event(
        "windows/system/7045", start + 12.5, BILLING, ServiceName="PSEXESVC", ImagePath="%SystemRoot%\\PSEXESVC.exe"
    )
    query = _query(made, start + 20, "BIL01", "svc-acme", "sqlplus.exe", "601280000001")
    made.find(FIRST, query, "Look-up with a tool", technique="T1213.006", tactic="collection", account="BILLAPP")
    _query(made, start + 20, "BIL01", "svc-acme", "sqlplus.exe", "601280000002")
    _query(made, start + 20, "BIL01", "svc-acme", "sqlplus.exe", "601280000003", code="942")
    made.event("zeek/conn", start + 10, None, **{"id.orig_h": "FD00::A3", "id.resp_h": "10.1.0.4", "conn_state": "REJ"})


def _second(made: Made) -> None:
    """Back through a flaw of the mail server, a page left there; the directory's database."""
    start = minutes(9, 600)
    proxy = {"ClientIpAddress": OUTSIDE, "UrlStem": "/ecp/y.js", "Method": "POST"}
    made.step(SECOND, "exchange/httpproxy", start, "10.1.0.4", "Front end misused", technique="T1190",
              tactic="initial-access", level="critical", **proxy)  # fmt: skip
    page = "C:\\inetpub\\wwwroot\\aspnet_client\\err.aspx"
    made.step(SECOND, "windows/sysmon/11", start + 1, MAIL, "Page written", technique="T1505.003", tactic="persistence",
              account="NT AUTHORITY\\SYSTEM", TargetFilename=page,
              Image="C:\\Windows\\System32\\inetsrv\\w3wp.exe")  # fmt: skip
    made.event("web/iis", start + 3, "10.1.0.4", **{"cs-uri-stem": "/aspnet_client/err.aspx", "c-ip": OUTSIDE})
    made.step(SECOND, "windows/sysmon/1", start + 30, DC, "Directory dumped", technique="T1003.003", level="critical",
              tactic="credential-access", account="CORP\\r.tan", Image="C:\\Windows\\System32\\ntdsutil.exe",
              CommandLine='ntdsutil "ac i ntds" ifm')  # fmt: skip
    made.event("windows/security/4720", start + 31, DC, TargetUserName="helpdesk9", SubjectUserName="r.tan")


def told(
    root: Path, made: Made | None = None, case: str = CASE, *, campaigns: bool = True, clear: bool = False
) -> tuple[Store, Config, list[dict[str, Any]]]:
    """The store, the case file and the rows of assessments with ``data`` as an object. The key is always the same."""
    made = made or affair()
    store, config = made.store(root, case)
    (root / KEY).write_bytes(b"k" * 32)
    if campaigns:
        members = [one for one in (FIRST, SECOND) if one in made.members]
        group = {"campaign_id": "cmp1", "name": "quiet bridge", "intrusion_ids": members}
        other = {"campaign_id": "cmp2", "name": "loud brook", "intrusion_ids": [OTHER]}
        with store.transaction() as tx:
            tx.write("campaigns", "made", pa.Table.from_pylist([group, other], tables.CAMPAIGNS))
    profile.run(store, root, config)
    assess.run(store, root, config, clear_subscribers=clear)
    return store, config, rows(store)


def rows(store: Store) -> list[dict[str, Any]]:
    return [{**row, "data": orjson.loads(row["data"])} for row in store.read("assessments").to_pylist()]


def of(rows: list[dict[str, Any]], aspect: str, about: str | None = None) -> list[dict[str, Any]]:
    return [row for row in rows if row["aspect"] == aspect and about in (None, row["subject_id"])]


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
