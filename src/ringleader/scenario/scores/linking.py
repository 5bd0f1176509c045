"""How well the findings were joined into intrusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringleader.scenario.scores.agreement import Agreement, agreement, singletons
from ringleader.scenario.scores.matched import NONE, Matched, pair_counts, share

MONTH = 365.25 / 12
"""Days."""


@dataclass(frozen=True, slots=True)
class Split:
    """A true intrusion whose findings are in several found ones. ``largest`` is the share of its linked findings that
    the largest of these holds."""

    actor: str
    intrusion: str
    parts: int
    largest: float


@dataclass(frozen=True, slots=True)
class Merge:
    """A found intrusion with findings of several actors."""

    intrusion_id: str
    actors: list[str]
    findings: int


@dataclass(frozen=True, slots=True)
class ByActor:
    """``found``: steps that a finding tells of. ``alone``: those of them with a finding in an intrusion that is of this
    actor only, and with none in one of several actors."""

    actor: str
    decoy: bool
    found: int
    alone: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The agreements are over true findings; one that is part of no found intrusion is a group of its own, and false
    findings inside found intrusions make these less pure. ``by_intrusion`` takes each return of an actor as a group
    of its own. ``unlinked``: true intrusions with findings, none of which is in a found one. ``false``: found
    intrusions with no actor in them; ``false_findings``: false findings inside the others."""

    by_actor: Agreement
    by_intrusion: Agreement
    alone: Agreement
    intrusions: int
    true_intrusions: int
    whole: int
    split: list[Split]
    unlinked: list[str]
    merged: list[Merge]
    actors: list[ByActor]
    false: int
    false_per_1000_host_months: float
    false_findings: int


def score(matched: Matched) -> Figures:
    found, actor, intrusion = matched.found, matched.actor, matched.intrusion
    labelled = actor != NONE
    # Leads: each finding a group of its own, below all numbers of intrusions.
    group = np.where(found == NONE, NONE - 1 - np.arange(len(found)), found)[labelled]
    strangers = found[~labelled & (found != NONE)]
    inside: dict[int, list[int]] = {}
    for number, who in pair_counts(found, actor)[0]:
        inside.setdefault(number, []).append(who)
    several = {number for number, actors in inside.items() if len(actors) > 1}
    empty = len(matched.found_ids) - len(inside)
    split, unlinked, whole = _splits(matched)
    return Figures(
        by_actor=agreement(group, actor[labelled], strangers),
        by_intrusion=agreement(group, intrusion[labelled], strangers),
        alone=singletons(intrusion[labelled]),
        intrusions=len(matched.found_ids),
        true_intrusions=len(matched.intrusions),
        whole=whole,
        split=split,
        unlinked=unlinked,
        merged=_merges(matched, {number: inside[number] for number in sorted(several)}),
        actors=_by_actor(matched, several),
        false=empty,
        false_per_1000_host_months=1000 * empty / (matched.host_days / MONTH),
        false_findings=int(np.isin(strangers, list(inside)).sum()),
    )


def _splits(matched: Matched) -> tuple[list[Split], list[str], int]:
    """Those in several parts, those in none, and how many are in one."""
    split, unlinked, whole = [], [], 0
    for number in np.unique(matched.intrusion[matched.intrusion != NONE]).tolist():
        actor, name = matched.intrusions[number]
        parts = matched.found[(matched.intrusion == number) & (matched.found != NONE)]
        sizes = np.unique(parts, return_counts=True)[1]
        if not len(sizes):
            unlinked.append(f"{actor} {name}")
        elif len(sizes) == 1:
            whole += 1
        else:
            split.append(Split(actor, name, len(sizes), float(sizes.max() / sizes.sum())))
    return split, unlinked, whole


def _merges(matched: Matched, several: dict[int, list[int]]) -> list[Merge]:
    return [
        Merge(
            matched.found_ids[number],
            sorted(matched.actors[actor].id for actor in actors),
            int((matched.found == number).sum()),
        )
        for number, actors in several.items()
    ]


def _by_actor(matched: Matched, several: set[int]) -> list[ByActor]:
    told = matched.told()
    alone, mixed = np.zeros(len(told), bool), np.zeros(len(told), bool)
    # A finding of several events tells of all their steps.
    hits = zip(matched.line_deed[matched.hit_line].tolist(), matched.found[matched.hit_finding].tolist(), strict=True)
    for deed, found in hits:
        if found != NONE:
            (mixed if found in several else alone)[deed] = True
    good = alone & ~mixed
    rows = []
    for index, actor in enumerate(matched.actors):
        mine = matched.deed_actor == index
        steps, right = int((mine & told).sum()), int((mine & good).sum())
        rows.append(ByActor(actor.id, actor.decoy, steps, right, share(right, steps)))
    return rows
