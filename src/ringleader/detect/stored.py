"""Stored events as the kernel reads them: one row group at a time, only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringleader.detect.kernel import Codes, Columns
from ringleader.schema.batch import Event
from ringleader.store.layout import MIXED, column_name, field_name

Wanted = Callable[[str], Collection[str] | None]
"""A kind's fields to read, or None for all of them."""

_FIXED = ("event_id", "evidence_id", "kind", "time", "host", "rest")


@dataclass(frozen=True)
class Group:
    """Events of one kind out of one row group."""

    kind: str
    table: pa.Table

    def columns(self, special: Collection[str]) -> Columns:
        """The rows for the kernel. A row in which one of the fields ``special`` is no plain text becomes a whole
        event."""
        rows, keys, texts = self._rest
        held = rows[_among(keys, special)] if len(keys) else rows
        events = {row: self.event(row) for row in sorted(set(held.tolist()))}
        return Columns(self.table.num_rows, self._plain, (rows, texts) if len(texts) else None, events)

    def event(self, row: int) -> Event:
        """The event in ``row``, as far as its columns were read."""
        event: Event = {}
        for name, (codes, words) in self._plain.items():
            if codes[row] >= 0:
                event[name] = words[int(codes[row])].as_py()
        rows, keys, texts = self._rest
        low, high = np.searchsorted(rows, [row, row + 1])
        for place in range(int(low), int(high)):
            event[keys[place].as_py()] = orjson.loads(texts[place].as_py())
        return event

    def fixed(self, row: int) -> dict[str, Any]:
        """event_id, evidence_id, time (microseconds, or None) and host of a row."""
        names = ("event_id", "evidence_id", "host")
        return {name: self.table[name][row].as_py() for name in names} | {"time": self._times[row].as_py()}

    @cached_property
    def _plain(self) -> dict[str, tuple[Codes, pa.StringArray]]:
        names = [name for name in self.table.column_names if name not in _FIXED]
        encoded = {field_name(name): _encoded(self.table[name]) for name in names}
        return {name: column for name, column in encoded.items() if len(column[1])}

    @cached_property
    def _times(self) -> pa.ChunkedArray:
        return self.table["time"].cast(pa.int64())

    @cached_property
    def _rest(self) -> tuple[Codes, pa.Array, pa.Array]:
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


def read(path: Path, kind: str, wanted: Wanted) -> Iterator[Group]:
    """The events of a file, by row group and kind. ``kind`` is that of the file, or :data:`MIXED`."""
    footer = pq.read_metadata(path)
    names = footer.schema.to_arrow_schema().names
    own = [name for name in names if name not in _FIXED]
    if kind != MIXED:
        fields = wanted(kind)
        if fields is not None:
            asked = {column_name(field) for field in fields}
            own = [name for name in own if name in asked]
    columns = [name for name in _FIXED if name in names and (name != "kind" or kind == MIXED)] + own
    with pq.ParquetFile(path, read_dictionary=own, metadata=footer) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=columns, use_threads=False)
            if kind != MIXED:
                yield Group(kind, table)
                continue
            for each in sorted(pc.unique(table["kind"].cast(pa.string())).to_pylist()):
                yield Group(each, table.filter(pc.equal(table["kind"].cast(pa.string()), each)))


def _encoded(column: pa.ChunkedArray) -> tuple[Codes, pa.StringArray]:
    """Codes (-1 for missing) and distinct values of a dictionary column."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks != 1:
        column = column.unify_dictionaries()
    if not column.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    indices = [chunk.indices for chunk in column.chunks]
    parts = [(part.fill_null(-1) if part.null_count else part).to_numpy() for part in indices]
    codes = parts[0] if len(parts) == 1 else np.concatenate(parts)
    words = column.chunk(0).dictionary
    return codes.astype(np.int32, copy=False), words if words.type == pa.string() else words.cast(pa.string())


def _among(keys: pa.Array, names: Collection[str]) -> Any:
    return np.asarray(pc.is_in(keys, pa.array(sorted(names), pa.string())))
