"""Which traits tell a campaign from the operator's everyday: each value is sought again in all stored events, and what
no intrusion explains is counted.

Events are read once, a batch at a time, with their columns as dictionaries: each distinct value is looked at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from ringleader.case import Config
from ringleader.export.subject import Intrusion, Material
from ringleader.schema import host
from ringleader.store import Store

SLACK = timedelta(hours=1)
"""An intrusion explains what happens on its hosts, from this long before its first finding to this long after
its last."""
GIVE_UP = 1000
"""Matches outside after which a value is no longer counted: it is everyday."""

Key = tuple[str, str]
"""Kind and value of a trait."""


@dataclass(frozen=True, slots=True)
class Place:
    """Events in which a kind of trait can be found. ``sigma``, ``where`` and ``ask`` are those of watch.yml."""

    trait: str
    number: int
    fields: Mapping[str, Sequence[str]]
    sigma: Mapping[str, str] | None
    where: Mapping[str, Any]
    ask: str


@dataclass(slots=True)
class Count:
    """Events with a value: ``inside`` are explained by an intrusion that has it, ``outside`` are not, on that many
    ``hosts``. ``places`` has inside and outside by the place's number. ``intrusions`` have the trait."""

    inside: int = 0
    outside: int = 0
    intrusions: int = 0
    hosts: set[str] = field(default_factory=set)
    places: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Values of one kind that are counted together, each event once: those of a rule, or a single one. ``place``: count
    only there."""

    kind: str
    values: frozenset[str]
    intrusions: tuple[Intrusion, ...]
    place: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """``looked_at``: events in which each kind of trait was sought, by kind, and by kind and place."""

    counts: Mapping[Key, Count]
    looked_at: Mapping[str | tuple[str, int], int]

    def of(self, kind: str, value: str) -> Count | None:
        """None for a kind of trait that cannot be sought."""
        return self.counts.get((kind, value))


@lru_cache(maxsize=1)
def places() -> dict[str, tuple[Place, ...]]:
    """By kind of trait."""
    loaded = yaml.safe_load((files(__package__) / "watch.yml").read_text(encoding="utf-8"))
    return {
        trait: tuple(
            Place(trait, number, one["fields"], one.get("sigma"), one.get("where", {}), one.get("ask", ""))
            for number, one in enumerate(entry["places"])
        )
        for trait, entry in loaded.items()
    }


@lru_cache(maxsize=1)
def _how() -> dict[str, Callable[[str], Iterator[str]]]:
    loaded = yaml.safe_load((files(__package__) / "watch.yml").read_text(encoding="utf-8"))
    return {trait: _READINGS[entry["how"]] for trait, entry in loaded.items()}


def count(store: Store, material: Material, config: Config) -> History:
    """Seek every trait of every subject that can be sought. An event is inside where a finding of an intrusion with
    the trait is made of it, or where it lies on that intrusion's hosts within its time."""
    by_id = {intrusion.id: intrusion for intrusion in material.intrusions}
    owners: dict[Key, set[str]] = defaultdict(set)
    for subject in material.subjects:
        for key, trait in subject.traits.items():
            if key[0] in places():
                owners[key] |= trait.intrusions & by_id.keys()
    groups = [
        Group(kind, frozenset([value]), tuple(by_id[i] for i in sorted(mine)))
        for (kind, value), mine in sorted(owners.items())
    ]
    counts, looked_at = seek(store, groups, config)
    return History(
        {(group.kind, value): count for group, count in zip(groups, counts, strict=True) for value in group.values},
        looked_at,
    )


def seek(store: Store, groups: Sequence[Group], config: Config) -> tuple[list[Count], dict[str | tuple[str, int], int]]:
    """What each group matches, and how many events of each kind and place were looked at: one reading of the events
    for all groups."""
    sought = _Sought(groups, _own_events(store), _names(config))
    looked_at: dict[str | tuple[str, int], int] = defaultdict(int)
    for event_kind, asked in sorted(_by_event_kind().items()):
        mine = [(place, name) for place, name in asked if place.trait in sought.kinds]
        if not mine:
            continue
        columns = ["event_id", "time", "host", *sorted({name for _, name in mine})]
        for batch in store.batches("events", columns, kind_prefix=event_kind, dictionary=True):
            for kind, number in {(place.trait, place.number) for place, _ in mine}:
                looked_at[kind] += len(batch)
                looked_at[kind, number] += len(batch)
            sought.look(batch, mine)
    return sought.counts, looked_at


class _Sought:
    def __init__(self, groups: Sequence[Group], own: Mapping[str, list[str]], names: Mapping[str, str]) -> None:
        self.counts = [Count(intrusions=len(group.intrusions)) for group in groups]
        self.kinds = {group.kind for group in groups}
        self._groups, self._own, self._names = groups, own, names
        self._by_value: dict[Key, list[int]] = defaultdict(list)
        for number, group in enumerate(groups):
            for value in group.values:
                self._by_value[group.kind, value].append(number)
        self._windows: dict[int, tuple[list[_Window], pa.Array]] = {}

    def look(self, batch: pa.RecordBatch, asked: Sequence[tuple[Place, str]]) -> None:
        found: dict[tuple[int, int], list[Any]] = defaultdict(list)
        known = set(batch.schema.names)
        for place, name in asked:
            if name not in known:
                continue
            codes, texts = _encoded(batch[name])
            reading = _how()[place.trait]
            hits: dict[int, set[int]] = defaultdict(set)
            for code, text in enumerate(texts):
                for value in reading(text) if text else ():
                    for number in self._by_value.get((place.trait, value), ()):
                        hits[number].add(code)
            for number, some in hits.items():
                only = self._groups[number].place
                if only in (None, place.number) and self.counts[number].outside <= GIVE_UP:
                    found[number, place.number].append(np.flatnonzero(np.isin(codes, list(some))))
        if not found:
            return
        hosts, host_names = _encoded(batch["host"])
        labels = [label(name, self._names) for name in host_names]
        times = _column(batch, "time").cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(-1).to_numpy()
        for (number, place_number), parts in found.items():
            rows = np.unique(np.concatenate(parts))
            outside = self._outside(number, rows, batch, hosts, labels, times)
            count = self.counts[number]
            count.inside += len(rows) - len(outside)
            count.outside += len(outside)
            count.places[place_number][0] += len(rows) - len(outside)
            count.places[place_number][1] += len(outside)
            if len(count.hosts) < GIVE_UP:
                count.hosts.update(labels[code] if code >= 0 else "" for code in np.unique(hosts[outside]).tolist())

    def _outside(self, number: int, rows: Any, batch: pa.RecordBatch, hosts: Any, labels: list[str], times: Any) -> Any:
        windows, own = self._of(number)
        left = np.ones(len(rows), bool)
        row_hosts, row_times = hosts[rows], times[rows]
        for window in windows:
            on = np.array([*(name in window.hosts for name in labels), True])[row_hosts]  # -1, no host, is the last
            left &= ~(on & (row_times >= window.first) & (row_times <= window.last))
        rest = rows[left]
        if len(rest):
            ids = _column(batch, "event_id").take(pa.array(rest)).cast(pa.string())
            rest = rest[~pc.is_in(ids, value_set=own).to_numpy(zero_copy_only=False)]
        return rest

    def _of(self, number: int) -> tuple[list[_Window], pa.Array]:
        if number not in self._windows:
            mine = self._groups[number].intrusions
            events = [event for intrusion in mine for event in self._own.get(intrusion.id, ())]
            self._windows[number] = (
                [window for intrusion in mine if (window := _Window.of(intrusion, self._names))],
                pa.array(events, pa.string()),
            )
        return self._windows[number]


@dataclass(frozen=True, slots=True)
class _Window:
    hosts: frozenset[str]
    first: int
    last: int

    @classmethod
    def of(cls, intrusion: Intrusion, names: Mapping[str, str]) -> _Window | None:
        if intrusion.first is None or intrusion.last is None:
            return None
        hosts = frozenset(label(name, names) for name in intrusion.hosts)
        return cls(hosts, _microseconds(intrusion.first - SLACK), _microseconds(intrusion.last + SLACK))


def label(name: str | None, names: Mapping[str, str]) -> str:
    """One name for a host, whether it is called by its short name, its full one or an alias."""
    normal = host.normal(name) or ""
    return names.get(normal) or host.short(normal)


def _names(config: Config) -> dict[str, str]:
    found = {}
    for asset in config.asset:
        told = host.short(host.normal(asset.host) or "")
        for alias in (asset.host, *asset.aliases):
            found[host.normal(alias) or ""] = told
    return found


def _own_events(store: Store) -> dict[str, list[str]]:
    """The events of each intrusion's findings."""
    steps = store.read("steps", ["intrusion_id", "finding_id"])
    members, owners = steps["finding_id"], steps["intrusion_id"].cast(pa.string())
    found: dict[str, list[str]] = defaultdict(list)
    for batch in store.batches("findings", ["finding_id", "event_id", "event_ids"]):
        places = pc.index_in(batch["finding_id"], value_set=members.combine_chunks())
        some = batch.filter(places.is_valid())
        names = owners.take(places.drop_null()).to_pylist()
        for row, intrusion in zip(some.to_pylist(), names, strict=True):
            found[intrusion] += [row["event_id"], *(row["event_ids"] or ())]
    return found


@lru_cache(maxsize=1)
def _by_event_kind() -> dict[str, list[tuple[Place, str]]]:
    found: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    for some in places().values():
        for place in some:
            for event_kind, names in place.fields.items():
                found[event_kind] += [(place, name) for name in names]
    return found


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch[name]
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _encoded(column: pa.Array) -> tuple[Any, list[str]]:
    """Codes, -1 for null, and the distinct texts."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, column.dictionary.cast(pa.string()).to_pylist()


def _microseconds(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)


# How the text of a field becomes the value of a trait, as `ringleader profile` writes it.

_HASH = re.compile(r"(?:(MD5|SHA1|SHA256|IMPHASH)=)?\b([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b", re.IGNORECASE)
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}
_HOME = re.compile(r"^([a-z]:\\(?:users|documents and settings)\\|\\home\\)(?!public\\)[^\\]+")


def _hash(text: str) -> Iterator[str]:
    for found in _HASH.finditer(text):
        yield f"{(found[1] or _BY_LENGTH[len(found[2])]).lower()}:{found[2].lower()}"


def _path(text: str) -> Iterator[str]:
    plain = text.strip("\"' ").lower().replace("/", "\\")
    for prefix in ("\\??\\", "\\\\.\\"):
        plain = plain.removeprefix(prefix)
    yield _HOME.sub(r"\1*", plain)[:300]


def _name(text: str) -> Iterator[str]:
    yield text.strip().lower()


def _task(text: str) -> Iterator[str]:
    yield text.strip().lstrip("\\").lower()


def _agent(text: str) -> Iterator[str]:
    yield (text if " " in text else text.replace("+", " ")).strip()[:300]


def _domain(text: str) -> Iterator[str]:
    yield text.partition(":")[0].strip().rstrip(".").lower()


def _address(text: str) -> Iterator[str]:
    plain = text.strip().removeprefix("::ffff:")
    yield plain.partition(":")[0] if plain.count(":") == 1 else plain.partition("%")[0].lower()


_READINGS: dict[str, Callable[[str], Iterator[str]]] = {
    "hash": _hash,
    "path": _path,
    "name": _name,
    "task": _task,
    "pipe": _task,
    "agent": _agent,
    "domain": _domain,
    "address": _address,
}
