"""When and where the events of an evidence happened, as Arrow arrays: what :func:`clock.survey` and
:func:`clock.columns` say, for whole columns at a time.

Arrow reads the usual spelling of times many times faster than a call for each event. Anything else is left to
:func:`clock.parse`, whose answer this gives in every case. The clocks are compared on the way, and the times corrected
when all is known, so that no event has to wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.ingest import clock
from ringleader.ingest.readers import Reader
from ringleader.ingest.texts import printable
from ringleader.schema import host, tables
from ringleader.schema.batch import Batch

_TOGETHER = 4096
"""Events whose texts wait to be converted together."""

_ZONES = (pa.timestamp("ns"), pa.timestamp("ns", tz="UTC"))
_FIRST = pa.scalar(clock.parse("1990-01-01"), pa.int64())
_LAST = pa.scalar(clock.parse("2099-12-31T23:59:59.999999"), pa.int64())
_NULL = pa.scalar(None, pa.int64())
_BEHIND, _AHEAD = pa.scalar(clock.BEHIND, pa.int64()), pa.scalar(clock.AHEAD, pa.int64())


@dataclass(frozen=True, slots=True)
class Placed:
    """When and where events happened, one entry per event. ``disbelieved`` counts those whose own ``UtcTime`` lies
    too far from the record's time."""

    time: pa.Array
    time_raw: pa.Array
    host: pa.Array
    disbelieved: int = 0


@dataclass(slots=True)
class _Waiting:
    """Texts of events as the source wrote them."""

    raw: list[Any] = field(default_factory=list)
    named: list[str | None] = field(default_factory=list)
    sensor: list[Any] = field(default_factory=list)
    collector: list[Any] = field(default_factory=list)
    """Empty once the sample is complete."""
    sampled: list[bool] = field(default_factory=list)


class Places:
    """Collects the events of one evidence. ``corrections`` are those of :func:`clock.survey`, None to find them."""

    def __init__(self, reader: Reader, corrections: clock.Corrections | None = None) -> None:
        self.corrections: clock.Corrections = corrections or {}
        self.settled = corrections is not None
        """Whether ``corrections`` are final."""
        self._reader = reader
        self._votes = clock.Votes()
        self._waiting = _Waiting()
        self._chunks: list[tuple[pa.Array, ...]] = []

    def add(self, batch: Batch) -> None:
        if not self.settled and batch.offsets and batch.offsets[0] >= clock.SAMPLE_BYTES:
            self._settle()
        waiting, events, renames = self._waiting, batch.events, batch.renames
        time, where = self._reader.time, self._reader.host
        waiting.raw += [time(event, renames) for event in events]
        waiting.named += [where(event, renames) for event in events]
        waiting.sensor += [event.get("UtcTime") for event in events]
        if not self.settled:
            waiting.collector += [event.get("@timestamp") for event in events]
            sampled = len(events)
            if batch.offsets and max(batch.offsets) >= clock.SAMPLE_BYTES:
                sampled = next(n for n, offset in enumerate(batch.offsets) if offset >= clock.SAMPLE_BYTES)
            waiting.sampled += [True] * sampled + [False] * (len(events) - sampled)
        if len(waiting.raw) >= _TOGETHER:
            self._convert()

    def finish(self) -> Placed:
        """Of the events since the last call; settles what the corrections are."""
        self._settle()
        self._convert()
        chunks, self._chunks = self._chunks, []
        if not chunks:
            return Placed(pa.nulls(0, tables.TIME), pa.nulls(0, pa.string()), pa.nulls(0, pa.string()))
        time, own, raw, hosts = (pa.concat_arrays(column) for column in zip(*chunks, strict=True))
        if self.corrections:
            time = pc.add(time, self._shift(hosts))
        disbelieved = 0
        if own.null_count < len(own):
            difference = pc.subtract(own, time)
            near = pc.and_(pc.greater_equal(difference, _BEHIND), pc.less_equal(difference, _AHEAD))
            believed = pc.and_(own.is_valid(), pc.fill_null(near, True))
            disbelieved = len(own) - own.null_count - (pc.sum(believed).as_py() or 0)
            time = pc.if_else(believed, own, time)
        return Placed(time.cast(tables.TIME), raw, hosts, disbelieved)

    def _shift(self, hosts: pa.Array) -> pa.Array:
        """Microseconds to be added to each event's time."""
        coded = hosts.dictionary_encode()
        known = [self.corrections.get(host.short(name), 0) * 1_000_000 for name in coded.dictionary.to_pylist()]
        return pc.fill_null(pa.array(known, pa.int64()).take(coded.indices), 0)

    def _settle(self) -> None:
        if not self.settled:
            self._convert()
            self.corrections = self._votes.corrections()
            self.settled = True

    def _convert(self) -> None:
        waiting, self._waiting = self._waiting, _Waiting()
        if not waiting.raw:
            return
        normal = {name: host.normal(name) for name in set(waiting.named)}
        hosts = [normal[name] for name in waiting.named]
        time = times(waiting.raw)
        own = times(waiting.sensor) if any(waiting.sensor) else pa.nulls(len(time), pa.int64())
        if waiting.collector:
            self._vote(waiting, hosts, time, own)
        self._chunks.append((time, own, _texts([None if r is None else str(r) for r in waiting.raw]), _texts(hosts)))

    def _vote(self, waiting: _Waiting, hosts: list[str | None], time: pa.Array, own: pa.Array) -> None:
        votes = self._votes
        if own.null_count < len(own):
            difference = pc.subtract(own, time).to_pylist()
            asked = {name for name in set(hosts) if name is not None and votes.wants(votes.sensor, name)}
            for name, micros, sampled in zip(hosts, difference, waiting.sampled, strict=True):
                if name in asked and micros is not None and sampled:
                    votes.add(votes.sensor, name, micros)
        asked = {name for name in set(hosts) if name is not None and votes.wants(votes.collector, name)}
        for at, second in enumerate(waiting.collector if asked else ()):
            name = hosts[at]
            if second is None or name not in asked or waiting.sensor[at] is not None or not waiting.sampled[at]:
                continue
            if votes.wants(votes.collector, name) and clock.has_no_zone(waiting.raw[at]):
                truth, labelled = clock.parse(second), time[at].as_py()
                if truth is not None and labelled is not None:
                    votes.add(votes.collector, name, truth - labelled)


def survey(reader: Reader, batches: Iterable[Batch]) -> clock.Corrections:
    """What :func:`clock.survey` gives."""
    places = Places(reader)
    for batch in batches:
        places.add(batch)
        if places.settled:
            break
    places.finish()
    return places.corrections


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
        return pc.if_else(inside, micros, _NULL)
    return pa.array([clock.parse(item) for item in raw], pa.int64())


def _texts(texts: list[str | None]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if text is None else printable(text) for text in texts], pa.string())
