"""Oracle's UNIFIED_AUDIT_TRAIL exported as CSV, with the names of its columns in the first line.

Field names are those of the view, in capitals; an empty value means that the field is missing. Comma, semicolon, tab or
``|`` stand between values. The event has no host: ``USERHOST`` is where the client was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import csv_text, lines
from ringleader.ingest.readers.base import BLOCK, HEAD, Unit
from ringleader.schema.batch import Batch, Event, Reject

_NAMES = frozenset(("DBUSERNAME", "ACTION_NAME"))
_HEADER = re.compile(rb"^[\"\w $#]{0,200}[,;\t|][^\r\n]{0,8000}", re.MULTILINE)
_MONTHS = {
    name: n
    for n, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
}
# NLS_TIMESTAMP_FORMAT as it is after installation: 01-MAR-24 10.00.00.123456 AM
_NLS = re.compile(
    r"(\d\d?)-([A-Z]{3})-(\d{4}|\d\d) (\d\d?)[.:](\d\d)[.:](\d\d)(?:[.,](\d{1,9}))?"
    r"(?: (AM|PM))?(?: (UTC|[+-]\d\d:\d\d))?",
    re.IGNORECASE,
)


class OracleCsv:
    name = "oracle-csv"

    def sniff(self, head: bytes) -> bool:
        return _delimiter(head) is not None

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        # Only reading from the start tells whether a line end is inside quotes.
        source.seek(0)
        return lines.whole(source, size, _delimiter(lines.as_utf8(source.read(HEAD))) or ",")

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        header = _Header()
        for found in csv_text.records(source, unit, header.fits, unit.mode or ","):
            batch = Batch(rejects=found.rejects, consumed=found.consumed)
            for at, values, line in found.rows:
                if values and len(values) == len(header.fields):
                    if _names(values) != header.fields:
                        pairs = zip(header.fields, values, strict=True)
                        batch.events.append({name: value for name, value in pairs if value})
                        batch.offsets.append(at)
                        batch.kinds.append("db/oracle")
                else:
                    number = len(values) if values else "unreadable"
                    detail = f"{number} values for {len(header.fields)} fields: {line[:200]}"
                    batch.rejects.append(Reject("bad-row", at, detail))
            yield batch

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        found = event.get("EVENT_TIMESTAMP_UTC", event.get("EVENT_TIMESTAMP"))
        return _iso(found) if isinstance(found, str) else None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        return None


class _Header:
    """The names of the columns, from the first row that has those of the view."""

    def __init__(self) -> None:
        self.fields: list[str] = []

    def fits(self, values: list[str]) -> bool:
        if not self.fields and set(_names(values)) >= _NAMES:
            self.fields = _names(values)
        return len(values) == len(self.fields)


def _names(values: list[str]) -> list[str]:
    return [value.strip().upper() for value in values]


def _delimiter(head: bytes) -> str | None:
    """What stands between the names of the columns; None when the first line that could name some does not."""
    header = _HEADER.search(head)
    line = header[0].decode("utf-8", "replace").upper() if header else ""
    for delimiter in (",", ";", "\t", "|"):
        if {name.strip().strip('"') for name in line.split(delimiter)} >= _NAMES:
            return delimiter
    return None


def _iso(stamp: str) -> str:
    found = _NLS.fullmatch(stamp.strip()) if len(stamp) < 64 else None
    if found is None or found[2].upper() not in _MONTHS:
        return stamp
    year = int(found[3])
    if year < 100:
        year += 2000 if year < 50 else 1900  # as Oracle's RR
    hour = int(found[4])
    if found[8]:
        hour = hour % 12 + 12 * (found[8].upper() == "PM")
    zone = "" if not found[9] or found[9].upper() == "UTC" else found[9]
    day = f"{year:04}-{_MONTHS[found[2].upper()]:02}-{int(found[1]):02}"
    return f"{day}T{hour:02}:{found[5]}:{found[6]}.{found[7] or '0'}{zone or 'Z'}"
