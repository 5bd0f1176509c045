"""Windows events as JSON: flat (NXLog), Winlogbeat 6 to 8, nested (evtx_dump); lines, objects in a row, or one array.

This is the path on which most evidence comes, so a block of flat events costs little more than ``orjson.loads`` of its
lines: events are decoded in one comprehension and not touched again. Only what a comprehension finds odd is looked at
one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import BinaryIO

import orjson

from ringleader.ingest.readers import json_text, lines, windows
from ringleader.ingest.readers.base import BLOCK, HEAD, Unit
from ringleader.schema import value
from ringleader.schema.batch import Batch, Reject

_LINES, _VALUES = "lines", "values"


class WindowsJson:
    name = "windows-json"

    def sniff(self, head: bytes) -> bool:
        return json_text.is_json(head) and json_text.has_key(head, _KEYS)

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        source.seek(0)
        if json_text.is_lines(lines.as_utf8(source.read(HEAD))):
            return lines.units(source, size, block, _LINES)
        return lines.whole(source, size, _VALUES)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        if unit.mode == _LINES:
            kinds: dict[tuple[object, object], str] = {}
            for piece in lines.pieces(source, unit):
                if isinstance(piece, Reject):
                    yield Batch(rejects=[piece])
                else:
                    batch = _flat(*piece, kinds)
                    for each in [batch] if batch else _any(json_text.split(*piece), len(piece[1])):
                        if unit.encoding == "utf-8":
                            each.raw, each.raw_start = piece[1], piece[0]
                        yield each
        else:
            for some in json_text.bounded(json_text.values(source, unit)):
                yield from _any(some, sum(len(record[1]) for record in some if isinstance(record, tuple)))

    time = staticmethod(windows.time)
    host = staticmethod(windows.host)


_KEYS = rb"EventID|event_id|winlog(?:\.[\w.]+)?|EventRecordID"


def _flat(at: int, block: bytes, kinds: dict[tuple[object, object], str]) -> Batch | None:
    """The block's events if all of them are flat, None otherwise. ``kinds`` remembers from block to block."""
    rows = block.split(b"\n")
    if not rows[-1]:
        del rows[-1]
    try:
        if not windows.is_flat(orjson.loads(rows[0])):
            return None
        events = list(map(orjson.loads, rows))
        keys = [(event["Channel"], event["EventID"]) for event in events]
        names = list(map(kinds.get, keys))
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return None
    if None in names:
        for channel, number in set(keys).difference(kinds):
            kinds[channel, number] = windows.kind_of(channel, number)
        names = list(map(kinds.get, keys))
    for index in [index for index, event in enumerate(events) if dict in map(type, event.values())]:
        events[index] = value.flatten(events[index])
    for name in windows.FLAT:
        for event in [event for event in events if name in event]:
            windows.fit_flat(event)
    offsets = list(accumulate([len(row) + 1 for row in rows[:-1]], initial=at))
    return Batch(names, events, offsets, [], windows.FLAT, consumed=len(block))  # type: ignore[arg-type]


def _any(records: Iterable[json_text.Record], consumed: int) -> Iterator[Batch]:
    """Events of any shape; flat ones apart from the others, as they go by other names."""
    flat, other = Batch(renames=windows.FLAT), Batch(consumed=consumed)
    for record in records:
        found = record if isinstance(record, Reject) else json_text.decode(record[1], record[0])
        if isinstance(found, Reject):
            other.rejects.append(found)
            continue
        if windows.is_flat(found):
            batch, event = flat, value.flatten(found)
            windows.fit_flat(event)
            kind = windows.kind_of(event.get("Channel"), event.get("EventID"))
        else:
            batch, event = other, windows.canonical(found)
            kind = windows.own_kind(event)
        batch.events.append(event)
        batch.offsets.append(record[0])  # type: ignore[index]
        batch.kinds.append(kind)
    yield from (batch for batch in (flat, other) if batch.events or batch.rejects or batch.consumed)
