"""The weakest bridge of a campaign: the pair without which it would fall apart most easily."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringleader.cluster.likeness import Likeness, Pair


@dataclass(frozen=True, slots=True)
class Bridge:
    """``left`` and ``right`` are the two intrusions, ``parts`` the sizes of what would be left. ``likeness`` is None
    where only an analyst's decision holds the two parts together."""

    left: int
    right: int
    parts: tuple[int, int]
    likeness: Likeness | None


def weakest(members: Sequence[int], pairs: Mapping[Pair, Likeness], same: Sequence[Pair] = ()) -> Bridge | None:
    """Of the spanning tree of the strongest pairs the weakest edge; of equal ones the first. None for one intrusion."""
    if len(members) < 2:
        return None
    inside = set(members)
    edges = [(-one.log_odds, pair, one) for pair, one in pairs.items() if one.joins and inside.issuperset(pair)]
    tree: list[tuple[Pair, Likeness | None]] = []
    root = {member: member for member in members}

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    ordered: list[tuple[Pair, Likeness | None]] = [(pair, one) for _, pair, one in sorted(edges, key=lambda e: e[:2])]
    for pair, one in [*ordered, *((pair, None) for pair in sorted(same) if inside.issuperset(pair))]:
        a, b = find(pair[0]), find(pair[1])
        if a != b:
            root[max(a, b)] = min(a, b)
            tree.append((pair, one))
    if not tree:
        return None
    place, (pair, likeness) = len(tree) - 1, tree[-1]
    side = _side(pair[0], [edge for number, (edge, _) in enumerate(tree) if number != place])
    return Bridge(pair[0], pair[1], (side, len(members) - side), likeness)


def _side(start: int, edges: Sequence[Pair]) -> int:
    """How many are on the side of ``start``."""
    near: dict[int, list[int]] = {}
    for a, b in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    seen, todo = {start}, [start]
    while todo:
        for other in near.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return len(seen)
