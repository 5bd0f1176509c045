"""The same subscribers looked up again and again over weeks, far more of them than colleagues have.

A customer whose case is open is looked up for some days, now and then for weeks. Who follows people for somebody comes
back to a list. For each person, those subscribers are counted who were asked for on days far apart; the count
is held against the share of such subscribers among the colleagues', as a Poisson number. Where coming back is
everybody's work, as at an interception desk, it is unusual for nobody. Of such a person those look-ups are named that
are at hours at which most of the coming back is more than what colleagues do at that hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ringleader.detect.analytics import base, lookups
from ringleader.detect.analytics.base import Known, Sight
from ringleader.detect.analytics.lookups import Shift
from ringleader.detect.findings import Finding

SPAN = 10
"""Days from the first to the last on which one subscriber was asked for, at least."""
UNLIKELY = 1e-4
"""Probability below which a count is no accident. There are few people, so few tests."""
ENOUGH_SUBSCRIBERS = 50
"""Of colleagues, below which nothing is said."""
ENOUGH_PEOPLE = 2


class SameSubscribers:
    rule = base.rule(
        "lookups-of-the-same", "The same subscribers looked up again and again", "medium",
        techniques=("T1078", "T1213.006"), tactics=("initial-access", "collection"), category="database",
    )  # fmt: skip
    kinds: tuple[str, ...] = lookups.KINDS
    fields = lookups.fields()

    def take(self, kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
        return lookups.take(kind, event)

    def find(self, sights: Sequence[Sight], known: Known) -> Iterator[Finding]:
        for some in lookups.shifts(sights).values():
            yield from self._of(some)

    def _of(self, shifts: Sequence[Shift]) -> Iterator[Finding]:
        days: dict[str, dict[str, list[int]]] = {}
        for shift in shifts:
            for subscriber in shift.subscribers:
                days.setdefault(shift.person, {}).setdefault(subscriber, []).append(shift.day)
        again = {
            person: {number for number, on in each.items() if on[-1] - on[0] >= SPAN} for person, each in days.items()
        }
        if len(days) <= ENOUGH_PEOPLE:
            return
        flagged: dict[str, dict[str, str]] = {}
        asked, returned = sum(map(len, days.values())), sum(map(len, again.values()))
        for person, mine in days.items():
            of_others, by_others = asked - len(mine), returned - len(again[person])
            expected = len(mine) * base.share(by_others, of_others)
            chance = base.at_least(len(again[person]), expected)
            if of_others >= ENOUGH_SUBSCRIBERS and chance < UNLIKELY:
                flagged[person] = {
                    "person": person,
                    "came back to": f"{len(again[person])} of {len(mine)} subscribers",
                    "colleagues came back to": f"{by_others} of {of_others} subscribers",
                    "expected": f"{expected:.1f}",
                    "chance": f"{chance:.1e}",
                }
        returns = [
            (shift, [s for s in shift.asked if len(days[shift.person][s.fields["subscriber"]]) > 1]) for shift in shifts
        ]
        for person in flagged:
            own = [one for one in returns if one[0].person == person]
            others = [some for shift, some in returns if shift.person != person]
            hours = _excess([some for _, some in own], others)
            for shift, every in own:
                some = [sight for sight in every if lookups.hour(sight.time) in hours]
                if some:
                    number = len({sight.fields["subscriber"] for sight in some})
                    values = flagged[person] | {
                        "application": shift.application, "of several days, on this one": str(number),
                    }  # fmt: skip
                    yield base.finding(self.rule, shift.with_logons(some), values)


def _excess(own: Sequence[Sequence[Sight]], others: Sequence[Sequence[Sight]]) -> set[int]:
    """Hours of the day at which, with the hours beside, one comes back to more subscribers on a day than twice as many
    as colleagues do."""

    def daily(shifts: Sequence[Sequence[Sight]]) -> list[float]:
        counts = [0] * 24
        for shift in shifts:
            for hour, _ in {(lookups.hour(s.time), s.fields["subscriber"]) for s in shift}:
                counts[hour] += 1
        return [sum(counts[(hour + step) % 24] for step in (-1, 0, 1)) / max(len(shifts), 1) for hour in range(24)]

    return {
        hour for hour, (mine, theirs) in enumerate(zip(daily(own), daily(others), strict=True)) if mine > 2 * theirs
    }
