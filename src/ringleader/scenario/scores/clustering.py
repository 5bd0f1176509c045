"""How well the intrusions were grouped into campaigns, one actor each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringleader.scenario.scores.agreement import Agreement, agreement, singletons
from ringleader.scenario.scores.matched import Matched


@dataclass(frozen=True, slots=True)
class FalseMerge:
    """A campaign of several actors."""

    campaign_id: str
    actors: list[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Over the found intrusions that hold a true finding; each belongs to the actor who has most of these. One in no
    campaign is a group of its own. ``alone`` is the line to beat: every intrusion a campaign of its own. ``strangers``
    are intrusions with no actor in them that campaigns hold: they make these less pure."""

    agreement: Agreement
    alone: Agreement
    campaigns: int
    false_merges: list[FalseMerge]
    split_actors: list[str]
    strangers: int


def score(matched: Matched) -> Figures:
    held = members(matched)
    campaigns = sorted(set(held.values()))
    number = {name: index for index, name in enumerate(campaigns)}
    judged = sorted(matched.owner)
    # Intrusions in no campaign: numbers after those of the campaigns.
    group = np.array([number.get(held.get(one, ""), len(campaigns) + one) for one in judged], np.int64)
    true = np.array([matched.owner[one] for one in judged], np.int64)
    others = np.array([number[name] for one, name in held.items() if one not in matched.owner], np.int64)
    actors: dict[str, set[int]] = {}
    for one, name in held.items():
        if one in matched.owner:
            actors.setdefault(name, set()).add(matched.owner[one])
    parts = {(actor, cluster) for actor, cluster in zip(true.tolist(), group.tolist(), strict=True)}
    return Figures(
        agreement(group, true, others),
        singletons(true),
        len(campaigns),
        [
            FalseMerge(name, sorted(matched.actors[actor].id for actor in inside))
            for name, inside in sorted(actors.items())
            if len(inside) > 1
        ],
        [actor.id for index, actor in enumerate(matched.actors) if sum(one == index for one, _ in parts) > 1],
        len(others),
    )


def members(matched: Matched) -> dict[int, str]:
    """The campaign of each found intrusion that is in one; the first of several."""
    number = {name: index for index, name in enumerate(matched.found_ids)}
    table = matched.store.read("campaigns", ["campaign_id", "intrusion_ids"]).sort_by("campaign_id")
    held: dict[int, str] = {}
    for name, intrusions in zip(table["campaign_id"].to_pylist(), table["intrusion_ids"].to_pylist(), strict=True):
        for one in intrusions or ():
            if one in number:
                held.setdefault(number[one], name)
    return held
