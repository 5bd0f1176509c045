"""Windows event logs (EVTX), chunk by chunk, so that one damaged chunk or record costs no other.

The layout: a file header of 4 KiB, then chunks of 64 KiB. A chunk has a header of 512 bytes (record numbers, the end of
its used space, tables of strings and templates) and records that begin with ``**\\0\\0`` and their size, and end with
it again. (Format: libyal/libevtx documentation.) Nothing that a header claims is believed: chunks lie at fixed places,
and the records of each are counted here first and then compared with what the ``evtx`` package returns for it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson
from evtx import PyEvtxParser

from ringleader.ingest.readers import windows
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema.batch import Batch, Reject

FILE_HEADER = 4096
CHUNK = 65536
_RECORDS = 512
_MAGIC = b"ElfChnk\0"
_RECORD = b"**\0\0"
_SMALLEST = 28
_FILLER = 1 << 63
"""Record number of what stands in for damage; no real record has it."""

_BATCH = 4
"""Chunks a batch: few enough for the decoded events to stay in the processor's cache."""


class Evtx:
    name = "evtx"

    def sniff(self, head: bytes) -> bool:
        return head.startswith(b"ElfFile\0") or head[FILE_HEADER : FILE_HEADER + 8] == _MAGIC

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        if not size:
            return []
        step = max(block // CHUNK, 1) * CHUNK
        starts = range(FILE_HEADER, max(size, FILE_HEADER + 1), step)
        return [Unit(start, min(start + step, max(size, FILE_HEADER))) for start in starts]

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        if unit.start >= unit.end:
            yield Batch(rejects=[Reject("truncated-chunk", unit.start, "the file ends before its first chunk")])
        batch = Batch()
        for number, start in enumerate(range(unit.start, unit.end, CHUNK), 1):
            source.seek(start)
            data = source.read(CHUNK)
            _chunk(data, start, batch)
            batch.consumed += len(data)
            if number % _BATCH == 0:
                yield batch
                batch = Batch()
        if batch.consumed or batch.rejects:
            yield batch

    time = staticmethod(windows.time)
    host = staticmethod(windows.host)


@dataclass(slots=True)
class _Survey:
    """What a chunk holds: whole records as (place, number), and what lies between them and is none, as (start, end)."""

    records: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    end: int = _RECORDS


_Found = tuple[int, str, str]
"""A record as the package gives it: number, JSON, time of writing."""


def _chunk(data: bytes, start: int, batch: Batch) -> None:
    """Add the records of the chunk ``data`` at ``start`` to ``batch``, and a reject for each that is lost."""
    missing = CHUNK - len(data)
    magic = data.startswith(_MAGIC)
    if len(data) <= _RECORDS or not (magic or data.count(0) < len(data)):
        if missing and data.count(0) < len(data):
            batch.rejects.append(Reject("truncated-chunk", start, f"{missing:,} bytes are missing, no record is left"))
        return  # all zero: room that Windows set aside and did not use
    survey = _survey(data, magic)
    if not magic:
        detail = f"no chunk header; {len(survey.records):,} records seem to be here and were looked at one by one"
        batch.rejects.append(Reject("bad-chunk", start, detail))
    if missing:
        first, last = struct.unpack_from("<QQ", data, 8)
        claimed = f"{last - first + 1:,}" if 0 <= last - first < CHUNK // _SMALLEST else "an unknown number of"
        detail = f"{missing:,} bytes are missing; {claimed} records are claimed, {len(survey.records):,} are whole"
        batch.rejects.append(Reject("truncated-chunk", start, detail))
    if not survey.records and not survey.gaps:
        return
    found: list[_Found] = []
    errors: list[str] = []
    for attempt in _attempts(data, survey, intact=magic and not missing and not survey.gaps):
        results, wrong = _parse(attempt)
        errors += wrong
        found = max(found, [result for result in results if result[0] < _FILLER], key=len)
        if len(found) >= len(survey.records):
            break
    _place(found, errors, survey, start, batch)


def _survey(data: bytes, magic: bool) -> _Survey:
    """Walk the records; after damage go on at the next whole one."""
    out = _Survey()
    used = struct.unpack_from("<I", data, 48)[0] if magic else 0
    believable = _RECORDS < used <= CHUNK
    limit = min(used, len(data)) if believable else len(data)
    at = _RECORDS
    while at < limit:
        size = _record_size(data, at, limit)
        if size:
            out.records.append((at, _NUMBER(data, at + 8)[0]))
            at += size
            out.end = at
            continue
        after = data.find(_RECORD, at + 4, limit)
        while after >= 0 and not _record_size(data, after, limit):
            after = data.find(_RECORD, after + 4, limit)
        gap_end = after if after >= 0 else limit
        # Room at the end that is zero, or that no header says is used, is no damage, unless a record began there.
        if after >= 0 or data.startswith(_RECORD, at) or (believable and data.count(0, at, limit) < limit - at):
            out.gaps.append((at, gap_end))
        at = gap_end
    return out


_START = struct.Struct("<4sI").unpack_from
_SIZE = struct.Struct("<I").unpack_from
_NUMBER = struct.Struct("<Q").unpack_from


def _record_size(data: bytes, at: int, limit: int) -> int:
    """The size of the whole record at ``at``, 0 if there is none."""
    if at + _SMALLEST > limit:
        return 0
    magic, size = _START(data, at)
    if magic != _RECORD:
        return 0
    end = at + size
    if size < _SMALLEST or end > limit:
        return 0
    if _SIZE(data, end - 4)[0] == size or data.startswith(_RECORD, end):
        return int(size)
    return 0


def _attempts(data: bytes, survey: _Survey, *, intact: bool) -> Iterator[bytes]:
    """The chunk in the forms in which the package may be able to read all of it, the truest first."""
    yield data if intact else _repaired(data, survey)
    if survey.gaps:
        yield _repaired(data, survey, blank=True)
    # The tables of strings and templates only speed up a look-up: without them all is found in the records.
    yield _repaired(data[:128] + bytes(_RECORDS - 128) + data[_RECORDS:], survey, blank=True)


def _repaired(data: bytes, survey: _Survey, *, blank: bool = False) -> bytes:
    """The chunk padded, with a true end, and with a filler record in the place of damage, so that it can be walked.

    The damaged bytes stay where they are, as later records may refer to a template among them; with ``blank`` they go.
    """
    chunk = bytearray(data.ljust(CHUNK, b"\0"))
    chunk[:8] = _MAGIC
    if not data.startswith(_MAGIC):
        chunk[8:_RECORDS] = bytes(_RECORDS - 8)
        struct.pack_into("<QQQQ", chunk, 8, 1, len(survey.records), 1, len(survey.records))
        struct.pack_into("<I", chunk, 40, 128)
    end = survey.end
    for start, stop in survey.gaps:
        if stop - start >= _SMALLEST and start < end:
            if blank:
                chunk[start:stop] = bytes(stop - start)
            struct.pack_into("<4sIQ", chunk, start, _RECORD, stop - start, _FILLER)
    struct.pack_into("<II", chunk, 44, survey.records[-1][0] if survey.records else _RECORDS, end)
    return bytes(chunk)


def _parse(chunk: bytes) -> tuple[list[_Found], list[str]]:
    """What the package finds in one chunk, and its errors."""
    found: list[_Found] = []
    errors: list[str] = []
    try:
        records: Any = PyEvtxParser(io.BytesIO(_HEADER + chunk), number_of_threads=1).records_json()
    except Exception as error:  # noqa: BLE001 - whatever the package raises for this chunk
        return [], [str(error)]
    while len(errors) < CHUNK // _SMALLEST:
        try:
            for record in records:  # an error ends the loop but not the iterator
                found.append((record["event_record_id"], record["data"], record["timestamp"]))
            break
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - a panic in Rust is no Exception
            errors.append(str(error))
    return found, errors


def _place(found: list[_Found], errors: list[str], survey: _Survey, start: int, batch: Batch) -> None:
    """Give each record found its place; a record that was counted and not found is rejected."""
    detail = "; ".join(errors)[:400] or "the record cannot be decoded"
    left = iter(survey.records)
    for number, text, written in found:
        for at, expected in left:
            if expected == number:
                _decoded(text, written, start + at, batch)
                break
            batch.rejects.append(Reject("bad-record", start + at, detail))
    batch.rejects.extend(Reject("bad-record", start + at, detail) for at, _ in left)
    for at, end in survey.gaps:
        batch.rejects.append(Reject("bad-record", start + at, f"{end - at:,} bytes are no whole record"))


def _decoded(text: str, written: str, offset: int, batch: Batch) -> None:
    try:
        event = windows.nested(orjson.loads(text)["Event"])
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError) as error:
        batch.rejects.append(Reject("bad-record", offset, f"its JSON is unusable: {error}"))
        return
    if "TimeCreated" not in event:
        event["TimeCreated"] = written.removesuffix(" UTC")  # from the record's own head
    batch.events.append(event)
    batch.offsets.append(offset)
    batch.kinds.append(windows.own_kind(event))


def _header() -> bytes:
    """The header of a file of one chunk."""
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, 1, 128, 1, 3, FILE_HEADER, 1).ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(FILE_HEADER, b"\0")


_HEADER = _header()
