"""Alerts of any other product, as CSV with a header or as JSON: a time, a name, and a host or an address.

Which columns those are is listed in ``schema/alerts.yml``; all columns stay in the event. Names of CSV columns are
taken in lower case, an empty value means that the field is missing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import alerts_json, csv_text, json_text, lines
from ringleader.ingest.readers.base import BLOCK, HEAD, Unit
from ringleader.schema import alert
from ringleader.schema.batch import Batch, Event, Reject

_DELIMITERS = (",", ";", "\t", "|")
_KEY = re.compile(rb'"([^"\\\n]{1,80})"\s*:')


class Alerts:
    name = "alerts"

    def sniff(self, head: bytes) -> bool:
        if json_text.is_json(head):
            keys = {key.decode("utf-8", "replace") for key in _KEY.findall(head[:8192])}
            return _names_alerts(keys) and not alerts_json.is_known(head)
        return _delimiter(head) is not None

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        source.seek(0)
        head = lines.as_utf8(source.read(HEAD))
        # Only reading from the start tells whether a line end is inside quotes.
        return (
            alerts_json.plan(source, size, block)
            if json_text.is_json(head) and _delimiter(head) is None
            else lines.whole(source, size, _delimiter(head) or ",")
        )

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        if unit.mode in alerts_json.MODES:
            yield from alerts_json.read(source, unit, lambda event: alert.GENERIC)
            return
        header = _Header()
        for found in csv_text.records(source, unit, header.fits, unit.mode):
            batch = Batch(rejects=found.rejects, consumed=found.consumed)
            for at, values, line in found.rows:
                if values and len(values) == len(header.fields):
                    if _names(values) != header.fields:
                        batch.events.append({n: v for n, v in zip(header.fields, values, strict=True) if n and v})
                        batch.offsets.append(at)
                        batch.kinds.append(alert.GENERIC)
                else:
                    number = len(values) if values else "unreadable"
                    detail = f"{number} values for {len(header.fields)} fields: {line[:200]}"
                    batch.rejects.append(Reject("bad-row", at, detail))
            yield batch

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        return alert.first(event, alert.shapes()[alert.GENERIC].time) or None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        shape = alert.shapes()[alert.GENERIC]
        return alert.first(event, [*shape.host, *shape.address]) or None


class _Header:
    """The names of the columns, from the first row that can name those of alerts."""

    def __init__(self) -> None:
        self.fields: list[str] = []

    def fits(self, values: list[str]) -> bool:
        if not self.fields and _names_alerts(_names(values)):
            self.fields = _names(values)
        return len(values) == len(self.fields)


def _names(values: list[str]) -> list[str]:
    return [value.strip().lower() for value in values]


def _names_alerts(names: Collection[str]) -> bool:
    shape = alert.shapes()[alert.GENERIC]
    return all(not set(names).isdisjoint(some) for some in (shape.time, shape.title, [*shape.host, *shape.address]))


def _delimiter(head: bytes) -> str | None:
    """What stands between the names of the columns in the first line; None when it names no alerts."""
    line = head.lstrip().split(b"\n", 1)[0][:8000].decode("utf-8", "replace")
    for delimiter in _DELIMITERS:
        if _names_alerts([name.strip().strip('"') for name in line.lower().split(delimiter)]):
            return delimiter
    return None
