"""Pairs of campaigns: how like each other they are, whether that is more than chance, and what could explain it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

from ringleader.cluster import colocation, rivals
from ringleader.cluster.colocation import Together
from ringleader.cluster.likeness import Rules, candidates, judged
from ringleader.cluster.likeness import lines as compared
from ringleader.cluster.shown import MOST_LINES, lines, rounded
from ringleader.cluster.source import Intrusion
from ringleader.compare import Null, Profile, Quick, Trait, benjamini_hochberg
from ringleader.knowledge import Knowledge

ALL = 16
"""Campaigns up to which all pairs are looked at; of more, the pairs that share something rare or a host."""
MOST = 200
"""Pairs that are looked at, the likest first."""

Row = dict[str, Any]


def overlaps(campaigns: Sequence[tuple[str, Intrusion]], rules: Rules, knowledge: Knowledge) -> list[Row]:
    """Rows of the table ``pairs``. Campaigns are given with their ids, each as one profile."""
    null = _null(knowledge)
    hours = [colocation.parsed(one.host_hours) for _, one in campaigns]
    anywhere = [colocation.anywhere(some) for some in hours]
    rows: list[Row] = []
    quick = Quick([one.profile for _, one in campaigns], rules.world, rules.implied, rules.evictions)
    for a, b in _chosen([one for _, one in campaigns], rules):
        (left_id, left), (right_id, right) = sorted((campaigns[a], campaigns[b]), key=lambda pair: pair[0])
        size = min(len(left.profile.traits), len(right.profile.traits))
        one = judged(quick.sums(a, b), size, rules.model)
        said_lines = compared(left, right, rules)
        hosts = colocation.together(hours[a], hours[b])
        timing = colocation.together(anywhere[a], anywhere[b])
        said = rivals.weighed(rivals.evidence(left, right, said_lines, timing, hosts, rules.evictions))
        said["timing_p"], said["timing_z"] = _p(timing), None if timing is None else rounded(timing.z)
        rows.append(
            {
                "owner_kind": "campaign", "left_id": left_id, "right_id": right_id, "log_lr": rounded(one.log_lr),
                "probability": rounded(rules.model.probability(one.log_odds)),
                "p_value": rounded(null.overlap(left.profile, right.profile).p_value), "colocation_p": _p(hosts),
                "contributions": json.dumps(lines(said_lines[:MOST_LINES])),
                "hypotheses": json.dumps(said, sort_keys=True),
            }
        )  # fmt: skip
    for row, q_value in zip(rows, benjamini_hochberg([row["p_value"] for row in rows]).tolist(), strict=True):
        row["q_value"] = rounded(q_value)
    return rows


def _chosen(campaigns: Sequence[Intrusion], rules: Rules) -> list[tuple[int, int]]:
    if len(campaigns) <= ALL:
        return list(combinations(range(len(campaigns)), 2))
    near, _ = candidates(campaigns, rules.world)
    pairs = {(a, b) for a, others in enumerate(near) for b in others}
    by_host: dict[str, list[int]] = {}
    for number, one in enumerate(campaigns):
        for host in {text.rpartition(" ")[0] for text in one.host_hours}:
            by_host.setdefault(host, []).append(number)
    for numbers in by_host.values():
        pairs.update(combinations(numbers[:ALL], 2))
    size = [len(one.profile.traits) for one in campaigns]
    return sorted(sorted(pairs, key=lambda pair: (-min(size[pair[0]], size[pair[1]]), pair))[:MOST])


@lru_cache(maxsize=4)
def _null(knowledge: Knowledge) -> Null:
    """The margins of published groups."""
    traits: dict[str, list[Trait]] = {}
    for relation in knowledge.relations:
        source, target = knowledge.entities.get(relation.source), knowledge.entities.get(relation.target)
        if source is None or target is None or source.kind != "group":
            continue
        if target.kind in ("technique", "software"):
            traits.setdefault(source.id, []).append(Trait(target.kind, target.id))
    distinct = {kind: len(knowledge.of_kind(kind)) for kind in ("technique", "software")}
    return Null.of([Profile.of(name, some) for name, some in sorted(traits.items())], distinct)


def _p(found: Together | None) -> float | None:
    return None if found is None else found.p_value
