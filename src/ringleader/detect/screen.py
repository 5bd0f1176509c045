"""Which combinations of a few fields rule every rule out, so that an event's other fields need not be looked at.

A kind's rules ask for many fields, but nearly all of their conditions name a file, a registry key or a command that an
event must hold to come into question at all. A screen is a choice of few fields such that no rule can hold unless one
of its predicates on these fields does; their classes then tell, in three-valued logic, whether any rule is still
possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ringleader.detect.field import NONE, Class
from ringleader.detect.program import Tree


class Screen:
    """``trees``: rule to its tree. ``fields``: the numbers of the predicates on each field. ``absent``: predicates that
    are known not to hold on any event that is screened (keywords that the raw text does not have).

    ``places`` are those of the chosen fields, ascending; None when no choice smaller than all fields does.
    """

    def __init__(
        self, trees: Mapping[int, Tree], leaves: Mapping[int, Sequence[int]], fields: Sequence[Collection[int]],
        absent: Collection[int],
    ) -> None:  # fmt: skip
        self._trees = trees
        self._place = {number: place for place, numbers in enumerate(fields) for number in numbers}
        self._owners: dict[int, list[int]] = {}
        for rule, numbers in leaves.items():
            for number in numbers:
                self._owners.setdefault(number, []).append(rule)
        self._touched = {
            rule: {self._place[n] for n in numbers if n in self._place} for rule, numbers in leaves.items()
        }
        self._leaves = {rule: frozenset(numbers) for rule, numbers in leaves.items()}
        self._verdicts: dict[tuple[int, Class], bool] = {}
        self._known = frozenset(absent)
        self.places = self._chosen(fields)

    def _chosen(self, fields: Sequence[Collection[int]]) -> tuple[int, ...] | None:
        every = self._known.union(self._place)
        if any(self._possible(rule, NONE, every) for rule in self._trees):
            return None  # a rule that asks for nothing in particular
        chosen: list[int] = []
        left = [rule for rule in self._trees if self._possible(rule, NONE, self._known)]
        while left and len(chosen) + 1 < len(fields):
            touched = Counter(place for rule in left for place in self._touched[rule] if place not in chosen)
            options = {place: self._known.union(fields[place]) for place in touched}
            ended = Counter(
                place
                for rule in left
                for place in self._touched[rule]
                if place in options and not self._possible(rule, NONE, options[place])
            )
            best = max(sorted(touched), key=lambda place: (ended[place], touched[place]))
            chosen.append(best)
            self._known = options[best]
            left = [rule for rule in left if self._possible(rule, NONE, self._known)]
        return None if left or not chosen else tuple(sorted(chosen))

    def passes(self, found: Class) -> bool:
        """Whether any rule may hold on an event whose chosen fields satisfy the predicates ``found``."""
        owners = {rule for number in found for rule in self._owners.get(number, ())}
        return any(self._verdict(rule, found & self._leaves[rule]) for rule in owners)

    def _verdict(self, rule: int, found: Class) -> bool:
        verdict = self._verdicts.get((rule, found))
        if verdict is None:
            verdict = self._verdicts[rule, found] = self._possible(rule, found, self._known)
        return verdict

    def _possible(self, rule: int, found: Class, known: Collection[int]) -> bool:
        return _decided(self._trees[rule], found, known) is not False


def _decided(tree: Tree, found: Collection[int], known: Collection[int]) -> bool | None:
    """What ``tree`` comes to when of the predicates ``known`` exactly ``found`` hold; None if others decide."""
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, int):
        return tree in found if tree in known else None
    op, *children = tree
    if op == "not":
        inner = _decided(children[0], found, known)
        return None if inner is None else not inner
    absorbing = op == "or"
    open_ = False
    for child in children:
        each = _decided(child, found, known)
        if each is absorbing:
            return absorbing
        open_ |= each is None
    return None if open_ else not absorbing
