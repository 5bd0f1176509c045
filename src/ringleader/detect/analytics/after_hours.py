"""Subscribers looked up at hours at which colleagues do not, or on days longer than theirs: somebody comes back in the
evening and asks for records.

People are compared with those who use the same application, in two ways. An hour is unusual when on few of the
colleagues' days somebody was asked for within an hour of it. A day is unusual when from the first look-up to this one
it lasts longer than nearly all of theirs: where one works late in turns, evenings are usual, but not for who was there
in the morning. One such day happens to anybody (low); for who has many more of them than colleagues have, the days are
medium.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ringleader.detect.analytics import base, lookups
from ringleader.detect.analytics.base import Known, Sight
from ringleader.detect.analytics.lookups import Shift
from ringleader.detect.findings import Finding

UNUSUAL = 0.03
"""Something is so when the colleagues' share of days with it is not above this."""
ENOUGH_DAYS = 40
"""Of colleagues, below which nothing is said."""
ENOUGH_PEOPLE = 2
"""Colleagues, below whom nothing is said."""
UNLIKELY = 1e-3
"""Probability of so many unusual days, below which they are no accident."""

_TECHNIQUES = ("T1078", "T1213.006")
_TACTICS = ("initial-access", "collection")


class Day(NamedTuple):
    """What is unusual of a person's day: the look-ups, and what to say of them. ``hour`` and ``length`` are shares of
    the colleagues' days."""

    shift: Shift
    late: list[Sight]
    hour: float
    length: float
    values: dict[str, str]


class AfterHours:
    rule = base.rule(
        "lookups-after-hours", "Subscribers looked up after hours, day after day", "medium",
        techniques=_TECHNIQUES, tactics=_TACTICS, category="database",
    )  # fmt: skip
    once = base.rule(
        "lookups-after-hours-once", "Subscribers looked up at an hour at which colleagues do not", "low",
        techniques=_TECHNIQUES, tactics=_TACTICS, category="database",
    )  # fmt: skip
    kinds: tuple[str, ...] = lookups.KINDS
    fields: tuple[str, ...] = lookups.fields()

    def take(self, kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
        return lookups.take(kind, event)

    def find(self, sights: Sequence[Sight], known: Known) -> Iterator[Finding]:
        for shifts in lookups.shifts(sights).values():
            by: dict[str, list[Shift]] = {}
            for shift in shifts:
                by.setdefault(shift.person, []).append(shift)
            if len(by) > ENOUGH_PEOPLE and all(len(shifts) - len(own) >= ENOUGH_DAYS for own in by.values()):
                yield from self._of(by)

    def _of(self, by: Mapping[str, Sequence[Shift]]) -> Iterator[Finding]:
        everybody = _Habit([shift for own in by.values() for shift in own])
        unusual = {person: _unusual(own, everybody) for person, own in by.items()}
        all_days, all_unusual = sum(map(len, by.values())), sum(map(len, unusual.values()))
        for person, days in unusual.items():
            others, of_others = all_unusual - len(days), all_days - len(by[person])
            expected = len(by[person]) * base.share(others, of_others)
            chance = base.at_least(len(days), expected)
            often = len(days) > 1 and chance < UNLIKELY
            for day in days:
                values = day.values | {
                    "such days": f"{len(days)} of {len(by[person])}; of colleagues {others} of {of_others}"
                }
                if often:
                    values["chance"] = f"{chance:.1e}"
                yield base.finding(self.rule if often else self.once, day.shift.with_logons(day.late), values)


class _Habit:
    """``around``: by hour, days on which somebody was asked for within an hour of it; ``lengths`` of days, sorted."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self.days = len(shifts)
        self.around = [0] * 24
        for shift in shifts:
            for near in {(lookups.hour(s.time) + step) % 24 for s in shift.asked for step in (-1, 0, 1)}:
                self.around[near] += 1
        self.lengths = sorted(shift.asked[-1].time - shift.asked[0].time for shift in shifts)

    def as_long(self, length: int) -> int:
        """Days that last as long."""
        return len(self.lengths) - bisect.bisect_left(self.lengths, length)


def _unusual(own: Sequence[Shift], everybody: _Habit) -> list[Day]:
    """Held against colleagues: everybody without one's own days."""
    mine = _Habit(own)
    others = everybody.days - mine.days
    found = []
    for shift in own:
        first = shift.asked[0].time
        late: list[Sight] = []
        hour = length = 1.0
        for sight in shift.asked:
            hour_of, since = lookups.hour(sight.time), sight.time - first
            at = base.share(everybody.around[hour_of] - mine.around[hour_of], others)
            long = base.share(everybody.as_long(since) - mine.as_long(since), others)
            if min(at, long) <= UNUSUAL:
                late.append(sight)
                hour, length = min(hour, at), min(length, long)
        if late:
            found.append(Day(shift, late, hour, length, _values(shift, late, hour, length, others)))
    return found


def _values(shift: Shift, late: Sequence[Sight], hour: float, length: float, days: int) -> dict[str, str]:
    hours = (late[-1].time - shift.asked[0].time) / lookups.HOUR
    return {
        "person": shift.person,
        "application": shift.application,
        "look-ups": f"{len(late)} of {len({sight.fields['subscriber'] for sight in late})} subscribers",
        "from": f"{lookups.hour(late[0].time):02d}:00 UTC on",
        "colleagues at that hour": f"on {hour:.1%} of {days} days" if hour <= UNUSUAL else "often",
        "since the first look-up of the day": f"{hours:.1f} hours",
        "colleagues' days as long": f"{length:.1%} of {days}" if length <= UNUSUAL else "many",
    }
