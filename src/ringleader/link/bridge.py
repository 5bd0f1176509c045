"""Which bundles are worth comparing, and how likely each such pair is one actor's.

Two bundles are compared when they share a mark that few have, or follow each other on one host or under one account.
The score is a logistic regression on a few sums: what they share by sort, each thing weighing minus log of its share
of background days, the time between them, and how suspicious each is. There is one for what follows at once on one
host, one for what is near in time, one for the rest. ``model.yml`` has the weights and says how they were fitted.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

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
    "same host, at once",
    "at once, in a crowd",
    "at once, rules alike",
    "crowd",
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
AT_ONCE = 60_000_000
"""Microseconds after which the next thing on a host no longer seems to be a part of the last."""
CROWD = 5 * 60_000_000
"""Microseconds before and after a pair in which other bundles on its hosts make a crowd."""
LEASH_DAYS = 5
HOUR = 3_600_000_000


Reach = Literal["once", "near", "far"]
"""On one host within a minute; within half a day; any other."""


class Pair(NamedTuple):
    """Numbers of two bundles, the earlier one first."""

    left: int
    right: int


class Shared(NamedTuple):
    """``features`` as FEATURES; ``key`` the mark that weighs most, or the host or account for want of one."""

    features: list[float]
    reach: Reach
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
        self._begun: defaultdict[str, list[int]] = defaultdict(list)
        for one in found:
            for host in one.hosts if one.first is not None else ():
                self._begun[host].append(one.first or 0)
        for times in self._begun.values():
            times.sort()

    def weight(self, mark: Key) -> float:
        """Nats: how rare it is in the background."""
        if mark not in self._weights:
            found = self._days.weight(mark, *self._own.get(mark, ()))
            self._weights[mark] = max(0.0, min(found, MOST))
        return self._weights[mark]

    def pairs(self, floor: float) -> list[Pair]:
        """Those worth comparing: one of them at least as suspicious as ``floor``, or at once on one host."""
        out: set[Pair] = set()
        for lane, few in self._lanes():
            for left, right in _following(lane, few):
                known = max(self._suspicion[left], self._suspicion[right]) >= floor and self._reach(left, right)
                if (known or self._at_once(left, right)) and not self._judged(left, right):
                    out.add(Pair(min(left, right), max(left, right)))
        return sorted(out)

    def _judged(self, left: int, right: int) -> bool:
        """One is about a person of whom an analytic has seen all: the rest of what they do is their work."""
        one, other = self._bundles[left].about, self._bundles[right].about
        return bool(one or other) and one.isdisjoint(other)

    def _at_once(self, left: int, right: int) -> bool:
        one, other = self._bundles[left], self._bundles[right]
        return (other.first or 0) - (one.last or 0) <= AT_ONCE and not one.hosts.isdisjoint(other.hosts)

    def _reach(self, left: int, right: int) -> bool:
        """Within days, or on hosts that both know: what reappears elsewhere after weeks is for campaigns to compare."""
        one, other = self._bundles[left], self._bundles[right]
        places = (one.hosts | one.sources) & (other.hosts | other.sources)
        return bool(places) or _gap(one, other) <= _minutes(LEASH_DAYS)

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
        gap = _gap(left, right)
        for mark in left.marks & right.marks:
            entity = self._entities[mark.entity]
            apart = entity.leash_days is not None and gap > _minutes(entity.leash_days)
            if not apart and (weight := self.weight(mark)) > 0:
                sums[entity.mark].append((weight, mark))
        for key in left.lasting & right.lasting:
            sums["lasting"].append((min(math.log((len(self._bundles) + 1) / self._lasting[key]), MOST), key))
        best: tuple[float, Key] | None = None
        by_sort = []
        for sort in SORTS:
            ranked = sorted(sums[sort], key=lambda one: (-one[0], one[1]))[:BEST]
            by_sort.append(sum(weight for weight, _ in ranked))
            if ranked and (best is None or ranked[0][0] > best[0]):
                best = ranked[0]
        hosts, accounts = left.hosts & right.hosts, left.accounts & right.accounts
        follows = bool(left.hosts & right.sources or right.hosts & left.sources)
        place = bool(hosts) or follows
        near = max(0.0, 1 - gap / math.log1p(LANE_HOURS * 60))
        reach: Reach = "once" if hosts and math.expm1(gap) * 60e6 <= AT_ONCE else "near" if near else "far"
        at_once = math.exp(-math.expm1(gap) * 60e6 / AT_ONCE) if reach == "once" else 0.0
        crowd = self._crowd(left, right, hosts) if hosts and near else 0.0
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
            at_once,
            at_once * crowd,
            at_once * len(rules) / len(left.rules | right.rules),
            crowd,
            near if follows else 0.0,
            near if accounts else 0.0,
            float(bool(left.accounts and right.accounts) and not accounts),
            len(rules) / len(left.rules | right.rules),
            _cut(max(first, second)),
            _cut(min(first, second)),
            max(0.0, -3.0 - min(first, second)),
        ]
        return Shared(features, reach, best[1])

    def _crowd(self, left: Bundle, right: Bundle, hosts: Iterable[str]) -> float:
        """Log of one plus the other bundles that begin on these hosts while the two go on, or just before or after."""
        start, end = min(left.first or 0, right.first or 0) - CROWD, max(left.last or 0, right.last or 0) + CROWD
        begun = (self._begun[host] for host in hosts)
        return math.log1p(max(max(bisect_right(times, end) - bisect_left(times, start) for times in begun) - 2, 0))


def speaks(shared: Shared) -> bool:
    """Whether there is more than time, place and persons, or than one chance word: over weeks that joins nothing, over
    days no more than a file on the same host does."""
    sums = dict(zip(FEATURES, shared.features, strict=True))
    there = {sort for sort in SORTS if sums[sort] > 1} - {"person"}
    soon = "file" in there and sums["same host"] > 0 and sums["gap"] <= _minutes(LEASH_DAYS)
    return shared.reach != "far" or soon or bool(there & {"lasting", "foothold", "infrastructure"}) or len(there) > 1


def _minutes(days: int) -> float:
    """As a gap is told."""
    return math.log1p(days * 24 * 60)


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
