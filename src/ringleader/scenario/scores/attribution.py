"""Whether campaigns were likened to the group that their actor imitates, or to nobody where it imitates none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ringleader.scenario.scores import clustering
from ringleader.scenario.scores.matched import NONE, Matched, share

UNKNOWN = "unknown"
"""The candidate that stands for none of the known groups."""


@dataclass(frozen=True, slots=True)
class ByCampaign:
    """``actor`` has most of the campaign's true findings. ``right`` is the candidate that the truth says, ``rank`` its
    place from 1, None when it was not ranked. ``top`` is the first candidate."""

    campaign_id: str
    actor: str
    right: str
    top: str
    rank: int | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """``top1`` and ``top3``: shares of the campaigns of actors that imitate a group whose group came first, or among
    the first three. ``abstained``: share of these where ``unknown`` came first. ``unknown_right``: share of the
    campaigns of other actors where it did. Campaigns with no actor in them are ``false`` ones."""

    campaigns: list[ByCampaign]
    imitated: int
    top1: float | None
    top3: float | None
    abstained: float | None
    others: int
    unknown_right: float | None
    false: int


def score(matched: Matched) -> Figures:
    ranked = _ranked(matched)
    owner = _owners(matched)
    rows = []
    for campaign, candidates in sorted(ranked.items()):
        if campaign in owner:
            actor = matched.actors[owner[campaign]]
            right = actor.imitates or UNKNOWN
            names = [name for _, name in candidates]
            place = names.index(right) if right in names else None
            probability = None if place is None else -candidates[place][0]
            rank = None if place is None else place + 1
            rows.append(ByCampaign(campaign, actor.id, right, names[0], rank, probability))
    known = [row for row in rows if row.right != UNKNOWN]
    others = [row for row in rows if row.right == UNKNOWN]
    return Figures(
        rows,
        len(known),
        share(sum(row.rank == 1 for row in known), len(known)),
        share(sum(row.rank is not None and row.rank <= 3 for row in known), len(known)),
        share(sum(row.top == UNKNOWN for row in known), len(known)),
        len(others),
        share(sum(row.rank == 1 for row in others), len(others)),
        len(ranked) - len(rows),
    )


def _ranked(matched: Matched) -> dict[str, list[tuple[float, str]]]:
    """For each campaign minus the probability, and the name, of its candidates, the likeliest first."""
    table = matched.store.read("attributions", ["campaign_id", "candidate", "probability"])
    found: dict[str, list[tuple[float, str]]] = {}
    for row in table.to_pylist():
        found.setdefault(row["campaign_id"], []).append((-row["probability"], row["candidate"]))
    return {campaign: sorted(candidates) for campaign, candidates in found.items()}


def _owners(matched: Matched) -> dict[str, int]:
    held = clustering.members(matched)
    counts: dict[str, Counter[int]] = {}
    for found, actor in zip(matched.found.tolist(), matched.actor.tolist(), strict=True):
        if actor != NONE and found in held:
            counts.setdefault(held[found], Counter())[actor] += 1
    return {
        campaign: min(actors, key=lambda actor: (-actors[actor], actor)) for campaign, actors in sorted(counts.items())
    }
