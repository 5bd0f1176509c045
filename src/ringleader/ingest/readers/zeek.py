"""Zeek logs as tab-separated values.

Field names are those of ``#fields``. An unset field is missing, ``(empty)`` an empty string or list, sets and vectors
are lists, ``T`` and ``F`` booleans, times and intervals numbers: as in Zeek's JSON. ``\\x09`` in a value is a tab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.ingest.readers.zeek_json import slug
from ringleader.schema.batch import Batch, Event, Reject

_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_START = re.compile(rb"^#separator |^#fields\t", re.MULTILINE)


class Zeek:
    name = "zeek"

    def sniff(self, head: bytes) -> bool:
        return _START.search(head) is not None

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
        found = event.get("ts")
        return found if isinstance(found, str | float) else None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        return None


def _directive(line: str) -> str | None:
    """``fields`` of ``#fields<tab>...``. ``#separator`` alone is followed by a space."""
    return re.split(r"[^a-z_]", line[1:], maxsplit=1)[0] or None


class _Header:
    """The header lines in force."""

    def __init__(self) -> None:
        self.separator, self.within, self.empty, self.unset = "\t", ",", "(empty)", "-"
        self.kind = "zeek/unknown"
        self.fields: list[str] = []
        self.types: list[Callable[[str], Any]] = []

    def take(self, line: str) -> None:
        name = _directive(line)
        if name == "separator":
            self.separator = _unescaped(line.removeprefix("#separator").strip(" ")) or "\t"
            return
        values = line.split(self.separator)[1:]
        if name == "fields":
            self.fields, self.types = values, [self._text] * len(values)
        elif name == "types":
            self.types = [self._type(word) for word in values]
        elif values and values[0]:
            match name:
                case "set_separator":
                    self.within = values[0]
                case "empty_field":
                    self.empty = values[0]
                case "unset_field":
                    self.unset = values[0]
                case "path":
                    self.kind = "zeek/" + slug(values[0])

    def _type(self, word: str) -> Callable[[str], Any]:
        if word.startswith(("set[", "vector[")):
            item = self._type(word[word.index("[") + 1 :].rstrip("]"))
            return lambda value: [] if value == self.empty else [item(part) for part in value.split(self.within)]
        return {"bool": _bool, "time": _number, "interval": _number, "double": _number}.get(word, self._text)

    def _text(self, value: str) -> str:
        return "" if value == self.empty else _unescaped(value)


def _bool(value: str) -> bool | str:
    return value == "T" if value in ("T", "F") else value


def _number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value) if "\\x" in value else value


def _rows(at: int, block: bytes, header: _Header) -> Batch:
    batch = Batch(consumed=len(block))
    for raw in block.split(b"\n"):
        line = lines.text(raw).rstrip("\r")
        if line.startswith("#"):
            header.take(line)
        elif line and not line.isspace():
            values = line.split(header.separator)
            if len(values) == len(header.fields) == len(header.types):
                rows = zip(header.fields, header.types, values, strict=True)
                batch.events.append({name: of(value) for name, of, value in rows if value != header.unset})
                batch.offsets.append(at)
                batch.kinds.append(header.kind)
            else:
                detail = f"{len(values)} values for {len(header.fields)} fields: {line[:200]}"
                batch.rejects.append(Reject("bad-row", at, detail))
        at += len(raw) + 1
    return batch
