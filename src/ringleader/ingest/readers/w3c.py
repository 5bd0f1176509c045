"""W3C extended log files, as IIS writes them.

Field names are those of ``#Fields``, with ``cs(User-Agent)`` as ``cs-user-agent``; ``-`` and nothing mean that a field
is missing. Where rows have no ``date`` they get that of the ``#Date`` header above them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import kind
from ringleader.schema.batch import Batch, Event, Reject

_FIELDS = re.compile(rb"^#Fields:[ \t]*([^\r\n]*)", re.MULTILINE)
_IN_BRACKETS = re.compile(r"^(\w+)\((.+)\)$")


class W3c:
    name = "w3c"

    def sniff(self, head: bytes) -> bool:
        fields = _FIELDS.search(head)
        return fields is not None and b"," not in fields[1] and bool({b"time", b"date"} & set(fields[1].split()))

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        return lines.units_with_headers(source, size, block, _directive)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        header = _Header()
        for line in unit.header:
            header.take(line)
        for piece in lines.pieces(source, unit):
            if isinstance(piece, Reject):
                yield Batch(rejects=[piece])
            else:
                yield _rows(*piece, header)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        date, time = event.get("date"), event.get("time")
        return f"{date} {time}" if date and time else None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        found = event.get("s-computername", event.get("s-ip"))
        return found if isinstance(found, str) else None


def _directive(line: str) -> str | None:
    """``Fields`` of ``#Fields: ...``; a comment has none."""
    name, colon, _ = line[1:].partition(":")
    return name if colon and name.replace("-", "").isalpha() else None


class _Header:
    """The header lines in force."""

    def __init__(self) -> None:
        self.fields: list[str] = []
        self.date = ""
        self.kind = "web/iis"

    def take(self, line: str) -> None:
        value = line.partition(":")[2].strip()
        match _directive(line):
            case "Fields":
                self.fields = [_canonical(name) for name in value.split()]
            case "Date":
                self.date = value[:10]
            case "Software":
                iis = "internet information services" in value.lower()
                self.kind = "web/iis" if iis else f"w3c/{kind.slug(value)}"


def _canonical(name: str) -> str:
    """``cs(User-Agent)`` as ``cs-user-agent``, other names as they are."""
    inner = _IN_BRACKETS.match(name)
    return f"{inner[1]}-{inner[2]}".lower() if inner else name


def _rows(at: int, block: bytes, header: _Header) -> Batch:
    batch = Batch(consumed=len(block))
    for raw in block.split(b"\n"):
        line = lines.text(raw).rstrip("\r")
        if line.startswith("#"):
            header.take(line)
        elif line and not line.isspace():
            values = line.split(" ")
            if len(values) != len(header.fields):
                values = line.split()  # an empty field is written as a dash; doubled spaces mean nothing
            if len(values) == len(header.fields):
                pairs = zip(header.fields, values, strict=True)
                event: Event = {name: value for name, value in pairs if value and value != "-"}
                if header.date and "date" not in header.fields:
                    event["date"] = header.date
                batch.events.append(event)
                batch.offsets.append(at)
                batch.kinds.append(header.kind)
            else:
                detail = f"{len(values)} values for {len(header.fields)} fields: {line[:200]}"
                batch.rejects.append(Reject("bad-row", at, detail))
        at += len(raw) + 1
    return batch
