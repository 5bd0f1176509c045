"""What was not looked at: telemetry that the case does not have, hosts that are silent, records and rules that could
not be used, analyses that were not made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from ringleader.case import Config
from ringleader.report import text
from ringleader.report.facts import facts
from ringleader.report.model import Blind, Coverage, Reject, Silent, Source, Undone, Unusable
from ringleader.report.source import Row, Tables
from ringleader.report.text import Show
from ringleader.schema import host
from ringleader.schema import kind as kinds


class Problem(Protocol):
    """A rule that could not be used."""

    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


ANALYSES = {
    "traits": ("What is characteristic of each intrusion was not worked out.", "ringleader profile CASE"),
    "campaigns": ("Intrusions were not grouped into campaigns.", "ringleader cluster CASE"),
    "pairs": ("Nothing was held beside anything else.", "ringleader cluster CASE"),
    "attributions": ("No campaign was held beside the known groups.", "ringleader attribute CASE"),
    "assessments": (
        "Entry, targets, impact, adaptation and persistence were not assessed.",
        "ringleader assess CASE",
    ),
}
"""Table to what is not known without it, and the command that makes it."""


def build(tables: Tables, config: Config | None, problems: Sequence[Problem] | None, show: Show) -> Coverage:
    assets = config.asset if config else []
    return Coverage(
        blind=_blind(tables.kinds),
        silent=None if tables.hosts is None or not assets or config is None else _silent(config, tables.hosts, show),
        assets=len(assets),
        rejects=_rejects(tables.rejects, problems or (), show),
        problems=None if problems is None else [_unusable(problem, show) for problem in problems],
        undone=[
            Undone(name, f"{why} The table {name} is empty.", needed)
            for name, (why, needed) in ANALYSES.items()
            if not getattr(tables, name).num_rows
        ],
    )


def _blind(found: Mapping[str, int]) -> list[Blind]:
    return [
        Blind(each.name, each.kinds, each.shows)
        for each in facts().telemetry
        if not any(kinds.covers(prefix, kind) for prefix in each.kinds for kind in found)
    ]


def _silent(config: Config, heard: Mapping[str, int], show: Show) -> list[Silent]:
    """Hosts of the case file that no event is of, under none of their names."""
    names = {host.normal(name) for name in heard}
    names |= {host.short(name) for name in names if name}
    out = []
    for asset in config.asset:
        own = {host.normal(name) for name in (asset.host, *asset.aliases)}
        own |= {host.short(name) for name in own if name}
        if not own & names:
            out.append(Silent(show(host.normal(asset.host), field="host"), str(asset.role)))
    return sorted(out, key=lambda each: (each.role, each.host))


def sources(evidence: pa.Table, show: Show) -> list[Source]:
    out = [
        Source(
            path=show(row["path"], 300, field="path"),
            format=show(row["format"], 60),
            bytes=row["bytes"] or 0,
            records=row["records"] or 0,
            rejected=row["rejected"] or 0,
            first=row["first_time"],
            last=row["last_time"],
            clock=show(text.clock(row["clock"]), 300),
            id=row["evidence_id"] or "",
        )
        for row in evidence.to_pylist()
    ]
    return sorted(out, key=lambda source: (source.path, source.id))


def _rejects(rejects: pa.Table, problems: Sequence[Problem], show: Show) -> list[Reject]:
    """By reason, without those that are ``problems``: these have a list of their own."""
    listed = {("detect", problem.path, problem.code, problem.line or -1) for problem in problems}
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rejects.to_pylist():
        if (row["stage"], row["path"], row["code"], row["offset"]) in listed:
            continue
        groups[row["stage"] or "", row["code"] or ""].append(row)
    out = []
    for (stage, code), rows in groups.items():
        example = min(rows, key=lambda row: (row["path"] or "", row["offset"] or 0, row["detail"] or ""))
        paths = len({row["path"] for row in rows})
        shown = show(example["path"], 300, field="path"), show(example["detail"], 300)
        out.append(Reject(stage, show(code, 60), len(rows), paths, *shown))
    return sorted(out, key=lambda reject: (-reject.count, reject.stage, reject.code))


def _unusable(problem: Problem, show: Show) -> Unusable:
    where = f"{problem.path}:{problem.line}" if problem.line else str(problem.path)
    return Unusable(show(where, 300, field="path"), show(problem.code, 60), show(problem.message, 400))
