"""The stage: everything in the store, as ``reports/report.html``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ringleader.engines.progress import Progress, Silent
from ringleader.report import model, page
from ringleader.report.model import Problem
from ringleader.store import Store


@dataclass
class Summary:
    """``path``: the report. ``left_out``: findings that are counted in it but not listed."""

    path: Path
    bytes: int
    intrusions: int
    findings: int
    left_out: int


def run(
    store: Store,
    reports: Path,
    *,
    progress: Progress | None = None,
    zone: str = "UTC",
    problems: Sequence[Problem] | None = None,
) -> Summary:
    """Write the report into the folder ``reports``. ``problems``: rules that could not be used, None when that is
    not known."""
    watcher = progress or Silent()
    watcher.begin("Writing the report", 1, "file")
    content = model.from_store(store, zone, problems)
    path = page.build(content, Path(reports) / "report.html")
    watcher.advance()
    left_out = sum(omission.count for omission in content.omissions)
    return Summary(path, path.stat().st_size, len(content.intrusions), content.headline.findings, left_out)
