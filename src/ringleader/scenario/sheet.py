"""The lines that one unit of work writes: gathered by log, brought into order of time, compressed, and the places of
labelled lines noted for the truth."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ringleader.scenario import rhythm

NUMBER = b'"\\u0001"'
"""What a JSON line has in the place of its record number, until its log is in order."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is begun anew each day. ``path`` goes through strftime; ``header`` gets the day's first moment.
    Lines of logs with ``numbered`` hold :data:`NUMBER`."""

    path: str
    header: Callable[[int], bytes] | None = None
    numbered: bool = False


class Label(NamedTuple):
    """Whose line it is: what the truth says of it."""

    actor: str
    intrusion: str
    step: int
    technique: str


Series = tuple[str, int]
"""What numbers records apart, such as a host and channel, and the day on which it began."""

# Time, the order in which it came, the line, whose it is, what numbers it.
_Line = tuple[int, int, bytes, Label | None, Series]


class Mark(NamedTuple):
    """A labelled line in a file that was written. ``evidence_id`` is the SHA-256 of the file's plain bytes."""

    path: str
    evidence_id: str
    offset: int
    line: int
    time: int
    label: Label


class Written(NamedTuple):
    files: list[tuple[str, int]]
    """Path and number of lines."""
    marks: list[Mark]


class Sheet:
    """``day`` names the files. Lines may come in any order; equal times keep the order in which they came."""

    def __init__(self, day: int) -> None:
        self.day = day
        self._lines: dict[str, tuple[Log, list[_Line]]] = {}
        self._count = 0

    def add(self, log: Log, time: int, line: bytes, label: Label | None, series: Series = ("", 0)) -> None:
        self._count += 1
        found = self._lines.get(log.path)
        if found is None:
            found = self._lines[log.path] = (log, [])
        found[1].append((time, self._count, line, label, series))

    def write(self, folder: Path) -> Written:
        written = Written([], [])
        for path in sorted(self._lines):
            self._write(*self._lines[path], folder, written)
        return written

    def _write(self, log: Log, lines: list[_Line], folder: Path, written: Written) -> None:
        start = self.day * rhythm.DAY
        name = rhythm.stamp(start).strftime(log.path)
        header = log.header(start) if log.header else b""
        at, number = len(header), header.count(b"\n")
        marks: list[tuple[int, int, int, Label]] = []
        records: dict[Series, int] = {}
        out = [header]
        lines.sort()  # no two have the same number in order: the rest is never compared
        for time, _, line, label, series in lines:
            if log.numbered:
                record = records[series] = records.get(series, (self.day - series[1]) * _A_DAY) + 1
                head, _, tail = line.partition(NUMBER)
                line = b"%b%d%b\n" % (head, record, tail)
            else:
                line += b"\n"
            number += 1
            if label is not None:
                marks.append((at, number, time, label))
            at += len(line)
            out.append(line)
        plain = b"".join(out)
        evidence_id = hashlib.sha256(plain).hexdigest() if marks else ""
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".gz"):
            # As logrotate does it: at the end of the day. The moment tells readers the year of stamps without one.
            plain = gzip.compress(plain, compresslevel=1, mtime=start // rhythm.SECOND + 86_400)
        target.write_bytes(plain)
        written.files.append((name, len(lines)))
        written.marks.extend(Mark(name, evidence_id, *mark) for mark in marks)


_A_DAY = 1_000_000
"""Record numbers that a day has room for, in each series."""
