"""Findings for Timesketch, which asks for message, datetime and timestamp_desc
(https://timesketch.org/guides/user/import-from-json-csv/)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from ringleader.export import rows, sheet, text
from ringleader.export.base import Options, Source

COLUMNS = (
    "message", "datetime", "timestamp_desc", "timestamp", "level", "rule", "techniques", "host", "account", "kind",
    "campaign", "intrusion", "finding_id", "event_id", "tag",
)  # fmt: skip
DESCRIPTION = "Event that a rule matched"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TimesketchCsv:
    name = "timesketch-csv"
    what = "findings as a timeline for Timesketch, CSV"
    suffix = ".timesketch.csv"
    internal = True

    def write(self, source: Source, options: Options) -> Iterator[str]:
        yield from sheet.lines(
            COLUMNS, ([_flat(entry[name]) for name in COLUMNS] for entry in _entries(source, options))
        )

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        return _notes(source)


class TimesketchJsonl:
    name = "timesketch-jsonl"
    what = "findings as a timeline for Timesketch, JSON lines: values as they are, tags as lists"
    suffix = ".timesketch.jsonl"
    internal = True

    def write(self, source: Source, options: Options) -> Iterator[str]:
        for entry in _entries(source, options):
            yield json.dumps(entry, sort_keys=True) + "\n"

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        return _notes(source)


def _entries(source: Source, options: Options) -> Iterator[dict[str, Any]]:
    for row in rows.findings(source, None if options.victims else source.victims):
        if row.time is None:
            continue
        told = "; ".join(f"{name}={value}" for name, value in row.values)
        yield {
            "message": text.plain(f"{row.rule}: {told}" if told else row.rule, 2000),
            "datetime": text.moment(row.time),
            "timestamp_desc": DESCRIPTION,
            "timestamp": (row.time - _EPOCH) // timedelta(microseconds=1),
            "level": row.level,
            "rule": row.rule,
            "techniques": " ".join(row.techniques),
            "host": row.host,
            "account": row.account,
            "kind": row.kind,
            "campaign": row.campaign,
            "intrusion": row.intrusion,
            "finding_id": row.finding_id,
            "event_id": row.event_id,
            "tag": [row.level, *row.techniques],
        }


def _flat(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value


def _notes(source: Source) -> Iterator[str]:
    lost = sum(batch["time"].null_count for batch in source.store.batches("findings", ["time"]))
    if lost:
        yield f"{lost:,} findings have no time and cannot be on a timeline"
