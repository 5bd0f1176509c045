"""CSV whose quoted values may span lines, in a bounded way.

As a stray quote would swallow the rest of a file, a record of many lines that does not fit is taken for a damaged first
line, and reading goes on at the second.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import Unit
from ringleader.schema.batch import Reject

MOST_LINES = 1000
"""Lines of one record."""

csv.field_size_limit(lines.LONGEST)


Row = tuple[int, list[str] | None, str]
"""Offset, values (None when unreadable), first line."""


@dataclass
class Records:
    """What came out of one piece of a file. ``rows`` are read while they are drawn, and no longer there when the next
    piece is."""

    rows: Iterable[Row] = ()
    rejects: list[Reject] = field(default_factory=list)
    consumed: int = 0


def records(
    source: BinaryIO,
    unit: Unit,
    fits: Callable[[list[str]], bool],
    delimiter: str = ",",
    header: Callable[[str], bool] = lambda _: False,
) -> Iterator[Records]:
    """All records of a whole file. ``fits`` says whether values can be a record. It is asked about every record in
    order, so it can learn the names of the columns from the first. ``header`` takes a line where a record would begin,
    and says whether it was none."""
    held: list[tuple[int, str]] = []
    for piece in lines.pieces(source, unit):
        if isinstance(piece, Reject):
            yield Records(_taken(held, fits, delimiter, header, last=True), [piece])
            held = []
            continue
        at, block = piece
        for raw in io.BytesIO(block):
            held.append((at, lines.text(raw)))
            at += len(raw)
        rows = _taken(held, fits, delimiter, header, last=False)
        yield Records(rows, consumed=len(block))
    yield Records(_taken(held, fits, delimiter, header, last=True))


def _taken(
    held: list[tuple[int, str]],
    fits: Callable[[list[str]], bool],
    delimiter: str,
    header: Callable[[str], bool],
    *,
    last: bool,
) -> Iterator[Row]:
    """Take from ``held`` the records that are whole; with ``last`` all there is."""
    first = 0
    while first < len(held):
        at, line = held[first]
        if not line.strip() or header(line):
            first += 1
            continue
        count = span(held, first)
        if count == 0 and not last:
            break  # the record goes on in the next piece
        count = max(count, 1)
        values = row("".join(text for _, text in held[first : first + count]), delimiter)
        if (values is None or not fits(values)) and count != 1:
            count, values = 1, row(line, delimiter)
            if values is not None:
                fits(values)
        yield at, values, line
        first += count
    del held[:first]


def span(held: list[tuple[int, str]], first: int) -> int:
    """How many lines the record has that begins at ``first``: up to where its quotes are even.

    0 when the lines end before, -1 when the record is longer than any should be.
    """
    quotes = size = 0
    for index in range(first, len(held)):
        text = held[index][1]
        quotes += text.count('"')
        size += len(text)
        if quotes % 2 == 0:
            return index - first + 1
        if size > lines.LONGEST or index - first >= MOST_LINES:
            return -1
    return 0


def row(text: str, delimiter: str = ",") -> list[str] | None:
    """The values of one record, None when it is damaged."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline="\n"), strict=True, delimiter=delimiter))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
