"""What a reader hands on: decoded events, in batches, with everything needed to place each one in its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
"""Field name to decoded JSON value: str, int, float, bool, None, or a list of these. No inner objects (see
``value.flatten``)."""


NOTICES = frozenset({"duplicate", "no-year", "year-from-file-time"})
"""Codes of rejects with which nothing is lost: the events are in the store all the same."""


@dataclass(slots=True)
class Reject:
    """One piece of evidence that could not be used, and why. ``offset`` is in bytes, -1 if it concerns all of
    it."""

    code: str
    offset: int
    detail: str


@dataclass(slots=True)
class Batch:
    """Some decoded events, few enough to stay in the processor's cache.

    ``kinds``, ``events`` and ``offsets`` have one entry per event.

    ``offsets`` places an event in its evidence and is unique there: the byte offset of its line or record, in the
    evidence's text as UTF-8 where that is UTF-16.

    ``renames`` maps a canonical field name to the name that this exporter uses for it (NXLog writes ``Hostname`` for
    ``Computer``). Events are not rewritten, for speed: ask ``renames.get(name, name)`` for the key of ``name``. A
    reader guarantees that an event never holds both names.

    ``raw`` is the JSON text that the events were decoded from, with ``raw_start`` the offset of its first byte, or
    None. It lets the kernel look for a keyword in all values at once. Given only where each event's text lies at its
    offset.
    """

    kinds: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    renames: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    raw_start: int = 0
    consumed: int = 0
    """Bytes of the evidence behind this batch, for progress."""

    def __len__(self) -> int:
        return len(self.events)
