"""How common traits are: in published reports for groups, in the organisation's own telemetry for local traits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from ringleader.compare.trait import Profile

UNSEEN = 0.5
"""Added to each count: a value that nobody showed yet is rare, not impossible (Jeffreys' prior)."""


class Commonness(Protocol):
    """What a comparison asks of the background that it stands before."""

    def share(self, kind: str, value: str) -> float:
        """How common a value is among others, greater than 0, at most 1."""

    def reason(self, kind: str, value: str) -> str:
        """The same for people."""


@dataclass(frozen=True)
class Background:
    """``holders`` counts the profiles that have a trait, by (kind, value), ``profiles`` all of them.

    ``distinct`` is the number of values that a kind can have where that is known (691 techniques), else of those seen.
    """

    holders: Mapping[tuple[str, str], int]
    profiles: int
    distinct: Mapping[str, int]

    @classmethod
    def of(cls, profiles: Iterable[Profile], distinct: Mapping[str, int] | None = None) -> Background:
        seen: Counter[tuple[str, str]] = Counter()
        everything = list(profiles)
        for profile in everything:
            seen.update(profile.traits.keys())
        values = Counter(kind for kind, _ in seen)
        return cls(dict(seen), len(everything), {**values, **(distinct or {})})

    def count(self, kind: str, value: str) -> int:
        return self.holders.get((kind, value), 0)

    def share(self, kind: str, value: str) -> float:
        """Smoothed share of this value among all (profile, value) pairs of its kind; sums to one over the kind."""
        distinct = max(self.distinct.get(kind, 0), 1)
        return (self.count(kind, value) + UNSEEN) / (self._totals.get(kind, 0) + UNSEEN * distinct)

    def reason(self, kind: str, value: str) -> str:
        return f"{self.count(kind, value):,} of {self.profiles:,} have it"

    @cached_property
    def _totals(self) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for (kind, _), number in self.holders.items():
            counted[kind] += number
        return dict(counted)
