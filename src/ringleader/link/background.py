"""What is common in this organisation: on how many days a rule fires, or a name is seen, learnt from the evidence
itself.

A thing that was seen on ``n`` of the ``T`` days that are not the asker's own has the rate (n + 1/2) / (T + 10); its
weight is minus log of that, in nats. The asker's own window is left out, so that what came with it is rare, and what
is there every week weighs nothing. Ten days stand for what is known beforehand: where there is no background, a thing
is taken to be seen on one day in twenty.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

BEFOREHAND = 10
"""Days."""

KEPT = 200_000
"""Answers that are kept: of one day much is asked again."""

K = TypeVar("K", bound=Hashable)


class Days(Generic[K]):
    """Days on which each thing was seen. ``every``: the days of which there is evidence; a day that only a wrong clock
    names is one of them, and makes no decades of silence."""

    def __init__(self, seen: Iterable[tuple[K, int]], every: Iterable[int]) -> None:
        found: defaultdict[K, set[int]] = defaultdict(set)
        for thing, day in seen:
            found[thing].add(day)
        self._days: Mapping[K, Sequence[int]] = {thing: sorted(days) for thing, days in found.items()}
        self._every = sorted(set(every))
        self._known: dict[tuple[K, range], float] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(self._every)

    def weight(self, thing: K, *own: range) -> float:
        """In nats, with the days ``own`` left out; these may overlap."""
        if len(own) != 1:
            return self._weighed(self._days.get(thing, ()), own)
        asked = (thing, own[0])
        if asked not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[asked] = self._weighed(self._days.get(thing, ()), own)
        return self._known[asked]

    def _weighed(self, days: Sequence[int], own: Sequence[range]) -> float:
        total, count = len(self._every), len(days)
        for start, stop in _apart(own):
            total -= bisect_left(self._every, stop) - bisect_left(self._every, start)
            count -= bisect_left(days, stop) - bisect_left(days, start)
        return -math.log((count + 0.5) / (max(total, count) + BEFOREHAND))


def _apart(ranges: Iterable[range]) -> list[tuple[int, int]]:
    """The same days without overlap."""
    out: list[tuple[int, int]] = []
    for one in sorted((some for some in ranges if len(some)), key=lambda some: some.start):
        if out and one.start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], one.stop))
        else:
            out.append((one.start, one.stop))
    return out
