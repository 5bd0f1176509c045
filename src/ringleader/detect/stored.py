"""Stored events as the kernel reads them: some row groups at a time, only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringleader.detect.columns import Codes, Columns
from ringleader.detect.keywords import Suspects
from ringleader.detect.plan import Plan
from ringleader.schema.batch import Event
from ringleader.store import File
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import column_name, field_name

Plans = Callable[[str], Plan]
Wanted = Callable[[str], Collection[str] | None]
"""A kind's fields to read, or None for all of them."""

CELLS = 4 << 20
"""Rows times columns that are looked at together: a file more must not go beyond."""
BYTES = 8 << 20
"""The same in bytes of their files, unpacked: long texts that all differ gain nothing from company."""

_FIXED = ("event_id", "evidence_id", "kind", "time", "host", "rest")


class Block:
    """Rows of one or several files, of any kinds."""

    def __init__(self, tables: list[pa.Table]) -> None:
        """Empties the list: what is encoded anew must not stay in memory twice."""
        whole = tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="default")
        tables.clear()
        self.table = whole.select(_FIXED)
        self.suspects = Suspects()
        self.plain: dict[str, tuple[Codes, pa.StringArray]] = {}
        """Field to (code of each row, -1 for missing; the distinct values), without fields that no row has."""
        columns = {name: whole[name] for name in whole.column_names if name not in _FIXED}
        del whole
        for name in list(columns):
            column = columns.pop(name)
            if column.null_count < len(column):
                self.plain[field_name(name)] = _encoded(column)

    @cached_property
    def kinds(self) -> tuple[Codes, pa.StringArray]:
        return _encoded(self.table["kind"])

    @cached_property
    def rest(self) -> tuple[Codes, pa.Array, pa.Array]:
        """Rows, keys and JSON texts of the fields without a column, flattened; rows ascend."""
        rows, keys, texts = [np.empty(0, np.int32)], [], []
        start = 0
        for chunk in self.table["rest"].chunks:
            offsets = np.asarray(chunk.offsets)
            counts = np.where(np.asarray(chunk.is_valid()), np.diff(offsets), 0)
            rows.append(np.repeat(np.arange(start, start + len(chunk), dtype=np.int32), counts))
            low, high = int(offsets[0]), int(offsets[-1])
            keys.append(chunk.keys.slice(low, high - low))
            texts.append(chunk.items.slice(low, high - low))
            start += len(chunk)
        empty = pa.array([], pa.string())
        return np.concatenate(rows), pa.concat_arrays([empty, *keys]), pa.concat_arrays([empty, *texts])

    def groups(self, plans: Plans) -> Iterator[Group]:
        """The rows by what is asked of them, for kinds of which anything is."""
        codes, words = self.kinds
        asked: dict[int, tuple[Plan, list[int]]] = {}
        for place, kind in enumerate(words.to_pylist()):
            plan = plans(kind)
            if not plan.idle:
                asked.setdefault(id(plan), (plan, []))[1].append(place)
        for plan, places in asked.values():
            mine = np.zeros(len(words), bool)
            mine[places] = True
            chosen = np.flatnonzero(mine[codes])
            yield Group(plan, self, chosen if len(chosen) < len(codes) else None)


@dataclass(frozen=True)
class Group:
    """Events of which the same is asked. ``chosen``: their rows in the block, None for all. Methods take places among
    the group's own rows."""

    plan: Plan
    block: Block
    chosen: npt.NDArray[np.intp] | None

    def __len__(self) -> int:
        return self.block.table.num_rows if self.chosen is None else len(self.chosen)

    def columns(self) -> Columns:
        """The rows for the kernel. A row in which a field that rules ask for is no plain text becomes a whole event."""
        rows, keys, texts = self.block.rest
        if self.chosen is not None and len(rows):
            places = np.searchsorted(self.chosen, rows)
            mine = self.chosen[np.minimum(places, len(self.chosen) - 1)] == rows
            rows, keys, texts = places[mine].astype(np.int32), keys.filter(pa.array(mine)), texts.filter(pa.array(mine))
        held = rows[_among(keys, self.plan.named)] if len(keys) else rows
        events = {row: self.event(row) for row in sorted(set(held.tolist()))}
        loose = (rows, texts) if len(texts) else None
        return Columns(len(self), self.block.plain, loose, events, self.chosen, self.block.suspects)

    def event(self, row: int, names: Iterable[str] | None = None) -> Event:
        """The event in ``row``, as far as its columns were read, or just the fields ``names``."""
        at = self._at(row)
        event: Event = {}
        plain = self.block.plain
        for name in plain if names is None else names:
            if name in plain and (code := int(plain[name][0][at])) >= 0:
                event[name] = plain[name][1][code].as_py()
        rows, keys, texts = self.block.rest
        low, high = np.searchsorted(rows, [at, at + 1])
        for place in range(int(low), int(high)):
            event[keys[place].as_py()] = orjson.loads(texts[place].as_py())
        return event

    def kind(self, row: int) -> str:
        codes, words = self.block.kinds
        kind: str = words[int(codes[self._at(row)])].as_py()
        return kind

    def fixed(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """event_id, evidence_id, kind, time (microseconds, or None) and host of some rows."""
        some = self.block.table.select(["event_id", "evidence_id", "kind", "time", "host"])
        some = some.take(pa.array([self._at(row) for row in rows], pa.int64()))
        found: list[dict[str, Any]] = some.set_column(3, "time", some["time"].cast(pa.int64())).to_pylist()
        return found

    def _at(self, row: int) -> int:
        return row if self.chosen is None else int(self.chosen[row])


def read(root: Path, files: Sequence[File], plans: Plans, wanted: Wanted) -> Iterator[Group]:
    """The events of some files of the store below ``root``. Files are read on their own and looked at together, as far
    as that stays small: what they hold alike is then asked once."""
    some: list[pa.Table] = []
    names: set[str] = set()
    rows = size = 0
    for table, unpacked in _row_groups(root, files, plans, wanted):
        wider = names.union(table.column_names)
        if some and (size + unpacked > BYTES or (rows + table.num_rows) * len(wider) > CELLS):
            yield from Block(some).groups(plans)
            wider, rows, size = set(table.column_names), 0, 0
        some.append(table)
        names = wider
        rows += table.num_rows
        size += unpacked
    if some:
        yield from Block(some).groups(plans)


def _row_groups(root: Path, files: Sequence[File], plans: Plans, wanted: Wanted) -> Iterator[tuple[pa.Table, int]]:
    """Row groups, with their bytes unpacked. A file of which nothing is asked is not opened."""
    for file in files:
        asking = [kind for kind in kinds_in(file) if not plans(kind).idle]
        if not asking:
            continue
        fields = [wanted(kind) for kind in asking]
        path = root / file.path
        footer = pq.read_metadata(path)
        own = [name for name in footer.schema.to_arrow_schema().names if name not in (*_FIXED, "time_raw")]
        if None not in fields:
            asked = {column_name(name) for each in fields for name in each or ()}
            own = [name for name in own if name in asked]
        with pq.ParquetFile(path, read_dictionary=own, metadata=footer) as opened:
            for number in range(opened.num_row_groups):
                table = opened.read_row_group(number, columns=[*_FIXED, *own], use_threads=False)
                yield table, footer.row_group(number).total_byte_size


def _encoded(column: pa.ChunkedArray) -> tuple[Codes, pa.StringArray]:
    """Codes (-1 for missing) and distinct values of a dictionary column."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks != 1:
        column = column.unify_dictionaries()
    if not column.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    codes = pa.chunked_array([chunk.indices for chunk in column.chunks]).combine_chunks()
    words = column.chunk(0).dictionary
    return (
        codes.fill_null(-1).to_numpy().astype(np.int32, copy=False),
        words if words.type == pa.string() else words.cast(pa.string()),
    )


def _among(keys: pa.Array, names: Collection[str]) -> Any:
    return np.asarray(pc.is_in(keys, pa.array(sorted(names), pa.string())))
