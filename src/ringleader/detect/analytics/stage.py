"""All analytics over the stored events, findings into the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import orjson
import pyarrow as pa

from ringleader.detect import findings
from ringleader.detect.analytics.base import Analytic, Known, Sight, ordered
from ringleader.detect.findings import Finding
from ringleader.schema import kind as kinds
from ringleader.schema import tables
from ringleader.store import Store
from ringleader.store.layout import column_name, field_name
from ringleader.store.transaction import Transaction

MAX_SIGHTS = 500_000
"""Events that one analytic sees, so that memory stays bounded."""
_BATCH = 10_000


def write(store: Store, tx: Transaction, analytics: Sequence[Analytic], known: Known) -> list[str]:
    """Write what they find to the table ``findings``; no file where that is nothing. Returns what a run must say of
    those that did not see all."""
    found: list[Finding] = []
    failures = []
    for each in analytics:
        seen = list(islice(_sights(store, each), MAX_SIGHTS + 1))
        if len(seen) > MAX_SIGHTS:
            failures.append(f"{each.rule.title}: saw only the first {MAX_SIGHTS:,} events that it looks at")
        found += each.find(ordered(seen[:MAX_SIGHTS]), known)
    if found:
        found.sort(key=lambda each: (each.time or 0, each.finding_id))
        tx.write("findings", "analytics", _batches(found))
    return failures


def _batches(found: list[Finding]) -> Iterator[pa.RecordBatch]:
    for at in range(0, len(found), _BATCH):
        yield findings.batch(found[at : at + _BATCH])


def _sights(store: Store, analytic: Analytic) -> Iterator[Sight]:
    """Events without a time are nobody's."""
    for prefix in analytic.kinds:
        named = [kind for kind in store.kinds() if kinds.covers(prefix, kind)]
        wanted = {*analytic.fields, *(name for kind in named for name in findings.account_fields(kind))}
        columns = [*tables.EVENTS.names, *sorted(column_name(name) for name in wanted)]
        for batch in store.batches("events", columns, kind_prefix=prefix):
            yield from _of(batch, analytic)


def _of(batch: pa.RecordBatch, analytic: Analytic) -> Iterator[Sight]:
    own = [name for name in batch.schema.names if name not in tables.EVENTS.names]
    columns = [batch[name].to_pylist() for name in own]
    fixed = [batch[name].to_pylist() for name in ("event_id", "evidence_id", "kind", "host", "rest")]
    times = batch["time"].cast(pa.int64()).to_pylist()
    for row, (event_id, evidence_id, kind, host, rest, time) in enumerate(zip(*fixed, times, strict=True)):
        if time is None:
            continue
        event = {
            field_name(name): column[row] for name, column in zip(own, columns, strict=True) if column[row] is not None
        }
        event |= {name: orjson.loads(text) for name, text in rest or () if name in analytic.fields}
        fields = analytic.take(kind, event)
        if fields is not None:
            yield Sight(time, event_id, evidence_id, kind, host, findings.account(kind, event), fields)
