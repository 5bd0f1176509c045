"""In the databases: billing's call detail records (Oracle), and the interception desk's application (PostgreSQL)."""

from __future__ import annotations

from dataclasses import dataclass

from ringleader.case import Role
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import database as log
from ringleader.scenario.scene import Scene

SCHEMA = "CDR"
TABLES = ("CALL_RECORDS", "SMS_RECORDS", "CELL_LOCATIONS", "SUBSCRIBERS")


@dataclass(frozen=True, slots=True)
class Connection:
    """A session of the database. ``client`` is the host that it came from, as the database shows it."""

    host: Host
    account: str
    os_user: str
    client: str
    program: str
    session: int


def connect(
    scene: Scene,
    time: int,
    account: str,
    os_user: str,
    client: str,
    program: str,
    *,
    host: Host | None = None,
    code: int = 0,
) -> Connection:
    """A log-on to Oracle; ``code`` is its ORA error, 1017 for a wrong password."""
    host = host or scene.estate.of_role(Role.DATABASE)[0]
    found = Connection(host, account, os_user, client, program, scene.chance.getrandbits(31))
    _record(scene, found, time, "LOGON", code=code)
    return found


def lookup(
    scene: Scene, connection: Connection, time: int, subscriber: str, table: str = TABLES[0], days: int = 30
) -> None:
    """The records of one subscriber."""
    sql = f"SELECT * FROM {SCHEMA}.{table} WHERE MSISDN = '{subscriber}' AND CALL_DATE >= SYSDATE - {days}"
    _record(scene, connection, time, "SELECT", table, sql)


def list_lookup(
    scene: Scene, connection: Connection, time: int, subscribers: list[str], table: str = TABLES[0], days: int = 90
) -> None:
    """The records of several subscribers at once."""
    inside = ", ".join(f"'{number}'" for number in subscribers)
    columns = "MSISDN, PEER, START_TIME, DURATION, CELL_ID"
    since = f"CALL_DATE >= SYSDATE - {days}"
    sql = f"SELECT {columns} FROM {SCHEMA}.{table} WHERE MSISDN IN ({inside}) AND {since}"
    _record(scene, connection, time, "SELECT", table, sql)


def bulk(scene: Scene, connection: Connection, time: int, date: str, table: str = TABLES[0]) -> None:
    """All records of a day."""
    sql = f"SELECT * FROM {SCHEMA}.{table} WHERE CALL_DATE = TO_DATE('{date}', 'YYYY-MM-DD')"
    _record(scene, connection, time, "SELECT", table, sql)


def run(
    scene: Scene,
    connection: Connection,
    time: int,
    action: str,
    sql: str,
    *,
    schema: str = "",
    name: str = "",
    code: int = 0,
) -> None:
    """Any other statement."""
    log.oracle(
        scene, connection.host, time, account=connection.account, os_user=connection.os_user, client=connection.client,
        program=connection.program, session=connection.session, action=action, schema=schema, name=name, sql=sql,
        code=code,
    )  # fmt: skip


def leave(scene: Scene, connection: Connection, time: int) -> None:
    _record(scene, connection, time, "LOGOFF")


def _record(
    scene: Scene, connection: Connection, time: int, action: str, table: str = "", sql: str = "", code: int = 0
) -> None:
    run(scene, connection, time, action, sql, schema=SCHEMA if table else "", name=table, code=code)


def warrant(scene: Scene, time: int, person: str, client: str, subscriber: str, case: str) -> None:
    """The interception desk looks a subscriber up in its own application."""
    hosts = scene.estate.of_role(Role.LAWFUL_INTERCEPTION)
    if hosts:
        log.postgresql(
            scene, hosts[0], time, account=person, database="lims", client=client, application="lims-desk",
            session=scene.chance.getrandbits(30),
            kind="READ", command="SELECT", name="public.targets",
            sql=f"SELECT * FROM targets WHERE msisdn = '{subscriber}' AND warrant = '{case}'",
        )  # fmt: skip
