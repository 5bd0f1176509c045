"""The stage: findings and the events around them from the store, intrusions and steps into it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.engines.progress import Progress, Silent
from ringleader.link import kernel
from ringleader.link.entities import Vocabulary, vocabulary
from ringleader.schema import kind as kinds
from ringleader.store import Store
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import column_name, field_name

FIXED = ["event_id", "kind", "time", "host"]
MAX_CONTEXT = 1_000_000
"""Events around the findings that are held in memory."""


@dataclass
class Summary:
    """``leads``: findings that are part of no intrusion. ``context``: events looked at around the findings.
    ``complete``: false when there were more of them than are held."""

    findings: int = 0
    intrusions: int = 0
    leads: int = 0
    context: int = 0
    complete: bool = True


def run(store: Store, *, progress: Progress | None = None) -> Summary:
    """Link all findings of the store and replace the tables ``intrusions`` and ``steps``."""
    watcher = progress or Silent()
    words = vocabulary()
    findings = store.read("findings")
    watcher.begin("Linking findings", findings.num_rows, "findings")
    summary = Summary(findings=findings.num_rows)
    intrusions, steps = kernel.link(findings, around(store, findings, words, summary), words)
    with store.transaction() as tx:
        tx.drop_table("intrusions")
        tx.drop_table("steps")
        tx.write("intrusions", "link", intrusions)
        tx.write("steps", "link", steps)
    watcher.advance(findings.num_rows)
    summary.intrusions = intrusions.num_rows
    summary.leads = findings.num_rows - steps.num_rows
    return summary


def around(store: Store, findings: pa.Table, words: Vocabulary, summary: Summary) -> Iterator[pa.Table]:
    """The findings' own events, all others that start processes or connect, and of those that only tell addresses or
    what is common one for each day."""
    wanted = pa.array(sorted(set(findings["event_id"].to_pylist()) - {None}), pa.string())
    own_kinds = set(findings["kind"].to_pylist())
    around = [*words.starts(), *words.connectors()]
    for entry in store.entries("events"):
        held = kinds_in(entry)
        context = [prefix for prefix in around if any(kinds.covers(prefix, kind) for kind in held)]
        tells = [p for p in {*words.addresses, *words.marks} if any(kinds.covers(p, kind) for kind in held)]
        tells.sort()
        asked = {k for k in held if k in own_kinds or any(kinds.covers(p, k) for p in (*context, *tells))}
        if not asked:
            continue
        columns = _columns(words, asked)
        for batch in store.batches_of(entry, [*FIXED, "rest", *map(column_name, columns)]):
            table = pa.Table.from_batches([batch])
            mine = pc.is_in(table["event_id"], wanted)
            mask = mine
            if context and summary.context < MAX_CONTEXT:
                mask = pc.or_(mask, _covered(table, context))
            elif context:
                summary.complete = False
            if tells:
                mask = pc.or_(mask, _covered(table, tells))
            chosen = _plain(table.filter(pc.fill_null(mask, False)), columns)
            if tells:
                chosen = _distinct(chosen, wanted, words, tells, context)
            summary.context += chosen.num_rows
            if chosen.num_rows:
                yield chosen


def _columns(words: Vocabulary, names: Collection[str]) -> list[str]:
    return sorted({column for name in names for column in words.columns(name or "")})


def _covered(table: pa.Table, prefixes: Collection[str]) -> pa.ChunkedArray:
    """Rows whose kind is one of ``prefixes`` or below."""
    distinct = [k for k in pc.unique(table["kind"]).to_pylist() if k and any(kinds.covers(p, k) for p in prefixes)]
    return pc.is_in(pc.cast(table["kind"], pa.string()), pa.array(distinct, pa.string()))


def _plain(table: pa.Table, columns: list[str]) -> pa.Table:
    """The wanted fields under their own names, those kept in ``rest`` too."""
    out = {name: table[name] for name in FIXED}
    for column in table.column_names:
        if column not in FIXED and column != "rest":
            out[field_name(column)] = pc.cast(table[column], pa.string())
    rest = table["rest"].to_pylist() if "rest" in table.column_names else []
    if any(rest):
        kept = [dict(pairs or ()) for pairs in rest]
        for name in columns:
            values = [row.get(column_name(name)) for row in kept]
            if any(values):
                texts = pa.array([_text(value) for value in values], pa.string())
                out[name] = pc.coalesce(out[name], texts) if name in out else texts
    return pa.table(out)


def _text(value: str | None) -> str | None:
    """A JSON string as its text. Lists, null and what is no text join nothing."""
    found = orjson.loads(value) if value else None
    return found if isinstance(found, str) else None


def _distinct(table: pa.Table, own: pa.Array, words: Vocabulary, tells: list[str], context: list[str]) -> pa.Table:
    """Of the events that are only asked for addresses and marks, one for each host, day and value."""
    told = pc.and_(_covered(table, tells), pc.invert(pc.is_in(table["event_id"], own)))
    if context:
        told = pc.and_(told, pc.invert(_covered(table, context)))
    rest, some = table.filter(pc.invert(told)), table.filter(told)
    if not some.num_rows:
        return rest
    for name in ("kind", "host"):
        some = some.set_column(some.column_names.index(name), name, pc.cast(some[name], pa.string()))
    some = some.append_column("day", pc.floor_temporal(some["time"], unit="day"))
    parts = []
    for names in sorted(_told(words, tells)):
        by = [name for name in names if name in some.column_names]
        there = some.filter(pc.invert(pc.is_null(some[by[0]]))) if by else some.slice(0, 0)
        if there.num_rows:
            flat = there.select(["event_id", "time", "kind", "host", "day", *by]).group_by(["kind", "host", "day", *by])
            found = flat.aggregate([("event_id", "min"), ("time", "min")]).drop_columns(["day"])
            parts.append(found.rename_columns([name.removesuffix("_min") for name in found.column_names]))
    plain = pa.schema(
        [pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in rest.schema]
    )
    return pa.concat_tables([rest.cast(plain), *parts], promote_options="permissive")


def _told(words: Vocabulary, tells: list[str]) -> set[tuple[str, ...]]:
    """The sets of fields that are asked for together: of an address with its condition, of a mark."""
    out: set[tuple[str, ...]] = set()
    for prefix in tells:
        out.update((one.asks()[0], *sorted(one.asks()[1:])) for one in words.addresses.get(prefix, ()))
        for field in words.marks.get(prefix, ()):
            names = [name for names, _ in field.parts for name in ([names] if isinstance(names, str) else names)]
            if "account" not in names:
                alternatives = [names] if len(field.parts) > 1 else [[name] for name in names]
                out.update(tuple(name for name in some if name != "host") for some in alternatives)
    return out - {()}
