"""The year of stamps that have none (``Mar  1 10:00:00``, RFC 3164), from the other evidence of the file.

Going down the file, December before January means a new year. Which year that makes of the first line is what most of
the file's stamps with a year say; where there are none, the last line was written in the last year that does not put
it after the file's time of change (so copy such files with their times). Where that is unknown too, there is no year.
Who takes a year from here says from where.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import Unit
from ringleader.schema.batch import Reject

MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}

_STAMP = re.compile(
    rb"^(?:<\d{1,3}>(?:1 )?)?(?:(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([ \d]\d) |(\d{4})-(\d\d)-\d\d[T ])",
    re.MULTILINE,
)


@dataclass
class Years:
    """Where the walk down the file is. ``base`` is the year of its first line, None when unknown; ``origin`` is
    ``log`` or ``file-time``; ``first`` the offset of the first stamp without a year, -1 if none."""

    base: int | None = None
    origin: str = ""
    first: int = -1
    wraps: int = 0
    month: int = 0

    def take(self, line: bytes) -> int | None:
        """The year of the next line; None when unknown, or when the line has its own."""
        stamp = _STAMP.match(line)
        if stamp is None:
            return None
        self._step(stamp)
        return None if self.base is None or stamp[1] is None else self.base + self.wraps

    def _step(self, stamp: re.Match[bytes]) -> None:
        month = MONTHS[stamp[1].decode()] if stamp[1] else int(stamp[4])
        if self.month and month - self.month <= -6:
            self.wraps += 1
        elif self.month and month - self.month >= 6:
            self.wraps -= 1  # a line that came late
        self.month = month

    def notice(self, at: int) -> Reject | None:
        """What must be said at the first stamp without a year."""
        if at != self.first or self.origin == "log":
            return None
        if self.base is None:
            return Reject("no-year", at, "stamps without a year, and nothing in or about the file tells it")
        return Reject(
            "year-from-file-time", at, f"stamps without a year: taken from the file's time; starts {self.base}"
        )


def planned(source: BinaryIO, units: list[Unit]) -> list[Unit]:
    """``units`` with the state of the walk at the start of each as their mode."""
    if not units:
        return units
    walk, votes, states, last = Years(), Counter[int](), list[Years](), (0, 0)
    for piece in lines.pieces(source, replace(units[0], end=units[-1].end)):
        if isinstance(piece, Reject):
            continue
        at, data = piece
        for stamp in _STAMP.finditer(data):
            while len(states) < len(units) and units[len(states)].start <= at + stamp.start():
                states.append(replace(walk))
            walk._step(stamp)
            if stamp[3]:
                year = int(stamp[3])
                votes.update([year - walk.wraps] if 1990 <= year < 2100 else [])
            else:
                walk.first = at + stamp.start() if walk.first < 0 else walk.first
                last = (walk.month, int(stamp[2]))
    states += [replace(walk) for _ in units[len(states) :]]
    base, origin = None, ""
    if votes:
        base, origin = min(votes, key=lambda year: (-votes[year], year)), "log"
    elif walk.first >= 0 and (until := _changed(source)):
        base, origin = until.year - ((until.month, until.day) < last) - walk.wraps, "file-time"
    return [
        replace(unit, mode=f"{base or 0},{origin},{walk.first},{state.wraps},{state.month}")
        for unit, state in zip(units, states, strict=True)
    ]


def begun(mode: str) -> Years:
    base, origin, first, wraps, month = mode.split(",")
    return Years(int(base) or None, origin, int(first), int(wraps), int(month))


def _changed(source: BinaryIO) -> datetime | None:
    """When the file was last written to, plus a day for zones; None if unknown: no file, or a member without a time."""
    try:
        seconds = os.fstat(source.fileno()).st_mtime
        changed = datetime.fromtimestamp(seconds, UTC) + timedelta(days=1)
    except (OSError, io.UnsupportedOperation, ValueError, OverflowError):
        return None
    return changed if 1990 <= changed.year < 2100 else None
