"""Which campaign is which: ids that stay while a campaign grows, names made from them, and what changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from ringleader.cluster.source import Intrusion


@dataclass(frozen=True, slots=True)
class Earlier:
    """A campaign of an earlier run. ``anchors`` are the earliest findings of its intrusions."""

    id: str
    name: str
    intrusions: frozenset[str]
    anchors: frozenset[str]

    def holds(self, one: Intrusion) -> bool:
        return one.id in self.intrusions or not self.anchors.isdisjoint(one.findings)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of ``campaign_id`` since the last run. ``others`` are ids of campaigns: those that were bridged, or
    those into which it fell apart."""

    what: Literal["joins", "founds", "bridges", "splits"]
    campaign_id: str
    intrusions: tuple[str, ...]
    others: tuple[str, ...] = ()


def identified(
    clusters: Sequence[Sequence[Intrusion]], earlier: Sequence[Earlier]
) -> tuple[list[tuple[str, str]], list[Change]]:
    """(id, name) of each cluster, and what changed. A cluster keeps the id of the earlier campaign of which it holds
    the most intrusions, and each id goes once; a new one is made from the cluster's earliest finding. No changes are
    told of a first run."""
    by_anchor = {anchor: number for number, one in enumerate(earlier) for anchor in one.anchors}
    by_id = {name: number for number, one in enumerate(earlier) for name in one.intrusions}
    before: list[dict[int, int]] = []
    fresh: list[list[str]] = []
    for cluster in clusters:
        counts: dict[int, int] = {}
        new = []
        for one in cluster:
            olds = {by_id[one.id]} if one.id in by_id else {by_anchor[f] for f in one.findings & by_anchor.keys()}
            for old in olds:
                counts[old] = counts.get(old, 0) + 1
            if not olds:
                new.append(one.id)
        before.append(counts)
        fresh.append(new)
    claims = sorted(
        (
            (-count, earlier[old].id, number, old)
            for number, counts in enumerate(before)
            for old, count in counts.items()
        ),
    )
    kept: dict[int, int] = {}
    for _, _, number, old in claims:
        if number not in kept and old not in kept.values():
            kept[number] = old
    taken_ids = {earlier[old].id for old in kept.values()}
    taken_names = {earlier[old].name for old in kept.values()}
    out: list[tuple[str, str]] = []
    for number, cluster in enumerate(clusters):
        if number in kept:
            out.append((earlier[kept[number]].id, earlier[kept[number]].name))
            continue
        identity = _identity(cluster, taken_ids)
        taken_ids.add(identity)
        name = named(identity, taken_names)
        taken_names.add(name)
        out.append((identity, name))
    return out, _changes(out, before, fresh, earlier) if earlier else []


def _changes(
    ids: Sequence[tuple[str, str]],
    before: Sequence[Mapping[int, int]],
    fresh: Sequence[Sequence[str]],
    earlier: Sequence[Earlier],
) -> list[Change]:
    found: list[Change] = []
    parts: dict[int, list[str]] = {}
    for (identity, _), olds, new in zip(ids, before, fresh, strict=True):
        for old in olds:
            parts.setdefault(old, []).append(identity)
        if len(olds) > 1:
            others = tuple(sorted(earlier[old].id for old in olds))
            found.append(Change("bridges", identity, tuple(new), others))
        elif new:
            found.append(Change("joins" if olds else "founds", identity, tuple(new)))
    for old, into in sorted(parts.items()):
        if len(into) > 1:
            found.append(Change("splits", earlier[old].id, (), tuple(into)))
    return found


def _identity(cluster: Sequence[Intrusion], taken: Iterable[str]) -> str:
    """From the earliest finding of the earliest intrusion, which stays what it is while the campaign grows."""
    first = cluster[0].anchor or cluster[0].id
    identity = hashlib.sha256(f"campaign\n{first}".encode()).hexdigest()[:16]
    if identity in taken:  # an earlier campaign that fell apart keeps it
        identity = hashlib.sha256(f"campaign\n{first}\n{cluster[0].id}".encode()).hexdigest()[:16]
    return identity


def named(identity: str, taken: Iterable[str] = ()) -> str:
    """
    >>> named("00000000000000ff")
    'bright wheel'
    """
    words = _words()
    number = int(identity, 16)
    first, second = words["first"], words["second"]
    name = f"{first[number // len(second) % len(first)]} {second[number % len(second)]}"
    return name if name not in set(taken) else f"{name} {identity[:4]}"


@cache
def _words() -> dict[str, list[str]]:
    read: Any = yaml.safe_load((files(__package__) / "names.yml").read_text(encoding="utf-8"))
    return {key: list(map(str, read[key])) for key in ("first", "second")}
