"""A case's store beside the truth of the synthetic operator whose logs it holds.

``SECTIONS`` is what is scored, as data. A section whose tables no stage has written scores nothing, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ringleader import __version__
from ringleader.scenario.scores import assessment, attribution, clustering, findings, linking, seen, techniques
from ringleader.scenario.scores.matched import Matched, match
from ringleader.scenario.truth import Truth
from ringleader.schema import tables
from ringleader.store import Store
from ringleader.store.disk import writing_to

FILE = "score.json"


@dataclass(frozen=True, slots=True)
class Section:
    """``needs`` are the tables that ``work`` reads; it returns the section's ``Figures``."""

    name: str
    needs: tuple[str, ...]
    work: Callable[[Matched], Any]


SECTIONS = (
    Section("techniques", ("findings",), techniques.score),
    Section("findings", ("findings",), findings.score),
    Section("linking", ("findings", "intrusions", "steps"), linking.score),
    Section("seen", ("findings", "intrusions", "steps"), seen.score),
    Section("clustering", ("findings", "intrusions", "steps", "campaigns"), clustering.score),
    Section("attribution", ("findings", "intrusions", "steps", "campaigns", "attributions"), attribution.score),
    Section("assessment", ("findings", "intrusions", "steps", "assessments"), assessment.score),
)


@dataclass(frozen=True, slots=True)
class Result:
    """``figures`` are the section's, or None; then ``not_yet`` says why."""

    figures: Any
    not_yet: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """``lines`` of the truth, and how many of them are in files that the case has read."""

    synthetic: bool
    version: str
    operator: str
    seed: int
    scale: str
    coordinated: bool
    hosts: int
    days: int
    lines: int
    lines_read: int
    sections: dict[str, Result]


def score(store: Store, truth: Truth) -> Score:
    """All sections. Raises :class:`TruthError` when the case is not of that operator."""
    matched, story = match(store, truth), truth.story
    return Score(
        story.synthetic,
        __version__,
        story.operator.short,
        story.seed,
        story.scale,
        story.coordinated,
        story.hosts,
        story.days,
        len(truth.lines),
        int(matched.present.sum()),
        {section.name: _result(section, matched) for section in SECTIONS},
    )


def _result(section: Section, matched: Matched) -> Result:
    for table in section.needs:
        if table not in tables.ALL:
            return Result(None, f"not yet: no table {table} in this version")
        if not matched.store.entries(table):
            return Result(None, f"not yet: no stage has written the table {table} of this case")
    return Result(section.work(matched))


def keep(result: Score, reports: Path) -> Path:
    """Write ``score.json`` into the folder ``reports`` of a case. Not a table: ``store/`` is the contract between
    stages, and none may ever read what the truth says; a score is about a case, as a report is."""
    path = reports / FILE
    temporary = path.with_suffix(".tmp")
    with writing_to(reports):
        reports.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(as_json(result) + b"\n")
        temporary.replace(path)
    return path


def as_json(result: Score) -> bytes:
    """Same store and truth, same bytes."""
    return orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
