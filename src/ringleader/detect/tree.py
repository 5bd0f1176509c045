"""Trees of predicates: folding what a kind fixes, finding what must hold, and deciding a tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from ringleader.detect.field import Field
from ringleader.detect.program import Predicate, Program, Tree
from ringleader.schema import value


def folded(program: Program, known: Mapping[str, str], number: Callable[[Predicate], int]) -> Tree:
    """The tree with predicates on known fields decided and the others numbered anew; may be True or False."""
    if known.keys().isdisjoint(predicate.field for predicate in program.predicates):
        return _renumbered(program.tree, [number(predicate) for predicate in program.predicates])
    decided: dict[int, Tree] = {}
    for place, predicate in enumerate(program.predicates):
        if predicate.field in known and predicate.op != "exists" and not predicate.op.startswith("ref"):
            decided[place] = _decided(predicate, known[predicate.field])

    def walk(tree: Tree) -> Tree:
        if isinstance(tree, int):
            return decided[tree] if tree in decided else ["leaf", program.predicates[tree]]
        op, *children = tree
        if op == "not":
            inner = walk(children[0])
            return (not inner) if isinstance(inner, bool) else ["not", inner]
        absorbing = op == "or"
        kept = []
        for child in map(walk, children):
            if child is absorbing:
                return absorbing
            if not isinstance(child, bool):
                kept.append(child)
        if not kept:
            return not absorbing
        return kept[0] if len(kept) == 1 else [op, *kept]

    def renumber(tree: Tree) -> Tree:
        if isinstance(tree, bool):
            return tree
        if tree[0] == "leaf":
            return number(tree[1])
        return [tree[0], *map(renumber, tree[1:])]

    return renumber(walk(program.tree))


def _renumbered(tree: Tree, numbers: Sequence[int]) -> Tree:
    return numbers[tree] if isinstance(tree, int) else [tree[0], *(_renumbered(each, numbers) for each in tree[1:])]


def _decided(predicate: Predicate, content: str) -> bool:
    if predicate.op == "eq" and not predicate.cased:  # nearly always, and much cheaper than an automaton
        return value.fold(content) == predicate.arg
    return bool(Field({0: predicate}).classify(content))


def leaves(tree: Tree) -> list[int]:
    """The predicates of a tree, from left to right."""
    found: list[int] = []
    pending = [tree]
    while pending:
        each = pending.pop()
        if isinstance(each, list):
            pending.extend(reversed(each[1:]))
        elif not isinstance(each, bool):
            found.append(each)
    return found


def holds(tree: Tree, found: Collection[int]) -> bool:
    if tree is True:
        return True
    if isinstance(tree, int):
        return tree in found
    op = tree[0]
    if op == "not":
        return not holds(tree[1], found)
    absorbing = op == "or"
    for child in tree[1:]:  # a loop: it runs for each new combination, and a generator costs three times as much
        if (child in found if type(child) is int else holds(child, found)) is absorbing:
            return absorbing
    return not absorbing


def necessary(tree: Tree, predicates: Sequence[Predicate]) -> frozenset[int] | None:
    """Predicates of which at least one holds whenever the tree does; None when there is no such set."""
    if isinstance(tree, bool):
        return None
    if isinstance(tree, int):
        return None if predicates[tree].op.startswith("ref") else frozenset((tree,))
    op, *children = tree
    if op == "not":
        return None
    sets = [necessary(child, predicates) for child in children]
    if op == "or":
        return None if any(one is None for one in sets) else frozenset().union(*(one for one in sets if one))
    known = [one for one in sets if one is not None]
    return min(known, key=lambda one: sum(_commonness(predicates[n]) for n in one), default=None)


def values(field: str, program: Program) -> frozenset[str] | None:
    """The values of ``field`` of which an event must have one for the program to hold; None when others may do."""

    def walk(tree: Tree) -> frozenset[str] | None:
        if isinstance(tree, bool):
            return None
        if isinstance(tree, int):
            predicate = program.predicates[tree]
            wanted = predicate.field == field and predicate.op == "eq" and not predicate.cased
            return frozenset((predicate.arg,)) if wanted else None
        op, *children = tree
        if op == "not":
            return None
        known = [walk(child) for child in children]
        if op == "or":
            return frozenset().union(*(one for one in known if one)) if all(known) else None
        return next((one for one in known if one is not None), None)

    return walk(program.tree)


def _commonness(predicate: Predicate) -> float:
    """A guess at how often a predicate holds, to choose the set that lets the fewest combinations through."""
    if predicate.op in ("null", "any", "exists"):
        return 100.0
    if predicate.op in ("eq", "contains", "startswith", "endswith"):
        return 1.0 / (1 + len(predicate.arg))
    return 0.2
