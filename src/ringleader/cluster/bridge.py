"""The weakest bridge of a campaign: that without which it would fall apart most easily."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ringleader.cluster.likeness import Likeness, Pair

By = Literal["pair", "decision"]


@dataclass(frozen=True, slots=True)
class Bridge:
    """``left`` and ``right`` are an intrusion on either side, ``parts`` how many would be on each. ``by``: the likeness
    of these two, or an analyst's decision, which has no ``likeness``."""

    left: int
    right: int
    parts: tuple[int, int]
    by: By
    likeness: Likeness | None


def weakest(members: Sequence[int], pairs: Mapping[Pair, Likeness], same: Sequence[Pair] = ()) -> Bridge | None:
    """Of a spanning tree of the strongest reasons the last that was needed: pairs of intrusions first, then decisions.
    None for one intrusion."""
    inside = set(members)
    if len(inside) < 2:
        return None
    ordered = sorted(
        ((-one.log_odds, pair, one) for pair, one in pairs.items() if one.joins and inside.issuperset(pair)),
        key=lambda edge: edge[:2],
    )
    edges: list[tuple[Pair, By, Likeness | None]] = [(pair, "pair", one) for _, pair, one in ordered]
    edges += [(pair, "decision", None) for pair in sorted(same) if inside.issuperset(pair)]
    root = {member: member for member in inside}

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    tree: list[tuple[Pair, By, Likeness | None]] = []
    for pair, by, one in edges:
        a, b = find(pair[0]), find(pair[1])
        if a != b:
            root[max(a, b)] = min(a, b)
            tree.append((pair, by, one))
    if not tree:
        return None
    pair, by, one = tree[-1]
    side = _side(pair[0], [edge for edge, _, _ in tree[:-1]])
    return Bridge(pair[0], pair[1], (side, len(inside) - side), by, one)


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
