"""PostgreSQL's csvlog (versions 9 to 17), with pgaudit's records taken apart.

Field names are those of PostgreSQL's documentation (``log_time``, ``user_name``, ...); an empty value means that the
field is missing. ``AUDIT: SESSION,...`` in ``message`` also gives ``audit_type``, ``class``, ``command``,
``object_type``, ``object_name``, ``statement`` and ``parameter``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import csv_text, lines
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema.batch import Batch, Event, Reject

_FIELDS = [
    "log_time",
    "user_name",
    "database_name",
    "process_id",
    "connection_from",
    "session_id",
    "session_line_num",
    "command_tag",
    "session_start_time",
    "virtual_transaction_id",
    "transaction_id",
    "error_severity",
    "sql_state_code",
    "message",
    "detail",
    "hint",
    "internal_query",
    "internal_query_pos",
    "context",
    "query",
    "query_pos",
    "location",
    "application_name",
    "backend_type",
    "leader_pid",
    "query_id",
]
_WIDTHS = (23, 24, 26)  # up to 12, 13, from 14
_AUDIT = [
    "audit_type",
    "statement_id",
    "substatement_id",
    "class",
    "command",
    "object_type",
    "object_name",
    "statement",
    "parameter",
]
_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [A-Za-z0-9+:-]{1,40}"
_SNIFF = re.compile(rb"^" + _TIME.encode() + rb',(?:"[^"\n]{0,200}"|),(?:"[^"\n]{0,200}"|),\d{1,10},', re.MULTILINE)
_WHEN = re.compile(_TIME)
# log_timezone by its short name, where that has one meaning.
_ZONES = {"CET": "+01:00", "CEST": "+02:00", "EET": "+02:00", "EEST": "+03:00", "WET": "+00:00", "WEST": "+01:00"}


class Postgresql:
    name = "postgresql"

    def sniff(self, head: bytes) -> bool:
        return _SNIFF.search(head) is not None

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        # Only reading from the start tells whether a line end is inside quotes.
        return lines.whole(source, size)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        for found in csv_text.records(source, unit, _fits):
            batch = Batch(rejects=found.rejects, consumed=found.consumed)
            for at, values, line in found.rows:
                if values is not None and _fits(values):
                    batch.events.append(_event(values))
                    batch.offsets.append(at)
                    batch.kinds.append("db/postgresql")
                else:
                    number = len(values) if values else "unreadable"
                    batch.rejects.append(Reject("bad-row", at, f"{number} values: {line[:200]}"))
            yield batch

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        found = event.get("log_time")
        if not isinstance(found, str):
            return None
        when, _, zone = found.rpartition(" ")
        return f"{when}{_ZONES[zone]}" if zone in _ZONES else found

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        return None


def _fits(values: list[str]) -> bool:
    return len(values) in _WIDTHS and _WHEN.fullmatch(values[0]) is not None


def _event(values: list[str]) -> Event:
    event: Event = {name: value for name, value in zip(_FIELDS, values, strict=False) if value}
    message = values[_FIELDS.index("message")]
    if message.startswith("AUDIT: "):
        audit = csv_text.row(message.removeprefix("AUDIT: ")) or []
        event |= {name: value for name, value in zip(_AUDIT, audit, strict=False) if value}
    return event
