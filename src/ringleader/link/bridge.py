"""Which bundles are worth comparing, and how likely each such pair is one actor's.

Two bundles are compared when they share a mark that few have, or follow each other on one host or under one account.
The score is a logistic regression on a few sums: what they share by sort, each thing weighing minus log of its share
of background days, the time between them, and how suspicious each is. ``model.yml`` has the weights and says how they
were fitted.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ringleader.link.background import Days
from ringleader.link.bundle import Bundle
from ringleader.link.entities import Entity, Key

SORTS = ("lasting", "foothold", "infrastructure", "file", "word", "target", "person")
FEATURES = (
    "one",
    *SORTS,
    "infrastructure, no host",
    "sorts",
    "gap",
    "gap, no host",
    "gap within a day",
    "same host",
    "same host, near",
    "from host to host, near",
    "same account, near",
    "other accounts",
    "rules alike",
    "greater suspicion",
    "lesser suspicion",
    "unsuspicious",
)
MOST = 5.0
"""Nats: no single mark weighs more."""
BEST = 3
"""So many of the rarest marks of a sort count."""
REACH = 8
"""So many of those that follow are compared with each bundle in a lane."""
FEW = 30
"""A mark that no more bundles have than this is compared all with all."""
LANE_HOURS = 12
LEASH_DAYS = 5
HOUR = 3_600_000_000


class Pair(NamedTuple):
    """Numbers of two bundles, the earlier one first."""

    left: int
    right: int


class Shared(NamedTuple):
    """``features`` as FEATURES; ``near``: within half a day; ``key`` the mark that weighs most, or the host or account
    for want of one."""

    features: list[float]
    near: bool
    key: Key


class Bridges:
    """``suspicion``: log odds of each bundle; ``days``: on which each mark was seen at all. The days of bundles that
    are more likely an intruder's than not, and the ones around them, are no background for their marks."""

    def __init__(
        self, found: Sequence[Bundle], suspicion: Sequence[float], days: Days[Key], entities: Mapping[str, Entity]
    ) -> None:
        self._bundles, self._suspicion, self._days, self._entities = found, suspicion, days, entities
        self._own: defaultdict[Key, list[range]] = defaultdict(list)
        for one, odds in zip(found, suspicion, strict=True):
            for mark in one.marks if odds > 0 else ():
                self._own[mark].append(one.days())
        self._weights: dict[Key, float] = {}
        self._lasting = Counter(key for one in found for key in one.lasting)

    def weight(self, mark: Key) -> float:
        """Nats: how rare it is in the background."""
        if mark not in self._weights:
            found = self._days.weight(mark, *self._own.get(mark, ()))
            self._weights[mark] = max(0.0, min(found, MOST))
        return self._weights[mark]

    def pairs(self, floor: float) -> list[Pair]:
        """Those worth comparing: one of them at least as suspicious as ``floor``."""
        out: set[Pair] = set()
        for lane, few in self._lanes():
            for left, right in _following(lane, few):
                if max(self._suspicion[left], self._suspicion[right]) >= floor and self._reach(left, right):
                    out.add(Pair(min(left, right), max(left, right)))
        return sorted(out)

    def _reach(self, left: int, right: int) -> bool:
        """Within days, or on hosts that both know: what reappears elsewhere after weeks is for campaigns to compare."""
        one, other = self._bundles[left], self._bundles[right]
        if one.about and other.about and not one.about & other.about:
            return False  # each is somebody's own
        places = (one.hosts | one.sources) & (other.hosts | other.sources)
        return bool(places) or _gap(one, other) <= math.log1p(LEASH_DAYS * 24 * 60)

    def _lanes(self) -> Iterator[tuple[list[int], bool]]:
        """Numbers of bundles that share something, in order of time, and whether all pairs of them count."""
        by_mark: defaultdict[Key, list[int]] = defaultdict(list)
        by_place: defaultdict[str, list[int]] = defaultdict(list)
        order = sorted(
            (one.first, number) for number, one in enumerate(self._bundles) if one.first is not None and not one.alerts
        )
        for _, number in order:
            for mark in self._bundles[number].marks | self._bundles[number].lasting:
                by_mark[mark].append(number)
            for host in self._bundles[number].hosts | self._bundles[number].sources:
                by_place[f"on {host}"].append(number)
            for account in self._bundles[number].accounts:
                by_place[f"as {account}"].append(number)
        for members in by_mark.values():
            if len(members) > 1:
                yield members, len(members) <= FEW
        for members in by_place.values():
            for part in self._split(members):
                yield part, False

    def _split(self, members: list[int]) -> Iterator[list[int]]:
        part: list[int] = []
        for number in members:
            if part and (self._bundles[number].first or 0) - (self._bundles[part[-1]].last or 0) > LANE_HOURS * HOUR:
                yield part
                part = []
            part.append(number)
        yield part

    def compare(self, pair: Pair) -> Shared:
        left, right = self._bundles[pair.left], self._bundles[pair.right]
        sums: defaultdict[str, list[tuple[float, Key]]] = defaultdict(list)
        for mark in left.marks & right.marks:
            if (weight := self.weight(mark)) > 0:
                sums[self._entities[mark.entity].mark].append((weight, mark))
        for key in left.lasting & right.lasting:
            sums["lasting"].append((min(math.log((len(self._bundles) + 1) / self._lasting[key]), MOST), key))
        best: tuple[float, Key] | None = None
        by_sort = []
        for sort in SORTS:
            ranked = sorted(sums[sort], key=lambda one: (-one[0], one[1]))[:BEST]
            by_sort.append(sum(weight for weight, _ in ranked))
            if ranked and (best is None or ranked[0][0] > best[0]):
                best = ranked[0]
        gap = _gap(left, right)
        hosts, accounts = left.hosts & right.hosts, left.accounts & right.accounts
        follows = bool(left.hosts & right.sources or right.hosts & left.sources)
        place = bool(hosts) or follows
        near = max(0.0, 1 - gap / math.log1p(LANE_HOURS * 60))
        rules = left.rules & right.rules
        first, second = self._suspicion[pair.left], self._suspicion[pair.right]
        if best is None:
            value = min(hosts, default="") or min(accounts, default="")
            best = (0.0, Key("nearby", value))
        features = [
            1.0,
            *by_sort,
            0.0 if place else by_sort[SORTS.index("infrastructure")],
            float(sum(total > 1 for total in by_sort)),
            gap,
            0.0 if place else gap,
            near,
            float(bool(hosts)),
            near if hosts else 0.0,
            near if follows else 0.0,
            near if accounts else 0.0,
            float(bool(left.accounts and right.accounts) and not accounts),
            len(rules) / len(left.rules | right.rules),
            _cut(max(first, second)),
            _cut(min(first, second)),
            max(0.0, -3.0 - min(first, second)),
        ]
        return Shared(features, near > 0, best[1])


def speaks(shared: Shared) -> bool:
    """Whether there is more than time, place and persons, or than one chance word: over days and weeks that joins
    nothing."""
    sums = dict(zip(FEATURES, shared.features, strict=True))
    there = {sort for sort in SORTS if sums[sort] > 1} - {"person"}
    return shared.near or bool(there & {"lasting", "foothold", "infrastructure"}) or len(there) > 1


def _cut(log_odds: float) -> float:
    return max(-6.0, min(6.0, log_odds))


def _gap(left: Bundle, right: Bundle) -> float:
    """Log of one plus the minutes between them."""
    if left.first is None or right.first is None or left.last is None or right.last is None:
        return math.log1p(60 * 24 * 365)
    return math.log1p(max(right.first - left.last, left.first - right.last, 0) / 60e6)


def _following(lane: Sequence[int], few: bool) -> Iterable[tuple[int, int]]:
    for at, left in enumerate(lane):
        for right in lane[at + 1 :] if few else lane[at + 1 : at + 1 + REACH]:
            yield left, right
