"""Stored events as the kernel reads them: some row groups at a time, only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ringleader.detect.columns import Columns
from ringleader.detect.held import Encoded, Held, Piece
from ringleader.detect.loose import Loose
from ringleader.detect.plan import Plan
from ringleader.detect.suspects import Suspects
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
_DENSE = 256
"""Bytes a row, unpacked, from which values are taken to be long and to differ: a dictionary would only cost."""


class Block:
    """Rows of one or several files, of any kinds."""

    def __init__(self, tables: list[pa.Table]) -> None:
        """Empties the list: what is encoded anew must not stay in memory twice."""
        self.table = pa.concat_tables([table.select(_FIXED) for table in tables], promote_options="default")
        pieces: dict[str, list[Piece]] = {}
        start = 0
        for table in tables:
            for name in table.column_names:
                if name not in _FIXED:
                    pieces.setdefault(field_name(name), []).extend(_pieces(table[name], start))
            start += table.num_rows
        tables.clear()
        self.plain = Held(start, pieces)
        """The fields that any row has."""
        self.loose = Loose.of_column(self.table["rest"])
        self.suspects = Suspects(self.plain, self.loose)

    @cached_property
    def kinds(self) -> Encoded:
        return Held(self.table.num_rows, {"kind": list(_pieces(self.table["kind"], 0))})["kind"]

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

    def kind(self, row: int) -> str:
        codes, words = self.kinds
        kind: str = words[int(codes[row])].as_py()
        return kind

    def event(self, row: int, names: Collection[str] | None = None) -> Event:
        """The event in ``row``, as far as its columns were read, or of these just ``names``."""
        return self.events([row], names)[0]

    def events(self, rows: Sequence[int], names: Collection[str] | None = None) -> list[Event]:
        """The same for several rows, which ascend."""
        events: list[Event] = [{} for _ in rows]
        for name in self.plain:
            if names is None or name in names:
                for event, content in zip(events, self.plain.texts(name, rows), strict=True):
                    if content is not None:
                        event[name] = content
        for event, row in zip(events, rows, strict=True):
            event.update(self.loose.event(row))
        return events

    def fixed(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """event_id, evidence_id, kind, time (microseconds, or None) and host of some rows."""
        some = self.table.select(["event_id", "evidence_id", "kind", "time", "host"]).take(pa.array(rows, pa.int64()))
        found: list[dict[str, Any]] = some.set_column(3, "time", some["time"].cast(pa.int64())).to_pylist()
        return found


@dataclass(frozen=True)
class Group:
    """Events of which the same is asked. ``chosen``: their rows in the block, None for all."""

    plan: Plan
    block: Block
    chosen: npt.NDArray[np.intp] | None

    def __len__(self) -> int:
        return self.block.table.num_rows if self.chosen is None else len(self.chosen)

    def columns(self) -> Columns:
        """The rows for the kernel."""
        block = self.block
        return Columns(len(self), block.plain, block.loose, block.suspects, self.chosen)

    def row(self, place: int) -> int:
        """The row in the block of the event at a place among the group's own."""
        return place if self.chosen is None else int(self.chosen[place])


def read(root: Path, files: Sequence[File], plans: Plans, wanted: Wanted) -> Iterator[Block]:
    """The events of some files of the store below ``root``. Files are read on their own and looked at together, as far
    as that stays small: what they hold alike is then asked once."""
    some: list[pa.Table] = []
    names: set[str] = set()
    rows = size = 0
    for table, unpacked in _row_groups(root, files, plans, wanted):
        wider = names.union(table.column_names)
        if some and (size + unpacked > BYTES or (rows + table.num_rows) * len(wider) > CELLS):
            yield Block(some)
            wider, rows, size = set(table.column_names), 0, 0
        some.append(table)
        names = wider
        rows += table.num_rows
        size += unpacked
    if some:
        yield Block(some)


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
        short = set(own) - _long(footer)
        with pq.ParquetFile(path, read_dictionary=[*short, "evidence_id", "kind"], metadata=footer) as opened:
            for number in range(opened.num_row_groups):
                table = opened.read_row_group(number, columns=[*_FIXED, *own], use_threads=False)
                yield table, footer.row_group(number).total_byte_size


def _long(footer: pq.FileMetaData) -> set[str]:
    """The columns of long texts."""
    found = set()
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for place in range(group.num_columns):
            chunk = group.column(place)
            if chunk.total_uncompressed_size > _DENSE * chunk.num_values:
                found.add(chunk.path_in_schema)
    return found


def _pieces(column: pa.ChunkedArray, start: int) -> Iterator[Piece]:
    """The chunks of a column that have any value; the first one's rows begin at ``start``."""
    for chunk in column.chunks:
        if chunk.null_count < len(chunk):
            yield Piece(start, chunk)
        start += len(chunk)
