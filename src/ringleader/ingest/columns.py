"""From decoded events to one Arrow table per kind: the fixed columns of ``schema.tables.EVENTS``, then the source's
own.

This is the hot path of ingest. Events of one kind are handed to Arrow as a whole: its conversion from dictionaries to
a struct of strings costs a fraction of what a loop over values would. It refuses anything that is no string, which is
how odd values are noticed; fields that had them are then converted one by one. Explicit nulls are noticed by
counting: the keys of all events must equal the cells stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.schema import tables, value
from ringleader.schema.batch import Batch, Event
from ringleader.store.layout import MIXED, column_name

BUDGET = 300
"""Columns of the source's own fields in one file; the most frequent win, by name where they are even."""

KINDS = 2000
"""Kinds that get files of their own in one package; events of further kinds share one."""

_BUFFER = 12 << 20
_LONGEST_NAME = 200

Cells = dict[int, list[tuple[str, str]]]
"""Row to (field, content) pairs."""


@dataclass(frozen=True, slots=True)
class Placed:
    """When and where the events of a batch happened, one entry per event."""

    time: pa.Array
    time_raw: pa.Array
    host: pa.Array


@dataclass(slots=True)
class _Buffer:
    """Events of several batches, waiting to be converted together."""

    events: list[Event] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    evidence: list[npt.NDArray[np.int32]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    bytes: int = 0
    # Events of one kind from one exporter: (kind, the exporter's renames as pairs) to positions.
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Piece:
    """Events of one kind, converted. ``columns`` are string arrays of the sources' fields by column name; ``rest``
    holds JSON texts of what is no plain text, ``spare`` plain texts of fields that were too many."""

    rows: int
    evidence: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    placed: Placed
    kinds: pa.Array
    columns: dict[str, pa.Array]
    rest: Cells = field(default_factory=dict)
    spare: dict[str, dict[int, str]] = field(default_factory=dict)


class Columns:
    """Collects the events of one package. ``evidence_ids`` are those of its evidence, by index."""

    def __init__(self, evidence_ids: Sequence[str]) -> None:
        self.evidence_ids = evidence_ids
        self.rows = 0
        """Events taken since the last :meth:`finish`."""
        self._buffer = _Buffer()
        self._pieces: dict[str, list[_Piece]] = {}

    def add(self, batch: Batch, evidence: int, placed: Placed) -> None:
        """Take a batch of the evidence with this index."""
        buffer = self._buffer
        renames = tuple(sorted((theirs, ours) for ours, theirs in batch.renames.items()))
        start = len(buffer.events)
        for position, kind in enumerate(batch.kinds, start):
            try:
                buffer.groups[kind, renames].append(position)
            except KeyError:
                buffer.groups[kind, renames] = [position]
        buffer.events += batch.events
        buffer.offsets += batch.offsets
        buffer.evidence.append(np.full(len(batch), evidence, np.int32))
        buffer.placed.append(placed)
        buffer.bytes += batch.consumed
        self.rows += len(batch)
        if buffer.bytes >= _BUFFER or len(buffer.events) >= 1 << 17:
            self._convert()

    def finish(self) -> Iterator[tuple[str, pa.Table]]:
        """Kind and table for all events since the last call, sorted by kind."""
        self._convert()
        pieces, self._pieces, self.rows = self._pieces, {}, 0
        for kind in sorted(pieces):
            yield kind, _table(pieces.pop(kind), self.evidence_ids)

    def _convert(self) -> None:
        buffer, self._buffer = self._buffer, _Buffer()
        if not buffer.events:
            return
        offsets = np.array(buffer.offsets, np.int64)
        evidence = np.concatenate(buffer.evidence)
        time = pa.chunked_array([item.time for item in buffer.placed], tables.TIME).combine_chunks()
        raw = pa.chunked_array([item.time_raw for item in buffer.placed], pa.string()).combine_chunks()
        host = pa.chunked_array([item.host for item in buffer.placed], pa.string()).combine_chunks()
        for (kind, renames), positions in buffer.groups.items():
            rows = np.array(positions, np.int64)
            events = [buffer.events[position] for position in positions]
            key = kind if kind in self._pieces or len(self._pieces) < KINDS else MIXED
            piece = _Piece(
                len(events),
                evidence[rows],
                offsets[rows],
                Placed(time.take(rows), raw.take(rows), host.take(rows)),
                _constant(kind, len(events)),
                {},
            )
            _fields(events, dict(renames), piece, _odd_fields(kind, events))
            self._pieces.setdefault(key, []).append(piece)


_DASH = pa.scalar("-", pa.string())
# With types given throughout: where Arrow has to guess, it looks for dateutil on the disk, each time.

_odd: dict[str, set[str]] = {}
"""Kind to fields that have held something else than strings in this process. Spares failed attempts; changes no
result."""


def _odd_fields(kind: str, events: list[Event]) -> set[str]:
    if kind not in _odd:
        if len(_odd) > KINDS:
            _odd.clear()
        _odd[kind] = {name for name, item in events[0].items() if item is not None and type(item) is not str}
    return _odd[kind]


def _fields(events: list[Event], canonical: Mapping[str, str], piece: _Piece, odd: set[str]) -> None:
    """Fill ``columns``, ``rest`` and ``spare`` of ``piece``. ``odd`` remembers fields that are not always strings."""
    names = set().union(*events)
    unfit = {name for name in names if not _fit(name)}
    names -= unfit
    if len(names) > BUDGET:
        counts = Counter(name for event in events for name in event if name in names)
        names = set(_most_frequent(counts))
    columns = _strings(events, sorted(names - odd), odd)
    cells = sum(len(column) - column.null_count for column in columns.values())
    for name in sorted(names - columns.keys()):
        columns[name], lists = _mixed(events, name)
        cells += len(events) - columns[name].null_count + len(lists)
        for row, content in lists:
            piece.rest.setdefault(row, []).append((column_name(canonical.get(name, name)), content))
    for name, column in columns.items():
        if column.null_count == len(column):
            continue
        own = column_name(canonical.get(name, name))
        piece.columns[own] = pc.coalesce(piece.columns[own], column) if own in piece.columns else column
    if cells != sum(map(len, events)):
        _leftovers(events, names, canonical, piece)


def _strings(events: list[Event], names: list[str], odd: set[str]) -> dict[str, pa.Array]:
    """String arrays for those of ``names`` that hold nothing but strings and null; the others are added to ``odd``."""
    while names:
        try:
            struct = pa.array(events, pa.struct([(name, pa.string()) for name in names]))
            return dict(zip(names, struct.flatten(), strict=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
            odd.update(name for name in names if not _only_strings(events, name))
            names = [name for name in names if name not in odd]
    return {}


def _only_strings(events: list[Event], name: str) -> bool:
    values = _values(events, name)
    if not set(map(type, values)) <= {str, type(None)}:
        return False
    try:
        pa.array(values, pa.string())
    except UnicodeEncodeError:
        return False
    return True


def _values(events: list[Event], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), events))
    except KeyError:
        return [event.get(name) for event in events]


def _mixed(events: list[Event], name: str) -> tuple[pa.Array, list[tuple[int, str]]]:
    """A field of any values: the plain texts as a column, and (row, JSON) for lists and what no column can hold."""
    values = _values(events, name)
    found = set(map(type, values))
    if found <= {int, type(None)}:
        try:
            return pa.array(values, pa.int64()).cast(pa.string()), []
        except OverflowError:
            pass
    texts: list[str | None] = []
    rest: list[tuple[int, str]] = []
    for row, item in enumerate(values):
        text = None if item is None else value.text(item)
        if isinstance(text, list) or (text is not None and not _is_utf8(text)):
            rest.append((row, to_json(text)))
            text = None
        texts.append(text)
    return pa.array(texts, pa.string()), rest


def _leftovers(events: list[Event], names: set[str], canonical: Mapping[str, str], piece: _Piece) -> None:
    """Explicit nulls, and fields without a column."""
    for row, event in enumerate(events):
        for name, item in event.items():
            if item is not None and name in names:
                continue
            own = column_name(canonical.get(name, name))
            text = value.text(item)
            if isinstance(text, str) and _is_utf8(text) and _fit(name):
                piece.spare.setdefault(own, {})[row] = text
            else:
                piece.rest.setdefault(row, []).append((printable(own), to_json(text)))


def _table(pieces: list[_Piece], evidence_ids: Sequence[str]) -> pa.Table:
    counts: Counter[str] = Counter()
    for piece in pieces:
        for name, column in piece.columns.items():
            counts[name] += len(column) - column.null_count
        for name, texts in piece.spare.items():
            counts[name] += len(texts)
    names = sorted(_most_frequent(counts))
    evidence = np.concatenate([piece.evidence for piece in pieces])
    offsets = np.concatenate([piece.offsets for piece in pieces])
    ids = pa.DictionaryArray.from_arrays(pa.array(evidence, pa.int32()), pa.array(evidence_ids, pa.string()))
    short = pa.DictionaryArray.from_arrays(
        pa.array(evidence), pa.array([item[:16] for item in evidence_ids], pa.string())
    )
    fixed = {
        "event_id": pc.binary_join_element_wise(short.cast(pa.string()), pa.array(offsets).cast(pa.string()), _DASH),
        "evidence_id": ids,
        "kind": pa.chunked_array([piece.kinds for piece in pieces]).unify_dictionaries(),
        "time": pa.chunked_array([piece.placed.time for piece in pieces], tables.TIME),
        "time_raw": pa.chunked_array([piece.placed.time_raw for piece in pieces], pa.string()),
        "host": pa.chunked_array([piece.placed.host for piece in pieces], pa.string()).dictionary_encode(),
        "rest": pa.chunked_array([_rest(piece, set(names)) for piece in pieces], tables.PAIRS),
    }
    own = {name: pa.chunked_array([_own(piece, name) for piece in pieces], pa.string()) for name in names}
    schema = pa.schema(
        [*(field.remove_metadata() for field in tables.EVENTS), *((name, pa.string()) for name in names)]
    )
    table = pa.table([*(fixed[name] for name in tables.EVENTS.names), *own.values()], schema=schema)
    order = np.lexsort((offsets, evidence))
    return table if bool((order[1:] > order[:-1]).all()) else table.take(pa.array(order))


def _own(piece: _Piece, name: str) -> pa.Array:
    """The column ``name`` of a piece, with the cells that were spared in it."""
    column = piece.columns.get(name)
    if name in piece.spare:
        texts = pa.array([piece.spare[name].get(row) for row in range(piece.rows)], pa.string())
        column = texts if column is None else pc.coalesce(column, texts)
    return pa.nulls(piece.rows, pa.string()) if column is None else column


def _rest(piece: _Piece, names: set[str]) -> pa.Array:
    """The map column: lists and nulls, and texts of fields that got no column."""
    cells: Cells = {row: list(pairs) for row, pairs in piece.rest.items()}
    for name in piece.spare.keys() - names:
        for row, text in piece.spare[name].items():
            cells.setdefault(row, []).append((name, to_json(text)))
    for name in piece.columns.keys() - names:
        for row, text in enumerate(piece.columns[name].to_pylist()):
            if text is not None:
                cells.setdefault(row, []).append((name, to_json(text)))
    if not cells:
        return pa.nulls(piece.rows, tables.PAIRS)
    return pa.array([sorted(cells[row]) if cells.get(row) else None for row in range(piece.rows)], tables.PAIRS)


def _most_frequent(counts: Counter[str]) -> Iterable[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))[:BUDGET]


def _constant(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text], pa.string()))


def _fit(name: str) -> bool:
    """Whether a field's name can be the name of a column in every tool."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def to_json(text: value.Text) -> str:
    """JSON for the column ``rest``; half surrogate pairs, which UTF-8 cannot hold, as escapes."""
    try:
        return orjson.dumps(text).decode()
    except TypeError:
        return json.dumps(text, separators=(",", ":"))
