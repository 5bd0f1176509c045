"""``ringleader scan``: findings from evidence at once, without a case."""

from __future__ import annotations

import csv
import heapq
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ringleader.cli import options, screen, stage
from ringleader.errors import UsageError
from ringleader.schema.order import LEVELS, WORST_FIRST
from ringleader.schema.shown import count

if TYPE_CHECKING:
    from ringleader.detect.findings import Finding

MOST_ROWS = 1000
"""Rows of the table for people, the gravest; the other formats have no limit and no memory of what they wrote."""

COLUMNS = (
    "time",
    "level",
    "rule",
    "techniques",
    "host",
    "account",
    "kind",
    "values",
    "rule_id",
    "event_id",
    "evidence",
)


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


Shape = Annotated[Format, typer.Option("--format", "-f", help="What to write.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write there and not to stdout.", show_default=False),
]
MinLevel = Annotated[options.Level, typer.Option("--min-level", help="Leave out what is less grave.")]


def scan(
    evidence: options.Evidence,
    rules: options.Rules = None,
    no_builtin: options.NoBuiltin = False,
    shape: Shape = Format.TABLE,
    min_level: MinLevel = options.Level.LOW,
    output: Output = None,
    timezone: options.Timezone = None,
    workers: options.Workers = None,
    quiet: options.Quiet = False,
) -> None:
    stage.check_evidence(evidence)
    zone = options.zone(timezone)
    from ringleader import scan as matching

    wanted = LEVELS[LEVELS.index(min_level) :]
    levels: Counter[str] = Counter()
    with (
        screen.Progress(bars=output is not None or not sys.stdout.isatty() or shape is Format.TABLE) as progress,
        writing(output) as out,
    ):
        paths = stage.rule_paths(rules, no_builtin=no_builtin)
        run = matching.scan(evidence, paths, engine=options.engine(workers), progress=progress)
        findings = _counted((finding for finding in run if finding.rule.level in wanted), levels)
        if shape is Format.TABLE:
            shown = gravest(findings)
            progress.stop()
            write_table(shown, out, zone)
        elif shape is Format.CSV:
            write_csv(findings, out, zone)
        else:
            write_jsonl(findings, out)
    said = ", ".join(f"{levels[level]:,} {level}" for level in WORST_FIRST if levels[level])
    screen.say(f"{count(levels.total(), 'finding')}" + (f": {said}" if said else ""))


def write_jsonl(findings: Iterable[Finding], out: TextIO) -> None:
    for finding in findings:
        time = _time(finding)
        exact = {"time": time and time.isoformat(), "techniques": finding.rule.techniques, "values": finding.values}
        out.write(json.dumps(_row(finding, "UTC") | exact) + "\n")


def write_csv(findings: Iterable[Finding], out: TextIO, zone: str) -> None:
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for finding in findings:
        table.writerow([inert(value) for value in _row(finding, zone).values()])


def gravest(findings: Iterable[Finding]) -> list[Finding]:
    """As many as fit a table for people, by time."""
    kept = heapq.nsmallest(MOST_ROWS, findings, key=lambda f: (-LEVELS.index(f.rule.level), f.time or 0))
    return sorted(kept, key=lambda finding: finding.time or 0)


def write_table(findings: Sequence[Finding], out: TextIO, zone: str) -> None:
    rows = [_row(finding, zone) for finding in findings]
    if out.isatty():
        cells = ("time", "level", "host", "account", "rule")
        screen.entries((([row[name] for name in cells if row[name]], row["values"]) for row in rows), file=out)
    else:
        columns = ("time", "level", "rule", "host", "account", "values")
        screen.table(columns, ([screen.clean(row[name], 300) for name in columns] for row in rows), file=out)
    if len(findings) == MOST_ROWS:
        screen.say(f"Only the {MOST_ROWS:,} gravest are shown; --format csv or jsonl gives all.")


def _row(finding: Finding, zone: str) -> dict[str, Any]:
    return {
        "time": screen.moment(_time(finding), zone),
        "level": finding.rule.level,
        "rule": finding.rule.title,
        "techniques": " ".join(finding.rule.techniques),
        "host": finding.host or "",
        "account": finding.account or "",
        "kind": finding.kind,
        "values": "; ".join(f"{name}={value}" for name, value in finding.values.items()),
        "rule_id": finding.rule.id,
        "event_id": finding.event_id,
        "evidence": finding.evidence_id,
    }


def _time(finding: Finding) -> datetime | None:
    return None if finding.time is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=finding.time)


def inert(value: str) -> str:
    """``value`` as a cell that no spreadsheet takes for a formula, on one line."""
    text = screen.clean(value)
    return f"'{text}" if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def _counted(findings: Iterable[Finding], levels: Counter[str]) -> Iterator[Finding]:
    for finding in findings:
        levels[finding.rule.level] += 1
        yield finding


@contextmanager
def writing(path: Path | None) -> Iterator[TextIO]:
    """stdout, or a file that appears under its name when it is complete."""
    if path is None:
        yield sys.stdout
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file to write to")
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out:
            yield out
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
