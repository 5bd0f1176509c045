"""Billing and its database of call detail records: whole days read at night, rating all day, clerks who look single
subscribers up, the fraud team with lists of them, database administrators, the end of the month.

Rating is routine (``scene.often``); what people ask follows the root of the density (``scene.seldom``); the night's
reads happen every night.
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import database, network, unix, windows
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import office
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

_PROGRAM = "JDBC Thin Client"
_AGAIN = 0.15
"""Share of the calls to clerks that come from customers whose case is open, and who have called before."""


def day(scene: Scene) -> None:
    stores, servers = scene.estate.of_role(Role.DATABASE), scene.estate.of_role(Role.BILLING)
    if not stores or not servers:
        return
    _night(scene, stores[0], servers[0])
    _rating(scene, stores[0], servers)
    for person in scene.estate.people:
        stay = office.at_work(scene, person)
        if stay is None:
            continue
        if person.job == "billing-clerk":
            for _ in range(scene.seldom(chances.heavy(scene.chance, 7, 0.6))):
                _clerk(scene, person, office.moment(scene, stay), servers)
        elif person.job == "database-administrator":
            for _ in range(scene.seldom(2.5)):
                _administrator(scene, person, office.moment(scene, stay))


def _night(scene: Scene, store: Host, server: Host) -> None:
    """The day before is read for billing; at the turn of a month, the days of the whole month once more."""
    zone = server.zone
    time = rhythm.midnight(scene.day, zone) + 2 * rhythm.HOUR + int(scene.chance.random() * rhythm.HOUR)
    yesterday = rhythm.stamp(rhythm.midnight(scene.day, zone) - rhythm.HOUR)
    days = [yesterday]
    if rhythm.stamp((scene.day + 1) * rhythm.DAY).day == 1:
        days = [rhythm.stamp((scene.day - back) * rhythm.DAY) for back in range(1, yesterday.day + 1)]
    connection = database.connect(scene, time, "BILLING", "svc-billing", server.name, _PROGRAM, host=store)
    for when in days:
        for table in database.TABLES[:2]:
            time = scene.later(time, 120)
            database.bulk(scene, connection, time, f"{when:%Y-%m-%d}", table)
    volume = int(chances.heavy(scene.chance, 2e9 * len(days), 0.3))
    network.flow(scene, time, server, store, 1521, seconds=2400, sent=2_000_000, received=volume)
    database.leave(scene, connection, scene.later(time, 600))
    _export(scene, store, time + 2 * rhythm.HOUR)


def _export(scene: Scene, store: Host, time: int) -> None:
    """Rated calls go back to the mediation store."""
    for target in scene.estate.of_role(Role.CDR)[:1]:
        unix.cron(
            scene, store, time, "oracle", f"scp -q /u01/export/rated.csv.gz mediation@{target.name}:/data/cdr/rated/"
        )
        shell = unix.ssh(scene, target, time + 2 * rhythm.SECOND, "mediation", store, key=True)
        unix.runs(scene, shell, time + 3 * rhythm.SECOND, "scp -t /data/cdr/rated/")
        unix.leave(scene, shell, scene.later(time + 5 * rhythm.SECOND, 60))


def _rating(scene: Scene, store: Host, servers: list[Host]) -> None:
    rows: list[list[str]] = facts.table("billing")["rating"]
    start = scene.day * rhythm.DAY
    for server in servers:
        for _ in range(scene.often(8)):
            time = scene.within(start, start + rhythm.DAY)
            connection = database.connect(scene, time, "BILLING", "svc-billing", server.name, _PROGRAM, host=store)
            network.flow(scene, time, server, store, 1521, seconds=40, sent=30_000, received=200_000)
            for _ in range(scene.chance.randrange(1, 20)):
                time = scene.later(time, 20)
                action, name, sql = scene.chance.choice(rows)
                database.run(scene, connection, time, action, sql, schema="BILLING", name=name)
            database.leave(scene, connection, scene.later(time, 30))


def _clerk(scene: Scene, person: Person, time: int, servers: list[Host]) -> None:
    """Somebody complains about a bill, some for days: a look at his calls, mostly through the application. Now and then
    the clerk mistypes the password, and once in a long while asks for a whole list, as the fraud team does."""
    desk = office.desk(scene, person)
    windows.start(scene, desk, time - 5 * rhythm.SECOND, '"C:\\Program Files\\BillApp\\BillApp.exe"')
    client, name = person.station.name, person.account.name
    network.flow(scene, time, person.station, servers[person.station.code % len(servers)], 8443, seconds=200)
    if scene.happens(0.04):
        database.connect(scene, time - rhythm.SECOND, "BILLAPP", name, client, "BillApp.exe", code=1017)
    connection = database.connect(scene, time, "BILLAPP", name, client, "BillApp.exe")
    subscriber = scene.estate.subscriber(scene.chance.randrange(scene.estate.operator.subscribers))
    if scene.happens(_AGAIN):
        case = scene.chance.randrange(4)  # open for a week, and for up to a month
        draw = chances.of(scene.estate.seed, "case", name, case, (scene.day + case) // (7 + 8 * case))
        subscriber = scene.estate.subscriber(draw.randrange(scene.estate.operator.subscribers))
    if scene.happens(0.02):
        draw = scene.chance
        several = [
            scene.estate.subscriber(draw.randrange(scene.estate.operator.subscribers))
            for _ in range(draw.randrange(3, 15))
        ]
        database.list_lookup(scene, connection, time + 20 * rhythm.SECOND, several, days=30)
    else:
        database.lookup(scene, connection, time + 8 * rhythm.SECOND, subscriber, "SUBSCRIBERS")
        for _ in range(scene.chance.randrange(0, 3)):
            time = scene.later(time, 60)
            table = scene.chance.choices(database.TABLES[:3], (8, 2, 0.3))[0]
            database.lookup(scene, connection, time, subscriber, table, scene.chance.choice((7, 30, 30, 60)))
    database.leave(scene, connection, scene.later(time + 30 * rhythm.SECOND, 120))


def _administrator(scene: Scene, person: Person, time: int) -> None:
    """A database administrator with sqlplus, as SYSTEM, SYS, or by the own name."""
    account = scene.chance.choices(("SYSTEM", "SYS", person.account.name.replace(".", "_").upper()), (5, 2, 3))[0]
    prompt = windows.start(scene, office.desk(scene, person), time, "cmd.exe")
    login = "/ as sysdba" if account == "SYS" else f"{account.lower()}@BILL"
    windows.start(scene, prompt, time + 2 * rhythm.SECOND, f"sqlplus {login}")
    name, client = person.account.name, person.station.name
    if scene.happens(0.1):
        database.connect(scene, time + 3 * rhythm.SECOND, account, name, client, "sqlplus.exe", code=1017)
    connection = database.connect(scene, time + 5 * rhythm.SECOND, account, name, client, "sqlplus.exe")
    for _ in range(scene.chance.randrange(1, 7)):
        time = scene.later(time + 5 * rhythm.SECOND, 60)
        action, schema, table, sql = scene.chance.choice(facts.table("billing")["administration"])
        code = 942 if scene.happens(0.04) else 0
        database.run(scene, connection, time, action, sql, schema=schema, name=table, code=code)
    database.leave(scene, connection, scene.later(time + 5 * rhythm.SECOND, 200))
