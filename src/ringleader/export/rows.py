"""Findings with the campaign that each is part of, in order of time.

Memory is bounded by CHUNK rows and by two short columns of the whole table (about 60 bytes a finding): more findings
than that are read in several passes, each taking the next stretch of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.export.base import Source
from ringleader.export.victims import Victims

CHUNK = 250_000
PIECE = 2_000
COLUMNS = [
    "finding_id", "detector", "rule_id", "rule_title", "level", "techniques", "tactics", "event_id", "kind", "time",
    "host", "account", "values",
]  # fmt: skip
_LAST = np.iinfo(np.int64).max  # no time


@dataclass(frozen=True, slots=True)
class Row:
    """A finding. ``values`` are field and value; ``campaign`` and ``intrusion`` are empty for a lead."""

    time: datetime | None
    level: str
    rule: str
    rule_id: str
    detector: str
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    host: str
    account: str
    kind: str
    values: tuple[tuple[str, str], ...]
    campaign: str
    intrusion: str
    finding_id: str
    event_id: str


def findings(source: Source, hide: Victims | None, chunk: int = CHUNK) -> Iterator[Row]:
    """All findings by time, those without one last; equal times by finding id. ``hide``: names that become
    pseudonyms."""
    subject = {i.id: s.label for s in source.material.subjects for i in s.intrusions if s.kind == "campaign"}
    steps = source.store.read("steps", ["intrusion_id", "finding_id"]).combine_chunks()
    members, owners = steps["finding_id"].combine_chunks(), steps["intrusion_id"].cast(pa.string()).combine_chunks()
    parts = [_times(batch) for batch in source.store.batches("findings", ["time"])]
    times = np.sort(np.concatenate(parts)) if parts else np.array([], np.int64)
    bounds = [times[0], *times[chunk::chunk], None] if len(times) else []
    for low, high in pairwise(bounds):
        if high is not None and low == high:
            continue
        some = []
        for batch in source.store.batches("findings", COLUMNS):
            when = _times(batch)
            some.append(batch.filter(pa.array((when >= low) & (True if high is None else when < high))))
        yield from _sorted(pa.Table.from_batches(some), members, owners, subject, hide)


def _sorted(
    some: pa.Table, members: pa.Array, owners: pa.Array, subject: dict[str, str], hide: Victims | None
) -> Iterator[Row]:
    """Rows in order; only a few at a time are Python objects."""
    some = some.unify_dictionaries().combine_chunks()
    names = owners.take(pc.index_in(some["finding_id"], value_set=members).combine_chunks())
    order = pc.sort_indices(some, sort_keys=[("time", "ascending"), ("finding_id", "ascending")])
    for start in range(0, len(order), PIECE):
        part = order.slice(start, PIECE)
        for row, name in zip(some.take(part).to_pylist(), names.take(part).to_pylist(), strict=True):
            row["intrusion"] = name or ""
            yield _row(row, subject, hide)


def _times(batch: pa.RecordBatch) -> Any:
    return batch["time"].cast(pa.int64()).fill_null(_LAST).to_numpy(zero_copy_only=False)


def _row(row: dict[str, Any], subject: dict[str, str], hide: Victims | None) -> Row:
    host, account, values = row["host"] or "", row["account"] or "", row["values"] or ()
    rule = row["rule_title"] or ""
    if hide is not None:
        host, account, rule = hide.host(host), hide.account(account), hide.text(rule)
        values = [(name, hide.field(name, value or "")) for name, value in values]
    return Row(
        row["time"],
        row["level"] or "informational",
        rule,
        row["rule_id"] or "",
        row["detector"] or "",
        tuple(row["techniques"] or ()),
        tuple(row["tactics"] or ()),
        host,
        account,
        row["kind"] or "",
        tuple((name, value or "") for name, value in values),
        subject.get(row["intrusion"], ""),
        row["intrusion"],
        row["finding_id"],
        row["event_id"] or "",
    )
