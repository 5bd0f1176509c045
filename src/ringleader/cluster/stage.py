"""The stage: traits and intrusions from one store or several, pairs and campaigns into the first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import pyarrow as pa

from ringleader.case import Config
from ringleader.cluster import background, bridge, decision, identity, likeness, profiles, source
from ringleader.cluster.bridge import Bridge
from ringleader.cluster.calibration import calibration
from ringleader.cluster.grouping import group, together
from ringleader.cluster.identity import Change, Earlier
from ringleader.cluster.likeness import Likeness, Pair, Rules
from ringleader.cluster.overlap import overlaps
from ringleader.cluster.shown import MOST_LINES, lines, rounded
from ringleader.cluster.source import Intrusion
from ringleader.engines.progress import Progress, Silent
from ringleader.errors import UsageError
from ringleader.knowledge import Knowledge
from ringleader.schema import tables
from ringleader.schema.profiles import Profiles
from ringleader.store import Store

KEPT, FEW, MANY = 20, 3, 1_000
"""Pairs of an intrusion that are kept, its likest; of more than MANY intrusions only a FEW each."""
LEAST = 0.01
"""Probability below which a pair of intrusions is not kept."""


@dataclass(frozen=True)
class Other:
    """What is compared with the case: another case's store, or profiles that were shared. ``name`` is put before its
    ids."""

    name: str
    store: Store | None = None
    shared: Profiles | None = None
    evictions: tuple[datetime, ...] = ()


@dataclass
class Summary:
    """``pairs``: of intrusions, that were compared. ``single``: campaigns of one intrusion. ``notes``: decisions that
    could not be obeyed, and what is missing."""

    intrusions: int = 0
    campaigns: int = 0
    single: int = 0
    pairs: int = 0
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run(
    store: Store,
    config: Config | None = None,
    *,
    others: Sequence[Other] = (),
    out: Store | None = None,
    progress: Progress | None = None,
    knowledge: Knowledge | None = None,
    key: bytes | None = None,
) -> Summary:
    """Replace the tables ``pairs`` and ``campaigns`` of ``store``, or of ``out`` where it is given. Decisions are those
    of the store that is written to. ``key``: the group's, for profiles whose values are hashed."""
    watcher = progress or Silent()
    known = knowledge or _built_in()
    target = out or store
    found = _found(store, others, known, key)
    model = calibration()
    watcher.begin("Comparing intrusions", None, "pairs")
    stores = [store, *(other.store for other in others if other.store is not None)]
    rules = Rules(
        background.background(found, stores, known), background.implied(known), model, _evictions(config, others)
    )
    decided = decision.constraints(decision.read(target), found)
    grouping = group(found, rules, same=decided.same, different=decided.different, advance=watcher.advance)
    clusters = grouping.clusters
    ids, changes = identity.identified([[found[n] for n in some] for some in clusters], _earlier(target))
    inner = _inner(grouping.compared.pairs, clusters)
    rows = [
        _campaign(found, some, name, bridge.weakest(some, inner[number], decided.same), rules)
        for number, (some, name) in enumerate(zip(clusters, ids, strict=True))
    ]
    whole = [(name, together([found[n] for n in some])) for some, (name, _) in zip(clusters, ids, strict=True)]
    watcher.begin("Comparing campaigns", None, "pairs")
    pairs = [*_pairs(found, grouping.compared.pairs, rules), *overlaps(whole, rules, known)]
    with target.transaction() as tx:
        tx.drop_table("pairs")
        tx.drop_table("campaigns")
        tx.write("pairs", "cluster", pa.Table.from_pylist(pairs, tables.PAIRS))
        tx.write("campaigns", "cluster", pa.Table.from_pylist(rows, tables.CAMPAIGNS))
    single = sum(len(some) == 1 for some in clusters)
    notes = [*decided.notes, *_remarks(others, key)]
    if found and not any(one.profile.traits for one in found):
        notes.append("no intrusion has a trait to compare: run ringleader profile first")
    return Summary(len(found), len(clusters), single, grouping.compared.looked_at, changes, notes)


@cache
def _built_in() -> Knowledge:
    return Knowledge.load()


def _inner(pairs: Mapping[Pair, Likeness], clusters: Sequence[Sequence[int]]) -> list[dict[Pair, Likeness]]:
    """For each cluster the pairs within it."""
    place = {member: number for number, some in enumerate(clusters) for member in some}
    found: list[dict[Pair, Likeness]] = [{} for _ in clusters]
    for (a, b), one in pairs.items():
        if place[a] == place[b]:
            found[place[a]][a, b] = one
    return found


def _found(store: Store, others: Sequence[Other], known: Knowledge, key: bytes | None) -> list[Intrusion]:
    _remarks(others, key)
    every = source.intrusions(store)
    # Those whose values are in the clear come first: they tell what the hashes of the rest mean.
    for other in sorted(others, key=lambda one: one.shared is not None and one.shared.hashed):
        if other.store is not None:
            every += source.intrusions(other.store, other.name)
        elif other.shared is not None:
            clear = profiles.clear(key, every, known) if key and other.shared.hashed else None
            every += profiles.intrusions(other.shared, other.name, clear)
    if len({one.id for one in every}) < len(every):
        raise UsageError("the same case or file was named twice", hint="name each once")
    return sorted(every, key=source.order)


def _remarks(others: Iterable[Other], key: bytes | None) -> list[str]:
    """Raises ``UsageError`` for profiles that were hashed with another key."""
    said = (profiles.check(other.shared, other.name, key) for other in others if other.shared is not None)
    return [one for one in said if one]


def _evictions(config: Config | None, others: Iterable[Other]) -> tuple[datetime, ...]:
    own = [one.time for one in config.remediation] if config else []
    return tuple(sorted({*own, *(time for other in others for time in other.evictions)}))


def _earlier(store: Store) -> list[Earlier]:
    return [
        Earlier(row["campaign_id"], row["name"], frozenset(row["intrusion_ids"] or ()), frozenset(row["anchors"] or ()))
        for row in store.read("campaigns").sort_by("campaign_id").to_pylist()
    ]


def _campaign(
    found: Sequence[Intrusion], members: Sequence[int], name: tuple[str, str], weakest: Bridge | None, rules: Rules
) -> dict[str, Any]:
    inside = [found[number] for number in members]
    return {
        "campaign_id": name[0],
        "name": name[1],
        "intrusion_ids": [one.id for one in inside],
        "first_time": min((one.first_time for one in inside if one.first_time), default=None),
        "last_time": max((one.last_time for one in inside if one.last_time), default=None),
        "weakest_bridge": None if weakest is None else json.dumps(_bridge(found, weakest, rules), sort_keys=True),
        "anchors": sorted({one.anchor for one in inside if one.anchor}),
    }


def _bridge(found: Sequence[Intrusion], weakest: Bridge, rules: Rules) -> dict[str, Any]:
    said: dict[str, Any] = {
        "left_id": found[weakest.left].id,
        "right_id": found[weakest.right].id,
        "parts": list(weakest.parts),
        "joined_by": weakest.by,
    }
    if weakest.likeness is not None:
        said["probability"] = rounded(rules.model.probability(weakest.likeness.log_odds))
        said["log_odds"] = rounded(weakest.likeness.log_odds)
        said["because"] = lines(likeness.lines(found[weakest.left], found[weakest.right], rules)[:5])
    return said


def _pairs(found: Sequence[Intrusion], pairs: Mapping[Pair, Likeness], rules: Rules) -> list[dict[str, Any]]:
    """Rows for an intrusion's likest pairs, so that the table grows with the intrusions."""
    kept = KEPT if len(found) <= MANY else FEW
    count: dict[int, int] = {}
    rows = []
    for pair, one in sorted(pairs.items(), key=lambda item: (-item[1].log_odds, item[0])):
        if rules.model.probability(one.log_odds) < LEAST:
            break
        if min(count.get(pair[0], 0), count.get(pair[1], 0)) >= kept:
            continue
        for number in pair:
            count[number] = count.get(number, 0) + 1
        left, right = sorted(found[number].id for number in pair)
        rows.append(
            {
                "owner_kind": "intrusion", "left_id": left, "right_id": right, "log_lr": rounded(one.log_lr),
                "probability": rounded(rules.model.probability(one.log_odds)),
                "contributions": json.dumps(lines(likeness.lines(found[pair[0]], found[pair[1]], rules)[:MOST_LINES])),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row["left_id"], row["right_id"]))
