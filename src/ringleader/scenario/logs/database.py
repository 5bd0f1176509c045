"""Oracle's unified audit trail, exported each night as CSV and, for the system accounts, sent to syslog; PostgreSQL's
csvlog with pgaudit. Names of columns are those of Oracle's and PostgreSQL's documentation."""

from __future__ import annotations

import csv
import io
from functools import lru_cache

from ringleader.scenario import rhythm
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import unix
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Log

_ORACLE = (
    "EVENT_TIMESTAMP_UTC,DBUSERNAME,OS_USERNAME,USERHOST,TERMINAL,CLIENT_PROGRAM_NAME,SESSIONID,ACTION_NAME,OBJECT_SCHEMA,"
    "OBJECT_NAME,SQL_TEXT,SQL_BINDS,RETURN_CODE,UNIFIED_AUDIT_POLICIES,SYSTEM_PRIVILEGE_USED"
)
_ACTIONS = {
    "INSERT": 2,
    "SELECT": 3,
    "UPDATE": 6,
    "DELETE": 7,
    "LOGON": 100,
    "LOGOFF": 101,
    "CREATE USER": 51,
    "GRANT": 17,
}


def oracle(
    scene: Scene,
    host: Host,
    time: int,
    *,
    account: str,
    os_user: str,
    client: str,
    program: str,
    session: int,
    action: str,
    schema: str = "",
    name: str = "",
    sql: str = "",
    binds: str = "",
    code: int = 0,
    privilege: str = "",
) -> None:
    if scene.silent(host):
        return
    shown = rhythm.spaced(scene.shown(host, time)) + "000"
    values = [shown, account, os_user, client, "unknown", program, session, action, schema, name, sql, binds, code]
    scene.write(_export(host), time, _row([*values, "CDR_ACCESS" if schema else "ORA_LOGON_FAILURES", privilege]))
    if account in ("SYS", "SYSTEM"):
        unix.syslog(
            scene,
            host,
            time,
            "journal",
            0,
            f'Oracle Audit[{session % 60_000}]: LENGTH: \'{300 + len(sql)}\' TYPE:"4" DBID:"{host.code}" '
            f'SESID:"{session}" CLIENTID:"" ENTRYID:"1" STMTID:"1" DBUSER:"{account}" CURUSER:"{account}" '
            f'ACTION:"{_ACTIONS.get(action, 3)}" RETCODE:"{code}" SCHEMA:"{schema}" OBJNAME:"{name}"',
        )


def postgresql(
    scene: Scene,
    host: Host,
    time: int,
    *,
    account: str,
    database: str,
    client: str,
    application: str,
    session: int,
    kind: str,
    command: str,
    name: str = "",
    sql: str = "",
) -> None:
    """A pgaudit record. ``kind`` is READ, WRITE, ROLE, ...; an empty one makes a plain line out of ``sql``."""
    if scene.silent(host):
        return
    shown = rhythm.spaced(scene.shown(host, time)) + " UTC"
    start = rhythm.spaced(scene.shown(host, time - 60_000_000))[:19] + " UTC"
    message = sql
    if kind:
        audit = ["SESSION", 1, 1, kind, command, "TABLE" if name else "", name, sql, "<not logged>"]
        message = "AUDIT: " + _row(audit).decode()
    number = scene.kept["postgresql", session] = scene.kept.get(("postgresql", session), 0) + 1
    pid = session % 30_000 + 1000
    ident = f"{time // 1_000_000:x}.{pid:x}"
    row = [
        shown, account, database, pid, f"{client}:{40000 + session % 20000}", ident, number, command, start, "3/0",
        0, "LOG",
        "00000", message, "", "", "", "", "", "", "", "", application, "client backend", "", 0,
    ]  # fmt: skip
    scene.write(_csvlog(host), time, ",".join(map(_quoted, row)).encode())


@lru_cache(maxsize=256)
def _export(host: Host) -> Log:
    return Log(f"oracle/{host.name}/%Y-%m/unified_audit_%Y%m%d.csv.gz", lambda _: _ORACLE.encode() + b"\n")


@lru_cache(maxsize=256)
def _csvlog(host: Host) -> Log:
    return Log(f"postgresql/{host.name}/%Y-%m/postgresql-%Y-%m-%d.csv.gz")


def _row(values: list[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)
    return out.getvalue().encode()


def _quoted(value: object) -> str:
    """As PostgreSQL writes csvlog: texts in quotes, numbers and stamps bare, nothing for what is missing."""
    if not isinstance(value, str) or value.endswith(" UTC") or not value:
        return str(value)
    return '"' + value.replace('"', '""') + '"'
