"""The stage: everything in the store, as files in the folder of reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringleader.case import Case
from ringleader.engines.progress import Progress, Silent
from ringleader.knowledge import Knowledge
from ringleader.report import assemble, redact, source
from ringleader.report.coverage import Problem
from ringleader.report.model import Model
from ringleader.report.renderers import RENDERERS, Renderer
from ringleader.schema.tlp import Tlp
from ringleader.store import Store
from ringleader.store.disk import replacing


@dataclass(frozen=True)
class Options:
    """How a report is marked, and whether it names anyone."""

    tlp: Tlp | None = None
    redact: bool = False


@dataclass
class Summary:
    """``path``: the report as HTML; ``files``: all that was written, with their sizes. ``left_out``: findings that are
    counted in it but not listed."""

    path: Path
    bytes: int
    intrusions: int
    findings: int
    left_out: int
    files: dict[str, int] = field(default_factory=dict)


def run(
    store: Store,
    case: Case,
    *,
    progress: Progress | None = None,
    zone: str = "UTC",
    problems: Sequence[Problem] | None = None,
    options: Options | None = None,
    knowledge: Knowledge | None = None,
) -> Summary:
    """Write the report into the case's folder of reports. ``problems``: rules that could not be used, None when that
    is not known. With ``options.redact`` the pseudonyms are kept in the case."""
    watcher, wanted = progress or Silent(), options or Options()
    watcher.begin("Writing the report", len(RENDERERS), "files")
    tables = source.read(store)
    hide = redact.of_case(case.root, tables, case.config) if wanted.redact else None
    label = wanted.tlp.label if wanted.tlp else ""
    content = assemble.from_tables(tables, zone, problems, case.config, label, hide, knowledge)
    if hide is not None:
        # That was to meet every name; a name met late may stand in a text that came early.
        hide.settle()
        content = assemble.from_tables(tables, zone, problems, case.config, label, hide, knowledge)
        # Before the report: a pseudonym that nobody can look up again would be worthless.
        redact.keep(hide, case.root)
    paths = []
    for renderer in RENDERERS:
        # Under another name: nobody may take the one for the other.
        name = renderer.file.replace("report", "report-redacted", 1) if wanted.redact else renderer.file
        paths.append(build(content, case.reports / name, renderer))
        watcher.advance()
    left_out = sum(omission.count for omission in content.omissions)
    return Summary(
        paths[0],
        paths[0].stat().st_size,
        len(content.intrusions),
        content.headline.findings,
        left_out,
        {path.name: path.stat().st_size for path in paths},
    )


def build(model: Model, path: Path, renderer: Renderer = RENDERERS[0]) -> Path:
    """Write ``model`` to ``path``, whole or not at all."""
    content = renderer.render(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as out:
        out.write(content)
    return path
