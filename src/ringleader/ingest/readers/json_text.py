"""One record of JSON, decoded as leniently as is honest, and JSON values one after another in a text."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import HEAD, Unit
from ringleader.schema import value
from ringleader.schema.batch import Batch, Event, Reject

_SURROGATES = re.compile("[\ud800-\udfff]")
_LENIENT = json.JSONDecoder(strict=False)
_STRICT = json.JSONDecoder()
_BEGIN = re.compile(rb"^\s*\[?\s*\{", re.MULTILINE)
_NEXT = re.compile(rb"[^\s,\[\]]")
_WINDOW = 16 << 10
_TOKEN = 64
"""Bytes; no token but a string is longer."""
_DEEP = "nested too deeply"
_RESUME = re.compile(rb"(?:^|\n)[ \t]*,?[ \t]*(\{)|\}\s*,\s*(\{)|\}\s*\n\s*(\{)")


MODES = ("lines", "values")

Record = tuple[int, bytes] | Reject
"""The text of one JSON value with its offset, or why there is none."""


def is_json(head: bytes) -> bool:
    """Whether a line of ``head`` begins an object, or an array of objects."""
    return _BEGIN.search(head) is not None


def has_key(head: bytes, names: bytes) -> bool:
    """Whether an object in ``head`` has a key that the pattern ``names`` describes. Inside a string its quotes are
    escaped.
    """
    return re.search(rb'"(?:' + names + rb')"\s*:', head) is not None


def is_lines(head: bytes) -> bool:
    """Whether a JSON text has one value a line: not so an array, or an object whose first line only begins it."""
    start = head.lstrip()
    first = start.split(b"\n", 1)[0].rstrip()
    if start.startswith(b"["):
        return False
    return b"\n" not in start or first.endswith(b"}") or not first.endswith((b"{", b",", b"["))


def plan(source: BinaryIO, size: int, block: int) -> list[Unit]:
    """Units of one of the :data:`MODES`, as :func:`batches` takes them."""
    source.seek(0)
    if is_lines(lines.as_utf8(source.read(HEAD))):
        return lines.units(source, size, block, "lines")
    return lines.whole(source, size, "values")


def batches(source: BinaryIO, unit: Unit, known: Callable[[Event], tuple[str, Event]]) -> Iterator[Batch]:
    """The events of a unit. ``known`` gives the kind of a flattened event, and the event as it is to be."""
    found = rows(source, unit) if unit.mode == "lines" else values(source, unit)
    for records in bounded(found):
        batch = Batch()
        for record in records:
            event = record if isinstance(record, Reject) else decode(record[1], record[0])
            if isinstance(event, Reject):
                batch.rejects.append(event)
                continue
            assert isinstance(record, tuple)
            kind, event = known(value.flatten(event))
            batch.events.append(event)
            batch.offsets.append(record[0])
            batch.kinds.append(kind)
            batch.consumed += len(record[1])
        yield batch


def rows(source: BinaryIO, unit: Unit) -> Iterator[Record]:
    """The lines of a text, without those that hold only white space."""
    for piece in lines.pieces(source, unit):
        if isinstance(piece, Reject):
            yield piece
        else:
            yield from split(*piece)


def split(at: int, block: bytes) -> Iterator[Record]:
    """The lines of ``block``, which lies at ``at``."""
    for row in block.split(b"\n"):
        if row and not row.isspace():
            yield at, row
        at += len(row) + 1


def bounded(records: Iterator[Record]) -> Iterator[list[Record]]:
    """``records`` in lists of a few MiB."""
    held: list[Record] = []
    size = 0
    for record in records:
        held.append(record)
        size += len(record[1]) if isinstance(record, tuple) else 0
        if size >= lines.PIECE or len(held) >= 65536:
            yield held
            held, size = [], 0
    if held:
        yield held


def decode(record: bytes, at: int) -> dict[str, Any] | Reject:
    """The object that ``record`` holds, or why there is none.

    orjson decides what is JSON. What it refuses because of a lone surrogate or a byte that is not UTF-8 gets a second
    chance with U+FFFD in its place; NaN, Infinity and numbers beyond a double do not.
    """
    try:
        found = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        found = _again(record, at, error)
    if isinstance(found, dict | Reject):
        return found
    return Reject("not-an-event", at, lines.text(record[:200]))


def _again(record: bytes, at: int, error: orjson.JSONDecodeError) -> Any:
    why = str(error)
    if "recursion" in why.lower() or "depth" in why.lower():
        return Reject("deep-json", at, why)
    if "surrogate" in why.lower() or "utf-8" in why.lower() or not _is_utf8(record):
        try:
            # JSON text with escapes of lone surrogates becomes text with U+FFFD, which orjson can then judge as a
            # whole.
            loose = json.dumps(_LENIENT.decode(lines.text(record).strip()), ensure_ascii=False)
            return orjson.loads(_SURROGATES.sub("\ufffd", loose).encode())
        except RecursionError:
            return Reject("deep-json", at, "nested too deeply")
        except ValueError:
            pass
    return Reject("bad-json", at, f"{why}: {lines.text(record[:200])}")


def _is_utf8(record: bytes) -> bool:
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True


def values(source: BinaryIO, unit: Unit) -> Iterator[Record]:
    """The JSON values of a text that are separated by white space or commas, or are the items of one array.

    After a damaged value reading resumes at the next line, or item, that begins an object.
    """
    stream = lines.stream(source, unit)
    stream.seek(0)
    at, buffer, last, lost = 0, b"", False, False
    while not last:
        data = stream.read(lines.PIECE)
        last = not data
        buffer += data
        if at == 0:
            buffer = _blank_mark(buffer)
        position = _resume(buffer, 0) if lost else 0
        if position < 0:
            buffer, at = buffer[-_TOKEN:], at + max(len(buffer) - _TOKEN, 0)
            continue
        lost = False
        while found := _NEXT.search(buffer, position):
            start = found.start()
            end, error = _end(buffer, start, last)
            if error is None:
                yield at + start, buffer[start:end]
                position = end
                continue
            if end == len(buffer) and not last and end - start <= lines.LONGEST:
                position = start  # its end may be in the next piece
                break
            code = "long-line" if end - start > lines.LONGEST else "deep-json" if error == _DEEP else "bad-json"
            yield Reject(code, at + start, f"{error}: {lines.text(buffer[start : start + 200])}")
            position = _resume(buffer, max(end - 1, start + 1))
            if position < 0:
                lost, position = True, max(end, len(buffer) - _TOKEN)
                break
        else:
            position = len(buffer)
        buffer, at = buffer[position:], at + position


def _resume(buffer: bytes, position: int) -> int:
    """Where the next object begins that looks like a new value, -1 if none does."""
    found = _RESUME.search(buffer, position)
    return found.start(found.lastindex or 0) if found else -1


def _end(buffer: bytes, start: int, last: bool) -> tuple[int, str | None]:
    """Where the value at ``start`` ends, or an error and its place: the end of ``buffer`` if the rest may be missing.

    The value is looked at through a window that grows, as an error in a long text costs json a count of all its lines.
    """
    window = _WINDOW
    while True:
        # One byte is one character in Latin-1, so that json's positions are byte offsets.
        chars = buffer[start : start + window].decode("latin-1")
        all_seen = start + len(chars) == len(buffer)
        try:
            end = _STRICT.raw_decode(chars)[1]
            if end < len(chars) or (all_seen and last) or chars[0] in '{["':
                return start + end, None
            wrong, message = end, "no end"  # a number or a word may go on
        except json.JSONDecodeError as error:
            wrong, message = error.pos, error.msg
        except RecursionError:
            return start + min(len(chars), _WINDOW), _DEEP
        # What is wrong close to the end, or a string without one, may be for want of what follows.
        cut = len(chars) - wrong < _TOKEN or message.startswith("Unterminated string")
        if not cut or (all_seen and last):
            return start + wrong, message
        if all_seen:
            return len(buffer), message
        window *= 4


def _blank_mark(buffer: bytes) -> bytes:
    """A byte order mark as spaces, so that offsets stay true."""
    return b"   " + buffer[3:] if buffer.startswith(codecs.BOM_UTF8) else buffer
