"""What a reader is: one file with one class, which knows one format, and one line in the registry
(``readers/__init__.py``).

A reader never raises for what a file contains: what cannot be used becomes a :class:`~ringleader.schema.batch.Reject`,
whose code is explained in :data:`CODES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ringleader.schema.batch import Batch, Event

HEAD = 64 << 10
"""Bytes from the start of a file by which its format is told."""

BLOCK = 16 << 20
"""Bytes of a work unit."""

CODES: dict[str, str] = {
    "bad-json": "the text of this record is not JSON",
    "deep-json": "the JSON of this record is nested too deeply to be decoded",
    "not-an-event": "the record is JSON but not an object",
    "long-line": "the record is longer than 16 MiB",
    "bad-row": "the row does not have as many values as the header has fields, or no header came before it",
    "bad-line": "the line does not have the form that lines of this format have",
    "no-year": "stamps without a year, from here on: the events were read, but their time is unknown",
    "year-from-file-time": "stamps without a year, from here on: the year is that of the file's time of change",
    "truncated-chunk": "the file ends inside this EVTX chunk; what follows is missing, the records before it were read",
    "bad-chunk": "this EVTX chunk is damaged; the detail says how many records seem to be in it",
    "bad-record": "this EVTX record is damaged",
}
"""Every code that a reader gives, and its meaning."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a file that can be read alone: the records whose first byte lies in ``[start, end)``.

    ``header`` holds the header lines in force at ``start``. ``mode`` is the reader's own. ``encoding`` is ``utf-8``
    unless the file must be decoded as a whole; ``start``, ``end`` and all offsets then count bytes of its UTF-8 text.
    """

    start: int
    end: int
    header: tuple[str, ...] = ()
    mode: str = ""
    encoding: str = "utf-8"


class Reader(Protocol):
    """One format. Methods keep no state: any process may read any unit."""

    name: str

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` (at most :data:`HEAD` bytes, in UTF-8 if text) has this format."""

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        """The units of the file, in order. What is read does not depend on ``block``."""

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        """The events of one unit, streamed."""

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        """When the event happened, as the source says it."""

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        """The host that the event happened on, as the source says it."""
