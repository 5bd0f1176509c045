"""One record of JSON, decoded as leniently as is honest, and JSON values one after another in a text."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import Unit
from ringleader.schema.batch import Reject

_SURROGATES = re.compile("[\ud800-\udfff]")
_LENIENT = json.JSONDecoder(strict=False)
_STRICT = json.JSONDecoder()
_BEGIN = re.compile(rb"^\s*\[?\s*\{", re.MULTILINE)
_NEXT = re.compile(rb"[^\s,\[\]]")
_RESUME = re.compile(rb"(?:^|\n)[ \t]*,?[ \t]*(\{)|\}\s*,\s*(\{)|\}\s*\n\s*(\{)")


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
    """The JSON values of a text that are separated by white space or commas, or are the items of one array, as (offset,
    text).

    After a damaged value reading resumes at the next line that begins an object.
    """
    stream = lines.stream(source, unit)
    stream.seek(0)
    at, buffer, last = 0, b"", False
    while not last:
        data = stream.read(lines.PIECE)
        last = not data
        buffer += data
        if at == 0:
            buffer = _blank_mark(buffer)
        position = 0
        # One byte is one character in Latin-1, so that json's positions are byte offsets.
        chars = buffer.decode("latin-1")
        while found := _NEXT.search(buffer, position):
            start = found.start()
            try:
                position = _STRICT.raw_decode(chars, start)[1]
                if position == len(chars) and not last and chars[start] not in '{["':
                    position = start  # a number or a word may go on in the next piece
                    break
                yield at + start, buffer[start:position]
            except (json.JSONDecodeError, RecursionError) as error:
                wrong = error.pos if isinstance(error, json.JSONDecodeError) else start + lines.PIECE // 64
                if not last and len(chars) - start <= lines.LONGEST and _may_go_on(error, wrong, len(chars)):
                    position = start
                    break
                resume = _RESUME.search(buffer, max(wrong, start + 1))
                position = resume.start(resume.lastindex or 0) if resume else len(buffer)
                deep = isinstance(error, RecursionError)
                detail = f"{error}: {lines.text(buffer[start : start + 200])}"
                yield Reject("deep-json" if deep else "bad-json", at + start, detail)
        else:
            position = len(buffer)
        buffer, at = buffer[position:], at + position


def _may_go_on(error: Exception, wrong: int, length: int) -> bool:
    """Whether the value may only lack its end: what is wrong is within a token's reach of the end, or a string has no
    end.
    """
    return isinstance(error, json.JSONDecodeError) and (length - wrong < 64 or "Unterminated string" in str(error))


def _blank_mark(buffer: bytes) -> bytes:
    """A byte order mark as spaces, so that offsets stay true."""
    return b"   " + buffer[3:] if buffer.startswith(codecs.BOM_UTF8) else buffer
