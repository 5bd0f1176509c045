"""Average linkage on log-odds, with what an analyst decided as constraints.

Pure, and exact: log-odds are whole millionths of a nat, so that no sum depends on its order, and ties go to the
cluster with the smallest number. Pairs that were not compared have the base value; they cost nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

SCALE = 1_000_000

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edge:
    """``log_odds`` in nats. ``joins``: whether the pair is a reason to join at all."""

    log_odds: float
    joins: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """Two clusters, by their smallest members, and the average log-odds at which they became one."""

    left: int
    right: int
    log_odds: float


def linkage(
    size: int,
    edges: Mapping[Pair, Edge],
    *,
    base: float,
    cut: float,
    same: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
    crowded: Collection[int] = frozenset(),
) -> tuple[list[list[int]], list[Merge]]:
    """Clusters of 0 .. size-1, each sorted, and the merges in order.

    The two clusters with the greatest average log-odds between their members become one, until that is below ``cut``
    (Sokal and Michener, "A statistical method for evaluating systematic relationships", 1958). They need a pair
    between them that ``joins``. ``same`` pairs are one from the start, as like to others as the one of them that is
    most; the ``different`` never come into one cluster; that these do not contradict each other is the caller's to
    see to. Of two ``crowded`` ones a pair without an edge was not looked at, and does not count in the average.
    """
    root = united(size, same)
    members: dict[int, list[int]] = {}
    for item in range(size):
        members.setdefault(root[item], []).append(item)
    barred: dict[int, set[int]] = {one: set() for one in members}
    for left, right in different:
        barred[root[left]].add(root[right])
        barred[root[right]].add(root[left])
    size_of = dict.fromkeys(members, 1)
    crowd = {one: int(any(item in crowded for item in some)) for one, some in members.items()}
    floor = round(base * SCALE)
    near: dict[int, dict[int, list[int]]] = {one: {} for one in members}
    for (left, right), edge in edges.items():
        a, b = root[left], root[right]
        if a != b:
            above = round(edge.log_odds * SCALE) - floor
            for one, other in ((a, b), (b, a)):
                entry = near[one].setdefault(other, [above, 0, crowd[a] and crowd[b]])
                entry[0] = max(entry[0], above)
                entry[1] += edge.joins
    heap: list[tuple[float, int, int, int]] = []

    def offer(a: int, b: int) -> None:
        above, joins, seen = near[a][b]
        if joins and b not in barred[a]:
            # Exact: the quotient of two whole numbers is rounded once.
            pairs = size_of[a] * size_of[b] - (crowd[a] * crowd[b] - seen)
            average = floor + above / pairs
            if average >= cut * SCALE:
                heapq.heappush(heap, (-average, min(a, b), max(a, b), size_of[a] + size_of[b]))

    for one in sorted(near):
        for other in near[one]:
            if one < other:
                offer(one, other)
    merges = []
    while heap:
        negative, a, b, together = heapq.heappop(heap)
        if a not in members or b not in members or size_of[a] + size_of[b] != together:
            continue
        if b in barred[a] or b not in near[a]:
            continue
        merges.append(Merge(a, b, -negative / SCALE))
        members[a] = sorted(members[a] + members.pop(b))
        size_of[a] += size_of.pop(b)
        crowd[a] += crowd.pop(b)
        for other, counts in near.pop(b).items():
            del near[other][b]
            if other != a:
                entry = near[a].setdefault(other, [0, 0, 0])
                entry[:] = [x + y for x, y in zip(entry, counts, strict=True)]
                near[other][a] = list(entry)
        for other in barred.pop(b):
            barred[other].discard(b)
            if other != a:
                barred[other].add(a)
                barred[a].add(other)
        for other in near[a]:
            offer(a, other)
    return sorted(members.values()), merges


def united(size: int, same: Iterable[Pair]) -> list[int]:
    """For each item the smallest one that it is bound to."""
    root = list(range(size))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for left, right in same:
        a, b = find(left), find(right)
        root[max(a, b)] = min(a, b)
    return [find(item) for item in range(size)]
