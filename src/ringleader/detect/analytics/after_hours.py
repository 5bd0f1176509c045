"""Subscribers looked up at hours at which colleagues do not: somebody comes back in the evening and asks for records.

People are compared with those who use the same application. An hour is unusual when on few of the colleagues' days one
of them asked for anybody within an hour of it; where a late shift is usual, its hours are not unusual for anybody. Two
levels: what somebody does on most days is a habit that others can explain (low), else medium.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ringleader.detect.analytics import base, lookups
from ringleader.detect.analytics.base import Known, Sight
from ringleader.detect.analytics.lookups import Shift
from ringleader.detect.findings import Finding

UNUSUAL = 0.03
"""An hour is so when the colleagues' share of days with look-ups around it is not above this."""
ENOUGH_DAYS = 30
"""Of colleagues, below which nothing is said."""
ENOUGH_PEOPLE = 2
"""Colleagues, below whom nothing is said."""
HABIT = 0.5
"""Share of one's own days from which on something is a habit."""

_TECHNIQUES = ("T1078", "T1213.006")
_TACTICS = ("initial-access", "collection")


class AfterHours:
    rule = base.rule(
        "lookups-after-hours", "Subscribers looked up at hours at which colleagues do not", "medium",
        techniques=_TECHNIQUES, tactics=_TACTICS, category="database",
    )  # fmt: skip
    habit = base.rule(
        "lookups-after-hours-habit", "Subscribers looked up by habit at hours at which colleagues do not", "low",
        techniques=_TECHNIQUES, tactics=_TACTICS, category="database",
    )  # fmt: skip
    kinds: tuple[str, ...] = lookups.KINDS
    fields = lookups.fields()

    def take(self, kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
        return lookups.take(kind, event)

    def find(self, sights: Sequence[Sight], known: Known) -> Iterator[Finding]:
        for some in lookups.shifts(sights).values():
            yield from self._of(some)

    def _of(self, shifts: Sequence[Shift]) -> Iterator[Finding]:
        days, around = _Days(), _Days()
        touched = {id(shift): _around(shift) for shift in shifts}
        for shift in shifts:
            days.count(shift.person, [0])
            around.count(shift.person, touched[id(shift)])
        for shift in shifts:
            of_others = days.total[0] - days.own[shift.person, 0]
            if of_others < ENOUGH_DAYS or len(days.people) <= ENOUGH_PEOPLE:
                continue
            shares = {
                hour: base.share(around.total[hour] - around.own[shift.person, hour], of_others)
                for hour in {lookups.hour(sight.time) for sight in shift.asked}
            }
            late = [sight for sight in shift.asked if shares[lookups.hour(sight.time)] <= UNUSUAL]
            if late:
                hour = min(shares, key=lambda hour: (shares[hour], hour))
                own = around.own[shift.person, hour]
                mine = days.own[shift.person, 0]
                about = self.habit if own > 1 and own / mine >= HABIT else self.rule
                others = around.total[hour] - own
                yield base.finding(
                    about, shift.with_logons(late), _values(shift, late, hour, own, mine, others, of_others)
                )


class _Days:
    """On how many days something was so: in all, and of each person."""

    def __init__(self) -> None:
        self.total: Counter[int] = Counter()
        self.own: Counter[tuple[str, int]] = Counter()
        self.people: set[str] = set()

    def count(self, person: str, what: Sequence[int]) -> None:
        self.people.add(person)
        self.total.update(what)
        self.own.update((person, each) for each in what)


def _around(shift: Shift) -> list[int]:
    """The hours within one of which somebody was asked for."""
    hours = {lookups.hour(sight.time) for sight in shift.asked}
    return sorted({(hour + step) % 24 for hour in hours for step in (-1, 0, 1)})


def _values(
    shift: Shift, late: Sequence[Sight], hour: int, own: int, mine: int, others: int, of_others: int
) -> dict[str, str]:
    return {
        "person": shift.person,
        "application": shift.application.partition(" ")[2],
        "look-ups": f"{len(late)} of {len({sight.fields['subscriber'] for sight in late})} subscribers",
        "most unusual hour": f"{hour:02d}:00 UTC, an hour more or less",
        "colleagues": f"on {others} of {of_others} days at that hour",
        "the person": f"on {own} of {mine} days at that hour, this one among them",
    }
