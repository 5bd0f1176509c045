"""Alerts of other products are findings too: one for each event of a kind in ``schema/alerts.yml``, with the same
custody."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa

from ringleader.detect import findings
from ringleader.detect.findings import Finding
from ringleader.detect.rule import LogSource, Rule
from ringleader.schema import alert, tables
from ringleader.schema.alert import Shape
from ringleader.store import Store
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import column_name, field_name
from ringleader.store.transaction import Transaction

_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
_BATCH = 10_000


def write(store: Store, tx: Transaction) -> None:
    """Write the findings of all stored alerts to the table ``findings``; no file where there are no alerts."""
    found = _findings(store)
    if some := list(islice(found, _BATCH)):
        tx.write("findings", "alerts", _batches(some, found))


def _batches(some: list[Finding], rest: Iterator[Finding]) -> Iterator[pa.RecordBatch]:
    while some:
        yield findings.batch(some)
        some = list(islice(rest, _BATCH))


def _findings(store: Store) -> Iterator[Finding]:
    for entry in store.entries("events"):
        if shapes := [shape for kind in kinds_in(entry) if (shape := alert.shapes().get(kind))]:
            names = sorted({column_name(name) for shape in shapes for name in shape.columns()})
            for batch in store.batches_of(entry, [*tables.EVENTS.names, *names]):
                yield from _of(batch)


def _of(batch: pa.RecordBatch) -> Iterator[Finding]:
    table = pa.Table.from_batches([batch])
    own = [name for name in table.column_names if name not in tables.EVENTS.names]
    columns = [table[name].to_pylist() for name in own]
    fixed = [table[name].to_pylist() for name in ("event_id", "evidence_id", "kind", "host", "rest")]
    times = table["time"].cast(pa.int64()).to_pylist()
    for row, (event_id, evidence_id, kind, host, rest, time) in enumerate(zip(*fixed, times, strict=True)):
        shape = alert.shapes().get(kind)
        if shape is None:
            continue
        event = {
            field_name(name): column[row] for name, column in zip(own, columns, strict=True) if column[row] is not None
        }
        event |= {name: orjson.loads(text) for name, text in rest or ()}
        title = alert.first(event, shape.title)[: findings.MAX_VALUE] or "Unnamed alert"
        signature = "\x1f".join(alert.first(event, [name]) for name in shape.rule)
        rule = _rule(shape.product, signature, title, shape.level_of(event), _techniques(event, shape))
        values = {name: text for name in shape.values if (text := alert.first(event, [name]))}
        account = alert.first(event, shape.account)[: findings.MAX_VALUE] or None
        yield Finding(rule, "alert", evidence_id, event_id, kind, time, host, account, findings.cut(values))


def _techniques(event: Mapping[str, Any], shape: Shape) -> tuple[str, ...]:
    given = (text for name in shape.techniques for text in alert.texts(event.get(name)))
    return tuple(sorted({found for text in given for found in _TECHNIQUE.findall(text.upper())}))


@lru_cache(maxsize=65536)
def _rule(product: str, signature: str, title: str, level: str, techniques: tuple[str, ...]) -> Rule:
    # The product's own number stands for the rule; its wording and level may change with versions.
    identity = hashlib.sha256(f"{product}\x1f{signature or title}".encode(errors="surrogatepass")).hexdigest()[:24]
    return Rule(identity, title, level, "", techniques, (), (), (), LogSource(product=product), "", "", identity)
