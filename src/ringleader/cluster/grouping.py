"""Intrusions into clusters, by the pairs that were compared and by what analysts decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ringleader.cluster import likeness, linkage
from ringleader.cluster.likeness import Compared, Pair, Rules
from ringleader.cluster.source import Intrusion
from ringleader.compare import Profile


@dataclass(frozen=True)
class Grouping:
    """``clusters`` of numbers, each sorted, in order, and what they were made from."""

    clusters: list[list[int]]
    compared: Compared


def group(
    found: Sequence[Intrusion],
    rules: Rules,
    *,
    same: Iterable[Pair] = (),
    different: Iterable[Pair] = (),
    compared: Compared | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Grouping:
    """``found`` is in order of time; ``same`` and ``different`` are pairs that an analyst decided. ``compared`` is
    given where that was done before."""
    model = rules.model
    seen = likeness.compared(found, rules, advance) if compared is None else compared
    edges = {pair: linkage.Edge(one.log_odds, one.joins) for pair, one in seen.pairs.items()}
    clusters, _ = linkage.linkage(
        len(found), edges, base=model.base, cut=model.cut, same=same, different=different, crowded=seen.crowded
    )
    return Grouping(clusters, seen)


def together(some: Sequence[Intrusion]) -> Intrusion:
    """Several intrusions as one profile, which is what a campaign is."""
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
