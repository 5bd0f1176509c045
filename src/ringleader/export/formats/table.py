"""Findings as CSV, for a spreadsheet or whatever reads tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringleader.export import rows, sheet, text
from ringleader.export.base import Options, Source

COLUMNS = (
    "time", "level", "rule", "techniques", "tactics", "host", "account", "kind", "values", "campaign", "intrusion",
    "detector", "rule_id", "finding_id", "event_id",
)  # fmt: skip


class Csv:
    name = "csv"
    what = "all findings as CSV that no spreadsheet executes"
    suffix = ".findings.csv"
    internal = True

    def write(self, source: Source, options: Options) -> Iterator[str]:
        found = rows.findings(source, None if options.victims else source.victims)
        yield from sheet.lines(COLUMNS, map(_cells, found))

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        yield "an apostrophe stands before cells that a spreadsheet would take for a formula"


def _cells(row: rows.Row) -> tuple[str, ...]:
    return (
        text.moment(row.time), row.level, row.rule, " ".join(row.techniques), " ".join(row.tactics), row.host,
        row.account, row.kind, "; ".join(f"{name}={value}" for name, value in row.values), row.campaign, row.intrusion,
        row.detector, row.rule_id, row.finding_id, row.event_id,
    )  # fmt: skip
