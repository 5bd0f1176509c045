"""Events of one sort, a few columns of them, filtered while they are read: what a question asks of the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.store import Store
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import column_name

LONGEST = 4096
"""Characters of a field that are looked at."""

Keep = Callable[["Part"], "pa.Array | None"]
"""Mask of the rows that are wanted, None for all."""
Row = tuple[Any, ...]
"""event_id, time in microseconds, kind, host, then the fields that were asked for; None for what is missing."""


class Part:
    """Some events, column by column."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self._memo: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return len(self._batch)

    def __getitem__(self, field: str) -> pa.Array:
        """The texts of a field of the source, or of ``kind``, ``host``, ``event_id``."""
        if field not in self._memo:
            name = field if field in ("kind", "host", "event_id") else column_name(field)
            if name in self._batch.schema.names:
                self._memo[field] = pc.cast(self._batch[name], pa.string())
            else:
                self._memo[field] = pa.nulls(len(self._batch), pa.string())
        return self._memo[field]

    @property
    def time(self) -> pa.Array:
        return pc.cast(self._batch["time"], pa.int64())

    def lower(self, field: str) -> pa.Array:
        return pc.utf8_lower(self[field])

    def one_of(self, field: str, values: Iterable[str]) -> pa.Array:
        """``values`` in lower case."""
        return pc.is_in(self.lower(field), pa.array(sorted(values), pa.string()))

    def between(self, spans: Sequence[tuple[int, int]]) -> pa.Array:
        """Rows whose time is in one of the spans, both ends included."""
        mask = pa.array([False] * len(self), pa.bool_())
        for first, last in spans:
            mask = pc.or_(mask, pc.and_(pc.greater_equal(self.time, first), pc.less_equal(self.time, last)))
        return pc.fill_null(mask, False)

    def filtered(self, mask: pa.Array) -> Part:
        return Part(self._batch.filter(pc.fill_null(mask, False)))

    def rows(self, fields: Sequence[str]) -> Iterator[Row]:
        columns = [self["event_id"], self.time, self["kind"], self["host"], *(self[name] for name in fields)]
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            yield tuple(value[:LONGEST] if isinstance(value, str) else value for value in row)


def parts(store: Store, kind: str, fields: Sequence[str], keep: Keep | None = None) -> Iterator[Part]:
    """Events of ``kind`` and of the kinds below it."""
    columns = ["event_id", "kind", "time", "host", *map(column_name, fields)]
    for batch in store.batches("events", columns, kind_prefix=kind):
        part = Part(batch)
        mask = keep(part) if keep else None
        if mask is not None:
            part = part.filtered(mask)
        if len(part):
            yield part


def rows(store: Store, kind: str, fields: Sequence[str], keep: Keep | None = None) -> Iterator[Row]:
    for part in parts(store, kind, fields, keep):
        yield from part.rows(fields)


def by_id(store: Store, ids: Iterable[str], fields: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Some events, by their ids: time, kind, host and those fields that they have. Of a file with none of them only the
    ids are read."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    out: dict[str, dict[str, Any]] = {}
    if not len(wanted):
        return out
    columns = ["event_id", "kind", "time", "host", *map(column_name, fields)]
    for entry in store.entries("events"):
        masks = [pc.is_in(batch["event_id"], wanted) for batch in store.batches_of(entry, ["event_id"])]
        if not any(pc.any(mask).as_py() for mask in masks):
            continue
        for mask, batch in zip(masks, store.batches_of(entry, columns), strict=True):
            for event_id, time, kind, host, *values in Part(batch.filter(mask)).rows(fields):
                told = {name: value for name, value in zip(fields, values, strict=True) if value not in (None, "", "-")}
                out[event_id] = {"time": time, "kind": kind, "host": host, **told}
    return out


def has(store: Store, kind: str) -> bool:
    """Whether there are events of ``kind`` at all."""
    from ringleader.schema import kind as kinds

    return any(kinds.covers(kind, one) for entry in store.entries("events") for one in kinds_in(entry))
