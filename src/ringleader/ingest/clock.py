"""When events happened: any spelling of a time as microseconds since 1970 in UTC, and hosts whose clock or zone lies.

Exporters label local time, even 12-hour local time, as UTC, or give local time without a zone. Some events carry a
second clock: Sysmon's ``UtcTime`` is set by the sensor in UTC, and a collector's ``@timestamp`` tells at least the zone
of a time without one. :func:`survey` compares the two clocks of a sample and gives a correction per host;
:func:`columns` applies it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ringleader.ingest.readers.base import Reader
from ringleader.schema import host
from ringleader.schema.batch import Batch, Event

Corrections = dict[str, int]
"""Short host name (:func:`ringleader.schema.host.short`) to seconds that are added to its times."""

SAMPLE_BYTES = 32 << 20
SAMPLE_EVENTS = 500
"""The sample: so many bytes from the start of the evidence, so many events a host."""
FEWEST = 3
AGREEING = 0.8
STEP = 900
SMALLEST = 600
"""An offset is a multiple of 15 minutes, as zones are; less than 10 minutes is delay, not a lie."""

BEHIND = -15 * 3_600_000_000
AHEAD = 27 * 3_600_000_000
"""Microseconds from the time that a record states to UTC: a zone may be up to 14 hours from it, twelve-hour time loses
up to 12 more, and there is some delay. A second clock beyond is not the event's: Sysmon's network events at times carry
one of days before."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = _EPOCH.replace(tzinfo=None)
_FIRST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LAST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000

_LOOSE = re.compile(
    r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T\s]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\s*-?\d+(?:\.\d*)?(?:[eE]\+?\d{1,2})?\s*")


class Columns(NamedTuple):
    """One entry per event: microseconds since 1970 UTC, the time as the source wrote it, the normal host name."""

    time: list[int | None]
    raw: list[str | None]
    host: list[str | None]


def parse(raw: Any) -> int | None:
    """Microseconds since 1970 in UTC; a time without a zone is taken for UTC. None for what is no time from 1990 to
    2099.

    Takes ISO 8601 and its relatives with any number of decimals, and seconds, milli-, micro- or nanoseconds since 1970,
    told apart by their size.
    """
    if type(raw) is str:
        try:
            found = datetime.fromisoformat(raw)
        except ValueError:
            return _bounded(_loosely(raw))
        if raw.isdecimal():
            return _bounded(_since(float(raw)))
        return _bounded(_microseconds(found))
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _bounded(_since(raw))
    return None


def _bounded(found: int | None) -> int | None:
    return found if found is not None and _FIRST <= found < _LAST else None


def _microseconds(found: datetime) -> int:
    since = found - (_EPOCH if found.tzinfo else _NAIVE)
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def _since(number: float) -> int | None:
    """A number of seconds, or of a smaller unit when it is too large for that."""
    if not 0 < number < 1e20:
        return None
    for limit, factor, divisor in ((1e11, 1_000_000, 1), (1e14, 1_000, 1), (1e17, 1, 1), (1e20, 1, 1000)):
        if number < limit:
            return number * factor // divisor if isinstance(number, int) else round(number * factor / divisor)
    return None


def _loosely(raw: str) -> int | None:
    """What ``fromisoformat`` refuses: a space before the zone, leap seconds, slashes, epoch seconds as text."""
    if len(raw) > 64:
        return None
    if _NUMBER.fullmatch(raw):
        return _since(int(raw) if raw.strip().isdecimal() else float(raw))
    match = _LOOSE.fullmatch(raw)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6))
    leap = second == 60
    try:
        found = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
    except ValueError:
        return None
    fraction = int((match[7] or "").ljust(6, "0")[:6])
    return _microseconds(found) + fraction + leap * 1_000_000 - _zone(match[8])


def _zone(word: str | None) -> int:
    """A zone's offset in microseconds."""
    if word is None or word[0] not in "+-":
        return 0
    digits = word[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) // timedelta(microseconds=1)
    return -offset if word[0] == "-" else offset


class Votes:
    """What the second clocks of a sample say of the first: for each host its corrections and how often."""

    def __init__(self) -> None:
        self.sensor: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.collector: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def wants(self, tally: defaultdict[str, Counter[int]], name: str) -> bool:
        """Whether the sample of the host ``name`` (normal) is not complete yet."""
        return tally[host.short(name)].total() < SAMPLE_EVENTS

    def add(self, tally: defaultdict[str, Counter[int]], name: str, difference: int) -> None:
        """``difference``: microseconds from the time that the record states to the second clock's."""
        if BEHIND <= difference <= AHEAD and self.wants(tally, name):
            tally[host.short(name)][_offset(difference)] += 1

    def corrections(self) -> Corrections:
        """The sensor's word counts for more than the collector's."""
        found: Corrections = {}
        for name in sorted(self.sensor.keys() | self.collector.keys()):
            votes = self.sensor[name]
            offset = _agreed(votes if votes.total() >= FEWEST else self.collector[name])
            if offset:
                found[name] = offset
        return found


def survey(reader: Reader, batches: Iterable[Batch]) -> Corrections:
    """The corrections that the beginning of the evidence shows. Takes no more batches than the sample needs."""
    votes = Votes()
    for batch in batches:
        if batch.offsets and batch.offsets[0] >= SAMPLE_BYTES:
            break
        for offset, event in zip(batch.offsets, batch.events, strict=True):
            if offset >= SAMPLE_BYTES:
                break
            second, tally = event.get("UtcTime"), votes.sensor
            raw = reader.time(event, batch.renames)
            if second is None:
                second, tally = event.get("@timestamp"), votes.collector
                if second is None or not has_no_zone(raw):
                    continue
            name = host.normal(reader.host(event, batch.renames))
            if name is None or not votes.wants(tally, name):
                continue
            truth, labelled = parse(second), parse(raw)
            if truth is not None and labelled is not None:
                votes.add(tally, name, truth - labelled)
    return votes.corrections()


def has_no_zone(raw: Any) -> bool:
    """Whether a time says neither ``Z`` nor an offset."""
    return isinstance(raw, str) and len(raw) >= 16 and raw[-1].isdecimal() and "+" not in raw and raw.count("-") <= 2


def _offset(difference: int) -> int:
    """A difference in microseconds as a correction in seconds."""
    seconds = difference / 1_000_000
    return 0 if abs(seconds) < SMALLEST else round(seconds / STEP) * STEP


def _agreed(votes: Counter[int]) -> int:
    """The offset that most of a host's sample shows, 0 when too few do."""
    if votes.total() < FEWEST:
        return 0
    offset, count = max(votes.items(), key=lambda item: (item[1], -abs(item[0]), item[0]))
    return offset if count >= AGREEING * votes.total() else 0


def columns(reader: Reader, batch: Batch, corrections: Mapping[str, int]) -> Columns:
    """Time, raw time and host of each event. Its own ``UtcTime`` is taken as it is, another time is corrected.

    A ``UtcTime`` outside of :data:`BEHIND` to :data:`AHEAD` is not.
    """
    out = Columns([], [], [])
    for event in batch.events:
        name = host.normal(reader.host(event, batch.renames))
        raw = reader.time(event, batch.renames)
        time = None if raw is None else parse(raw)
        if time is not None and corrections and name is not None:
            time += corrections.get(host.short(name), 0) * 1_000_000
        own = _own_utc(event)
        if own is not None and (time is None or BEHIND <= own - time <= AHEAD):
            time = own
        out.time.append(time)
        out.raw.append(None if raw is None else str(raw))
        out.host.append(name)
    return out


def _own_utc(event: Event) -> int | None:
    found = event.get("UtcTime")
    return None if found is None else parse(found)
