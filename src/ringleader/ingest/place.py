"""When and where the events of a batch happened, as Arrow arrays: :func:`clock.columns` for whole columns at a time.

Arrow reads the usual spelling of times many times faster than a call for each event. Anything else is left to
:func:`clock.parse`, whose answer this gives in every case.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.ingest import clock
from ringleader.ingest.columns import Placed, printable
from ringleader.ingest.readers import Reader
from ringleader.schema import host, tables
from ringleader.schema.batch import Batch

_ZONES = (pa.timestamp("ns"), pa.timestamp("ns", tz="UTC"))
_FIRST = pa.scalar(clock.parse("1990-01-01"), pa.int64())
_LAST = pa.scalar(clock.parse("2099-12-31T23:59:59.999999"), pa.int64())


def place(reader: Reader, batch: Batch, corrections: clock.Corrections) -> Placed:
    """``corrections`` are those of :func:`clock.survey`. An event's own ``UtcTime`` counts before all else."""
    renames = batch.renames
    raw = [reader.time(event, renames) for event in batch.events]
    named = [reader.host(event, renames) for event in batch.events]
    normal = {name: host.normal(name) for name in set(named)}
    hosts = [normal[name] for name in named]
    time = times(raw)
    if corrections:
        shift = {name: corrections.get(host.short(name), 0) * 1_000_000 for name in set(hosts) if name is not None}
        time = pc.add(time, pa.array([0 if name is None else shift[name] for name in hosts], pa.int64()))
    sensor = [event.get("UtcTime") for event in batch.events]
    if any(sensor):
        time = pc.coalesce(times(sensor), time)
    return Placed(time.cast(tables.TIME), _texts([None if item is None else str(item) for item in raw]), _texts(hosts))


def times(raw: list[Any]) -> pa.Array:
    """Microseconds since 1970 for each; what :func:`clock.parse` gives."""
    try:
        texts = pa.array(raw, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([clock.parse(item) for item in raw], pa.int64())
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), pa.int64())
    for kind in _ZONES:
        try:
            found = texts.cast(kind)
        except pa.ArrowInvalid:
            continue
        micros = found.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.int64())
        inside = pc.and_(pc.greater_equal(micros, _FIRST), pc.less_equal(micros, _LAST))
        return pc.if_else(inside, micros, pa.scalar(None, pa.int64()))
    return pa.array([clock.parse(item) for item in raw], pa.int64())


def _texts(texts: list[str | None]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if text is None else printable(text) for text in texts], pa.string())
