"""Exchange's CSV logs with a ``#Fields`` header: HttpProxy, ECP Server, OABGeneratorLog and others of the family.

Field names are those of ``#Fields``; an empty value means that the field is missing. A quoted value may span lines. As
a stray quote would then swallow the rest of a file, a record of many lines that does not have the right number of
values is taken for a damaged first line, and reading goes on at the second.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import csv_text, lines
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import kind
from ringleader.schema.batch import Batch, Event, Reject

_FIELDS = re.compile(rb"^\"?#Fields:[ \t]*([^\r\n]*)", re.MULTILINE)
# Words in #Log-type, and the kind.
_NAMED = (("httpproxy", "httpproxy"), ("ecp", "ecp"), ("oab", "oab"))


class Exchange:
    name = "exchange"

    def sniff(self, head: bytes) -> bool:
        fields = _FIELDS.search(head)
        return fields is not None and b"," in fields[1]

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        # Only reading from the start tells whether a line end is inside quotes. Exchange begins a new file every 10 MB.
        return lines.whole(source, size)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        header = _Header()
        held: list[tuple[int, str]] = []
        for piece in lines.pieces(source, unit):
            if isinstance(piece, Reject):
                yield _records(held, header, last=True)
                yield Batch(rejects=[piece])
                held = []
                continue
            at, block = piece
            for raw in io.BytesIO(block):
                held.append((at, lines.text(raw)))
                at += len(raw)
            batch = _records(held, header, last=False)
            batch.consumed = len(block)
            yield batch
        yield _records(held, header, last=True)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        for name in ("DateTime", "TimeStamp", "Timestamp", "date-time"):
            if name in event:
                return event[name]  # type: ignore[no-any-return]
        return None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        for name in ("ServerHostName", "ServerName", "server-hostname", "Server"):
            if name in event:
                return event[name]  # type: ignore[no-any-return]
        return None


class _Header:
    """The header lines in force."""

    def __init__(self) -> None:
        self.fields: list[str] = []
        self.kind = "exchange/unknown"

    def take(self, line: str) -> None:
        name, _, value = line.strip().strip('"').partition(":")
        if name == "#Fields":
            self.fields = [field.strip() for field in value.split(",")]
        elif name.lower() == "#log-type":
            word = kind.slug(value)
            squeezed = word.replace("-", "")
            self.kind = "exchange/" + next((short for sign, short in _NAMED if sign in squeezed), word)


def _records(held: list[tuple[int, str]], header: _Header, *, last: bool) -> Batch:
    """Take from ``held`` the records that are whole; with ``last`` all there is."""
    batch = Batch()
    first = 0
    while first < len(held):
        at, line = held[first]
        if not line.strip():
            first += 1
            continue
        if line.startswith(("#", '"#')):
            header.take(line)
            first += 1
            continue
        count = csv_text.span(held, first)
        if count == 0 and not last:
            break  # the record goes on in the next piece
        count = max(count, 1)
        row = csv_text.row("".join(text for _, text in held[first : first + count]))
        if count != 1 and (row is None or len(row) != len(header.fields)):
            count, row = 1, csv_text.row(line)
        if row is not None and row == header.fields:
            pass  # the names of the columns again, as the first line of some of these logs
        elif row is not None and len(row) == len(header.fields):
            batch.events.append({name: value for name, value in zip(header.fields, row, strict=True) if value})
            batch.offsets.append(at)
            batch.kinds.append(header.kind)
        elif header.fields or not _is_names(row):
            detail = f"{len(row) if row else 'unreadable'} values for {len(header.fields)} fields: {line[:200]}"
            batch.rejects.append(Reject("bad-row", at, detail))
        first += count
    del held[:first]
    return batch


def _is_names(row: list[str] | None) -> bool:
    """Whether the row names columns: some logs begin with such a line, before their header."""
    return bool(row) and row is not None and all(re.fullmatch(r"[A-Za-z][\w -]*", name) for name in row)
