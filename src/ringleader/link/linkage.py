"""Average linkage over the pairs that were compared; pairs that were not say nothing for or against.

Merging two clusters folds the smaller one's neighbours into the larger one's, so that the work is that of the pairs
times the logarithm of their number. See Murtagh and Contreras, "Algorithms for hierarchical clustering: an overview"
(2012), for the update of averages.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import NamedTuple


class Merge(NamedTuple):
    """``average`` log odds of the two clusters, and the pair among them that speaks most for the merge."""

    average: float
    pair: int


def clusters(count: int, scored: Iterable[tuple[int, int, float]], least: float) -> list[Merge]:
    """The merges of ``count`` things, best first, as long as the average of the pairs between two clusters exceeds
    ``least``. ``scored``: left, right, log odds; a merge names the place of a pair in it."""
    near: list[dict[int, tuple[float, int, float, int]]] = [{} for _ in range(count)]
    heap: list[tuple[float, int, int]] = []
    for place, (left, right, score) in enumerate(scored):
        total, pairs, best, first = near[left].get(right, (0.0, 0, math.inf, 0))
        near[left][right] = near[right][left] = (total + score, pairs + 1, *min((best, first), (-score, place)))
    for left, others in enumerate(near):
        for right, (total, pairs, _, _) in others.items():
            if left < right and total / pairs > least:
                heap.append((-total / pairs, left, right))
    heapq.heapify(heap)
    merges: list[Merge] = []
    while heap:
        cost, left, right = heapq.heappop(heap)
        link = near[left].get(right)
        if link is None or link[0] / link[1] != -cost:
            continue
        merges.append(Merge(-cost, link[3]))
        if len(near[left]) < len(near[right]):
            left, right = right, left
        del near[left][right], near[right][left]
        for other, (total, pairs, best, place) in near[right].items():
            del near[other][right]
            if other in near[left]:
                mine = near[left][other]
                total, pairs = total + mine[0], pairs + mine[1]
                best, place = min((best, place), mine[2:])
            near[left][other] = near[other][left] = (total, pairs, best, place)
            if total / pairs > least:
                heapq.heappush(heap, (-total / pairs, min(left, other), max(left, other)))
        near[right] = {}
    return merges
