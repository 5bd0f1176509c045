"""Made-up sights for the tests of analytics: a team of clerks who look customers up."""

from __future__ import annotations

import random
from collections.abc import Iterable

from ringleader.detect.analytics.base import Sight

HOUR = 3_600_000_000
DAY = 24 * HOUR
FIRST = 17_900 * DAY


def lookup(person: str, day: int, hour: float, subscriber: int, application: str = "billapp billapp.exe") -> Sight:
    time = FIRST + day * DAY + int(hour * HOUR)
    fields = {
        "person": person, "application": application, "session": f"{person} {day} {int(hour)}",
        "subscriber": str(60_120_000_000 + subscriber),
    }  # fmt: skip
    return Sight(time, f"{time:020d}-{person}-{subscriber}", "e" * 64, "db/oracle", None, "BILLAPP", fields)


def logon(person: str, day: int, hour: float) -> Sight:
    sight = lookup(person, day, hour, 0)
    return Sight(*(getattr(sight, name) for name in sight.__struct_fields__[:-1]), sight.fields | {"subscriber": ""})


def team(people: Iterable[str], days: int = 30, seed: int = 1) -> list[Sight]:
    """Each looks up six strangers a day, at the same hours from 1 to 9 o'clock."""
    draw = random.Random(seed)
    return [
        lookup(person, day, 1 + 1.6 * place, draw.randrange(1_000_000))
        for person in people
        for day in range(days)
        if day % 7 < 5
        for place in range(6)
    ]
