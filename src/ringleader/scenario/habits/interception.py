"""The lawful-interception desk: single subscribers, each under a warrant that runs for weeks, in its own application
and, as the account LIMS, in the database of call detail records.

It looks like an intruder with a list: the same few numbers, day after day. A few protected persons are among them, and
rightly. By the root of the density (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import database, network, windows
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import office
from ringleader.scenario.scene import Scene

_WARRANTS = 40
"""At a time."""


def day(scene: Scene) -> None:
    for person in scene.estate.of_job("interception-desk"):
        stay = office.at_work(scene, person)
        if stay is None:
            continue
        for _ in range(scene.seldom(chances.heavy(scene.chance, 6, 0.5))):
            time = office.moment(scene, stay)
            number = scene.chance.randrange(_WARRANTS)
            _look(scene, person, time, number)


def warrant(scene: Scene, number: int) -> tuple[str, str]:
    """The subscriber of the warrant that has this place today, and its file number."""
    estate = scene.estate
    term = (scene.day + number * 3) // (20 + number)
    draw = chances.number(estate.seed, estate.operator.short, "warrant", number, term)
    case = f"LI-{rhythm.stamp(term * (20 + number) * rhythm.DAY).year}-{draw % 9000 + 1000}"
    if draw // 7 % 30 == 0:
        return estate.watchlist[draw // 211 % len(estate.watchlist)][0], case
    return estate.subscriber(draw // 11), case


def _look(scene: Scene, person: Person, time: int, number: int) -> None:
    hosts = scene.estate.of_role(Role.LAWFUL_INTERCEPTION)
    if not hosts:
        return
    subscriber, case = warrant(scene, number)
    name, address = person.account.name, person.station.address
    windows.connects(scene, office.desk(scene, person), time, hosts[0], 8443, seconds=120)
    database.warrant(scene, time + rhythm.SECOND, name, address, subscriber, case)
    if scene.happens(0.6):
        network.flow(scene, time, hosts[0], scene.estate.of_role(Role.DATABASE)[0], 1521, seconds=9)
        at = time + 2 * rhythm.SECOND
        connection = database.connect(scene, at, "LIMS", "lims", hosts[0].name, "python3@" + hosts[0].name)
        for table in scene.chance.sample(database.TABLES[:3], scene.chance.randrange(1, 4)):
            at = scene.later(at, 4)
            database.lookup(scene, connection, at, subscriber, table, scene.chance.choice((1, 7, 30)))
        database.leave(scene, connection, scene.later(at, 10))
