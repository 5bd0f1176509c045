"""CSV that no spreadsheet executes: every field is quoted, an apostrophe stands before what begins like a formula,
hidden characters and line breaks are spelled out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from ringleader.export import text


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file, line by line, with CR LF as RFC 4180 wants it."""
    held = io.StringIO()
    table = csv.writer(held, quoting=csv.QUOTE_ALL)
    table.writerow(columns)
    for row in rows:
        yield _taken(held)
        table.writerow(["" if value is None else text.cell(value) for value in row])
    yield _taken(held)


def _taken(held: io.StringIO) -> str:
    line = held.getvalue()
    held.seek(0)
    held.truncate()
    return line
