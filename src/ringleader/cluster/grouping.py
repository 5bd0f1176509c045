"""Intrusions into clusters: first by pairs of intrusions, then by what the clusters show together.

An intrusion, a campaign and a group are the same thing at three scales. Two fragments of one actor may share nothing
while what they belong to shares much; so clusters are compared again as profiles of their own, until nothing joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringleader.cluster import likeness, linkage
from ringleader.cluster.likeness import Likeness, Pair, Rules
from ringleader.cluster.source import Intrusion
from ringleader.compare import Profile

ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Joint:
    """Clusters that were joined by what they show together, by their members, and the comparison that joined them."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    likeness: Likeness


@dataclass(frozen=True)
class Grouping:
    """``clusters`` of numbers, each sorted, in order. ``pairs`` of intrusions as they were compared. ``joints`` are those
    of later rounds."""

    clusters: list[list[int]]
    pairs: Mapping[Pair, Likeness]
    joints: list[Joint]


def group(
    found: Sequence[Intrusion],
    rules: Rules,
    *,
    same: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
    pairs: Mapping[Pair, Likeness] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Grouping:
    """``found`` is in order of time; ``same`` and ``different`` are pairs that an analyst decided. ``pairs`` are given
    where they were compared before."""
    model = rules.model
    pairs = likeness.compared(found, rules, advance) if pairs is None else pairs
    apart = list(different)
    clusters, _ = linkage.linkage(len(found), _edges(pairs), base=model.base, cut=model.cut, same=same, different=apart)
    joints: list[Joint] = []
    for _ in range(ROUNDS):
        if len(clusters) < 2:
            break
        clusters, new = _again(found, clusters, rules, apart)
        if not new:
            break
        joints += new
    return Grouping(sorted(clusters), pairs, joints)


def _again(
    found: Sequence[Intrusion], clusters: Sequence[Sequence[int]], rules: Rules, different: Iterable[Pair]
) -> tuple[list[list[int]], list[Joint]]:
    place = {member: number for number, some in enumerate(clusters) for member in some}
    whole = [together([found[n] for n in some]) for some in clusters]
    compared = likeness.compared(whole, rules)
    apart = [(place[a], place[b]) for a, b in different]
    model = rules.model
    joined, merges = linkage.linkage(len(clusters), _edges(compared), base=model.base, cut=model.cut, different=apart)
    joints = []
    for some in joined:
        inside = set(some)
        joints += [
            Joint(tuple(clusters[a]), tuple(clusters[b]), one)
            for (a, b), one in compared.items()
            if a in inside and b in inside and one.joins
        ]
    return [sorted(n for number in some for n in clusters[number]) for some in joined], joints if merges else []


def together(some: Sequence[Intrusion]) -> Intrusion:
    """Several intrusions as one."""
    if len(some) == 1:
        return some[0]
    first = some[0]
    return Intrusion(
        first.id,
        Profile.of(first.id, (trait for one in some for trait in one.profile)),
        min((one.first_time for one in some if one.first_time), default=None),
        max((one.last_time for one in some if one.last_time), default=None),
        tuple(dict.fromkeys(host for one in some for host in one.hosts)),
        first.anchor,
    )


def _edges(pairs: Mapping[Pair, Likeness]) -> dict[Pair, linkage.Edge]:
    return {pair: linkage.Edge(one.log_odds, one.joins) for pair, one in pairs.items()}
