"""Intrusions and their events in, traits out: the table ``schema.TRAITS``.

Intrusions are taken a few at a time, so that what is held depends on a bound and not on the evidence. Pure: the same
rows in any order give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.engines import collector
from ringleader.profile import facts
from ringleader.profile.facts import Basis
from ringleader.profile.gather import Gathered, Gatherer, top
from ringleader.profile.kinds import KINDS, Kind, Mark
from ringleader.profile.names import Hostnames
from ringleader.profile.sighting import Context, Fetch, Reader, Sighting, Slots
from ringleader.schema import tables

GROUP = 100_000
"""Findings of the intrusions that are taken together: the events are read once for each group."""
MOST_ROWS = 20_000
MAX_REMEMBERED = 20_000

_ORDER = {basis: place for place, basis in enumerate(facts.grades().content)}

_TIMELESS = [(number, kind) for number, kind in enumerate(KINDS) if kind.timeless]
_OTHERS = [(number, kind) for number, kind in enumerate(KINDS) if not kind.timeless]

Row = dict[str, Any]
Marked = tuple[int, dict[str, Basis]]
"""Number of a kind, and its values with what they rest on."""
Wanted = dict[tuple[str, int], set[int]]
"""By intrusion and number of the kind: hashes of the values that count."""


def profile(
    intrusions: pa.Table, steps: pa.Table, findings: pa.Table, fetch: Fetch, context: Context, hosts: Hostnames
) -> Iterator[pa.RecordBatch]:
    """Tables by their schemas (of ``steps`` intrusion_id and finding_id are needed). ``fetch`` gives stored events."""
    ids = sorted(set(intrusions["intrusion_id"].to_pylist()))
    known = dict(zip(*(intrusions[name].to_pylist() for name in ("intrusion_id", "hosts")), strict=True))
    steps = steps.filter(pc.is_in(steps["intrusion_id"], pa.array(ids, pa.string())))
    sizes = {row["values"]: row["counts"] for row in pc.value_counts(steps["intrusion_id"]).to_pylist()}
    for group in _groups(ids, sizes):
        with collector.paused():
            yield from _group(group, known, steps, findings, fetch, context, hosts)


def _groups(ids: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    total = 0
    for one in ids:
        if group and total + sizes.get(one, 0) > GROUP:
            yield group
            group, total = [], 0
        group.append(one)
        total += sizes.get(one, 0)
    if group:
        yield group


def _group(
    ids: list[str],
    known: Mapping[str, Sequence[str] | None],
    steps: pa.Table,
    findings: pa.Table,
    fetch: Fetch,
    context: Context,
    hosts: Hostnames,
) -> Iterator[pa.RecordBatch]:
    mine = steps.filter(pc.is_in(steps["intrusion_id"], pa.array(ids, pa.string())))
    sightings = _sightings(mine, findings, known, hosts)

    def named(host: str, owner: str) -> str:
        return hosts.name(host, known.get(owner) or ())

    gatherers = _gather(sightings, fetch, context, named, None)
    wanted: Wanted = {}
    for (owner, number), gatherer in gatherers.items():
        if missed := gatherer.missed(KINDS[number].most):
            wanted[owner, number] = missed
    if wanted:  # a flood: its most frequent values are known by now, and are gathered in a second look
        owners = {owner for owner, _ in wanted}
        again = {key: one for key, one in sightings.items() if key[0] in owners}
        second = _gather(again, fetch, context, named, wanted)
        for key in wanted:
            second[key].flooded(gatherers[key].distinct)
            gatherers[key] = second[key]
    rows: list[Row] = []
    for owner in ids:
        for number, kind in enumerate(KINDS):
            if (owner, number) in gatherers:
                rows += _rows(owner, kind, gatherers.pop((owner, number)))
        if len(rows) >= MOST_ROWS:
            yield _batch(rows)
            rows = []
    if rows:
        yield _batch(rows)


def _sightings(
    steps: pa.Table, findings: pa.Table, known: Mapping[str, Sequence[str] | None], hosts: Hostnames
) -> dict[tuple[str, str], Sighting]:
    """By intrusion and event. A finding without an event is one by itself."""
    owners: dict[str, list[str]] = {}
    for owner, finding in zip(steps["intrusion_id"].to_pylist(), steps["finding_id"].to_pylist(), strict=True):
        owners.setdefault(finding, []).append(owner)
    some = findings.filter(pc.is_in(findings["finding_id"], pa.array(list(owners), pa.string())))
    columns = ["finding_id", "event_id", "event_ids", "techniques", "tactics", "software", "kind", "host", "account"]
    times = pc.cast(some["time"], pa.int64()).to_pylist()
    sets: dict[tuple[str, ...], frozenset[str]] = {}

    def interned(values: list[str] | None) -> frozenset[str]:
        key = tuple(values or ())
        return sets.setdefault(key, frozenset(key))

    out: dict[tuple[str, str], Sighting] = {}
    for time, finding, event, others, techniques, tactics, software, kind, host, account in zip(
        times, *(some[name].to_pylist() for name in columns), strict=True
    ):
        for owner in owners[finding]:
            key = (owner, event or f"finding {finding}")
            named = hosts.name(host or "", known.get(owner) or ())
            one = Sighting(
                event or "", time, kind or "", named, account or "", (finding,),
                interned(techniques), interned(tactics), interned(software),
            )  # fmt: skip
            before = out.get(key)
            out[key] = one if before is None else _joined(before, one)
            for other in others or ():
                if other != event:
                    # Of these the finding knows nothing more: another host, another account, perhaps.
                    bare = Sighting(other, time, kind or "", "", "", (finding,))
                    there = out.get((owner, other))
                    out[owner, other] = bare if there is None else _joined(there, bare)
    return out


def _joined(a: Sighting, b: Sighting) -> Sighting:
    """The same event seen by two findings. Kind and time are the event's own, which is read later."""
    return replace(
        a,
        host=max(a.host, b.host),
        account=max(a.account, b.account),
        findings=tuple(sorted({*a.findings, *b.findings})),
        techniques=a.techniques | b.techniques,
        tactics=a.tactics | b.tactics,
        software=a.software | b.software,
    )


def _gather(
    sightings: Mapping[tuple[str, str], Sighting],
    fetch: Fetch,
    context: Context,
    named: Callable[[str, str], str],
    wanted: Wanted | None,
) -> dict[tuple[str, int], Gatherer]:
    """``named``: what the host of an event is called in an intrusion."""
    found: dict[tuple[str, int], Gatherer] = {}
    by_event: dict[str, list[tuple[str, str]]] = {}
    for key, one in sightings.items():
        if one.event_id:
            by_event.setdefault(one.event_id, []).append(key)
    marks = _Marks(context)
    reader = Reader()

    def take(owner: str, one: Sighting) -> None:
        for number, some in marks.of(one):
            if wanted is None or (owner, number) in wanted:
                gatherer = found.get((owner, number))
                if gatherer is None:
                    gatherer = found[owner, number] = Gatherer(None if wanted is None else wanted[owner, number])
                for value, basis in some.items():
                    gatherer.add(value, one, basis)

    for table in fetch(pa.array(sorted(by_event), pa.string())):
        kinds, places = (pc.cast(table[name], pa.string()).to_pylist() for name in ("kind", "host"))
        times = pc.cast(table["time"], pa.int64()).to_pylist()
        for (event_id, slots), kind, time, host in zip(reader.rows(table), kinds, times, places, strict=True):
            for key in by_event.pop(event_id, ()):  # each event once, should two files have it
                one = sightings[key]
                where = named(host, key[0]) if host else one.host
                take(key[0], replace(one, slots=slots, kind=kind or "", time=time, host=where))
    for key, one in sightings.items():
        if (
            not one.event_id or one.event_id in by_event
        ):  # its event is not in the store: what the finding says is still known
            take(key[0], one)
    return found


class _Marks:
    """What each kind says of a sighting, by number of the kind. Slots that are the same object are looked at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memo: dict[int, tuple[Slots, list[Marked]]] = {}

    def of(self, one: Sighting) -> Iterator[Marked]:
        slots = one.slots
        if slots:
            known = self._memo.get(id(slots))
            if known is None or known[0] is not slots:
                if len(self._memo) >= MAX_REMEMBERED:
                    self._memo.clear()
                known = self._memo[id(slots)] = (slots, list(self._marks(_TIMELESS, one)))
            yield from known[1]
        yield from self._marks(_OTHERS, one)

    def _marks(self, some: Sequence[tuple[int, Kind]], one: Sighting) -> Iterator[Marked]:
        for number, kind in some:
            found: dict[str, Basis] = {}
            for mark in kind.of(one, self._context):
                _keep(found, mark)
            if found:
                yield number, found


def _keep(found: dict[str, Basis], mark: Mark) -> None:
    """Of two reasons for one value the better one, by the order in which grades.yml has them."""
    if mark.value and (mark.value not in found or _ORDER[mark.basis] < _ORDER[found[mark.value]]):
        found[mark.value] = mark.basis


def _rows(owner: str, kind: Kind, gatherer: Gatherer) -> Iterator[Row]:
    whole = kind.whole(gatherer.found)
    kept = top(whole, kind.most)
    distinct = gatherer.distinct if len(whole) == len(gatherer.found) else len(whole)
    for value, one in kept.items():
        yield _row(owner, kind, value, one, distinct - len(kept))


def _row(owner: str, kind: Kind, value: str, one: Gathered, left_out: int) -> Row:
    return {
        "owner_kind": "intrusion",
        "owner_id": owner,
        "kind": kind.name,
        "value": value,
        "grade": one.grade,
        "basis": one.basis,
        "first_time": one.first,
        "last_time": one.last,
        "count": one.count,
        "hosts": one.where(),
        "findings": [name for _, name in one.behind()],
        "left_out": left_out,
        "detail": one.detail,
    }


def _batch(rows: list[Row]) -> pa.RecordBatch:
    arrays = []
    for field in tables.TRAITS:
        values = [row[field.name] for row in rows]
        if pa.types.is_dictionary(field.type):
            arrays.append(pa.array(values, field.type.value_type).dictionary_encode().cast(field.type))
        elif field.name == "value":  # half surrogates are no text to Arrow
            plain = [value.encode("utf-8", "backslashreplace").decode() for value in values]
            arrays.append(pa.array(plain, field.type))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=tables.TRAITS)
