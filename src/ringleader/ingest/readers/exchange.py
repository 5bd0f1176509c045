"""Exchange's CSV logs with a ``#Fields`` header: HttpProxy, ECP Server, OABGeneratorLog and others of the family.

Field names are those of ``#Fields``; an empty value means that the field is missing. A quoted value may span lines. As
a stray quote would then swallow the rest of a file, a record of many lines that does not have the right number of
values is taken for a damaged first line, and reading goes on at the second.
"""

from __future__ import annotations

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
        found = csv_text.records(source, unit, lambda row: len(row) == len(header.fields), header=header.take)
        for piece in found:
            batch = Batch(consumed=piece.consumed)
            for at, row, line in piece.rows:
                _record(at, row, line, header, batch)
            batch.rejects += piece.rejects
            yield batch

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

    def take(self, line: str) -> bool:
        """Whether ``line`` is a header line; it holds from now on."""
        if not line.startswith(("#", '"#')):
            return False
        name, _, value = line.strip().strip('"').partition(":")
        if name == "#Fields":
            self.fields = [field.strip() for field in value.split(",")]
        elif name.lower() == "#log-type":
            word = kind.slug(value)
            squeezed = word.replace("-", "")
            self.kind = "exchange/" + next((short for sign, short in _NAMED if sign in squeezed), word)
        return True


def _record(at: int, row: list[str] | None, line: str, header: _Header, batch: Batch) -> None:
    if row is not None and row == header.fields:
        return  # the names of the columns again, as the first line of some of these logs
    if row is not None and len(row) == len(header.fields):
        batch.events.append({name: value for name, value in zip(header.fields, row, strict=True) if value})
        batch.offsets.append(at)
        batch.kinds.append(header.kind)
    elif header.fields or not _is_names(row):
        detail = f"{len(row) if row else 'unreadable'} values for {len(header.fields)} fields: {line[:200]}"
        batch.rejects.append(Reject("bad-row", at, detail))


def _is_names(row: list[str] | None) -> bool:
    """Whether the row names columns: some logs begin with such a line, before their header."""
    return bool(row) and row is not None and all(re.fullmatch(r"[A-Za-z][\w -]*", name) for name in row)
