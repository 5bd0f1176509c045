"""The stage: traits and intrusions from the store, pairs and campaigns into it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ringleader.case import Config
from ringleader.cluster import background, bridge, identity, source
from ringleader.cluster.bridge import Bridge
from ringleader.cluster.calibration import calibration, probability
from ringleader.cluster.grouping import group
from ringleader.cluster.identity import Change, Earlier
from ringleader.cluster.likeness import Likeness, Pair, Rules
from ringleader.cluster.source import Intrusion
from ringleader.compare import Contribution
from ringleader.engines.progress import Progress, Silent
from ringleader.knowledge import Knowledge
from ringleader.schema import tables
from ringleader.store import Store

MOST_LINES = 40
"""Lines of a comparison that are kept."""
KEPT = 20
"""Pairs of an intrusion that are kept besides those within its campaign: its likest."""
LEAST = 0.01
"""Probability below which a pair is not kept."""


@dataclass
class Summary:
    """``pairs``: pairs of intrusions that were compared. ``single``: campaigns of one intrusion."""

    intrusions: int = 0
    campaigns: int = 0
    single: int = 0
    pairs: int = 0
    changes: list[Change] = field(default_factory=list)


def run(
    store: Store, config: Config | None = None, *, progress: Progress | None = None, knowledge: Knowledge | None = None
) -> Summary:
    """Replace the tables ``pairs`` and ``campaigns``."""
    watcher = progress or Silent()
    known = knowledge or Knowledge.load()
    found = source.intrusions(store)
    model = calibration()
    watcher.begin("Comparing intrusions", None, "pairs")
    world = background.background(found, [store], known)
    evictions = tuple(sorted(one.time for one in config.remediation)) if config else ()
    rules = Rules(world, background.implied(known), model, evictions)
    grouping = group(found, rules, advance=watcher.advance)
    clusters, pairs = grouping.clusters, grouping.pairs
    ids, changes = identity.identified([[found[n] for n in some] for some in clusters], _earlier(store))
    rows = [_campaign(found, some, name, bridge.weakest(some, pairs)) for some, name in zip(clusters, ids, strict=True)]
    kept = _kept(pairs, clusters)
    with store.transaction() as tx:
        tx.drop_table("pairs")
        tx.drop_table("campaigns")
        tx.write("pairs", "cluster", _pairs(found, kept))
        tx.write("campaigns", "cluster", pa.Table.from_pylist(rows, tables.CAMPAIGNS))
    return Summary(len(found), len(clusters), sum(len(some) == 1 for some in clusters), len(pairs), changes)


def _earlier(store: Store) -> list[Earlier]:
    return [
        Earlier(row["campaign_id"], row["name"], frozenset(row["intrusion_ids"] or ()), frozenset(row["anchors"] or ()))
        for row in store.read("campaigns").sort_by("campaign_id").to_pylist()
    ]


def _campaign(
    found: Sequence[Intrusion], members: Sequence[int], name: tuple[str, str], weakest: Bridge | None
) -> dict[str, Any]:
    inside = [found[number] for number in members]
    return {
        "campaign_id": name[0],
        "name": name[1],
        "intrusion_ids": [one.id for one in inside],
        "first_time": min((one.first_time for one in inside if one.first_time), default=None),
        "last_time": max((one.last_time for one in inside if one.last_time), default=None),
        "weakest_bridge": None if weakest is None else json.dumps(_bridge(found, weakest), sort_keys=True),
        "anchors": sorted({one.anchor for one in inside if one.anchor}),
    }


def _bridge(found: Sequence[Intrusion], weakest: Bridge) -> dict[str, Any]:
    said: dict[str, Any] = {
        "left_id": found[weakest.left].id,
        "right_id": found[weakest.right].id,
        "parts": list(weakest.parts),
    }
    if weakest.likeness is not None:
        said["probability"] = _rounded(probability(weakest.likeness.log_odds))
        said["log_odds"] = _rounded(weakest.likeness.log_odds)
        said["because"] = lines(weakest.likeness.lines[:5])
    else:
        said["because"] = [{"kind": "decision", "value": "same", "weight": None, "reason": "an analyst said so"}]
    return said


def _kept(pairs: Mapping[Pair, Likeness], clusters: Iterable[Sequence[int]]) -> list[tuple[Pair, Likeness]]:
    """Of an intrusion's pairs the likest, so that the table grows with the intrusions."""
    count: dict[int, int] = {}
    out = []
    for pair, one in sorted(pairs.items(), key=lambda item: (-item[1].log_odds, item[0])):
        if probability(one.log_odds) < LEAST:
            break
        if min(count.get(pair[0], 0), count.get(pair[1], 0)) < KEPT:
            out.append((pair, one))
            for number in pair:
                count[number] = count.get(number, 0) + 1
    return out


def _pairs(found: Sequence[Intrusion], kept: Iterable[tuple[Pair, Likeness]]) -> pa.Table:
    rows = []
    for pair, one in kept:
        left, right = sorted(found[number].id for number in pair)
        rows.append(
            {
                "owner_kind": "intrusion", "left_id": left, "right_id": right, "log_lr": _rounded(one.log_lr),
                "probability": _rounded(probability(one.log_odds)),
                "contributions": json.dumps(lines(one.lines[:MOST_LINES])),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: (row["left_id"], row["right_id"]))
    return pa.Table.from_pylist(rows, tables.PAIRS)


def lines(some: Iterable[Contribution]) -> list[dict[str, Any]]:
    return [
        {"kind": one.kind, "value": one.value, "weight": _rounded(one.weight), "reason": one.reason} for one in some
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
