"""The only module that knows the order of the stages.

``STAGES`` is that order, as data: the verbs of the command line, the table in the docs and the tests derive from it.
``hunt`` runs the stages one after the other and leaves out those whose inputs are what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringleader import __version__
from ringleader.errors import EvidenceError
from ringleader.schema.tlp import Tlp

if TYPE_CHECKING:
    from ringleader.case import Case
    from ringleader.engines import Engine
    from ringleader.engines.progress import Progress
    from ringleader.store import Store


@dataclass(frozen=True, slots=True)
class Run:
    """What the stages of one run share. ``rules`` are files, folders and archives, the built-in ones among them;
    ``knowledge`` is a folder, None for the built-in one."""

    case: Case
    store: Store
    engine: Engine
    progress: Progress
    evidence: Sequence[Path] = ()
    rules: Sequence[Path] = ()
    check: bool = False
    zone: str = "UTC"
    clear_subscribers: bool = False
    marking: Tlp | None = None
    redact: bool = False
    knowledge: Path | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """``reads`` and ``writes`` are tables, or things outside the store. ``work`` does it and returns its summary."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    what: str
    work: Callable[[Run], Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``summary`` is the stage's own, None when there was nothing new to do."""

    stage: Stage
    summary: Any = None
    skipped: bool = False


def _ingest(run: Run) -> Any:
    from ringleader.ingest import run as stage

    summary = stage.ingest(run.store, list(run.evidence), engine=run.engine, progress=run.progress)
    if run.evidence and not run.store.rows("events"):
        raise EvidenceError(
            "none of the evidence could be read",
            hint="; ".join(summary.unread[:3]) or "the files are empty, or hold no events",
        )
    return summary


def _detect(run: Run) -> Any:
    from ringleader.detect import stage
    from ringleader.detect.analytics import Known

    suppliers = [
        (each.name, frozenset(account.casefold() for account in each.accounts), tuple(each.addresses))
        for each in run.case.config.supplier
    ]
    return stage.run(
        run.store, run.rules, engine=run.engine, progress=run.progress, check=run.check, known=Known(suppliers)
    )


def _link(run: Run) -> Any:
    from ringleader import link

    return link.run(run.store, progress=run.progress)


def _profile(run: Run) -> Any:
    from ringleader import profile

    return profile.run(
        run.store, run.case.root, run.case.config, progress=run.progress, clear_subscribers=run.clear_subscribers
    )


def _cluster(run: Run) -> Any:
    from ringleader import cluster
    from ringleader.knowledge import Knowledge

    return cluster.run(run.store, run.case.config, progress=run.progress, knowledge=Knowledge.load(run.knowledge))


def _attribute(run: Run) -> Any:
    from ringleader.attribute import stage

    return stage.run(run.store, run.knowledge, progress=run.progress)


def _assess(run: Run) -> Any:
    from ringleader import assess

    return assess.run(
        run.store, run.case.root, run.case.config, progress=run.progress, clear_subscribers=run.clear_subscribers
    )


def _report(run: Run) -> Any:
    from ringleader import report
    from ringleader.detect import stage
    from ringleader.knowledge import Knowledge

    options = report.Options(run.marking, run.redact)
    # Of the rules that made the findings, not of those named now.
    problems = stage.unusable(run.store)
    return report.run(
        run.store, run.case, zone=run.zone, problems=problems, progress=run.progress, options=options,
        knowledge=Knowledge.load(run.knowledge),
    )  # fmt: skip


RULES = "rules of detect"
"""Where the notes keep the rules; no stage has this name."""
KNOWLEDGE = "knowledge of attribute"
"""Where they keep the folder of the knowledge, empty for the built-in one."""
MARKING = "marking of report"
"""Where they keep the Traffic Light Protocol's, empty for none."""

STAGES = (
    Stage(
        "ingest",
        reads=("evidence files",),
        writes=("evidence", "events", "rejects"),
        what="parse any supported format, normalise time and host, record what was read and what could not be",
        work=_ingest,
    ),
    Stage(
        "detect",
        reads=("events", "rules", "case"),
        writes=("findings", "rejects"),
        what="match Sigma rules: the built-in pack, any SigmaHQ folder or zip; analytics for what no rule names",
        work=_detect,
    ),
    Stage(
        "link",
        reads=("findings", "events"),
        writes=("intrusions", "steps"),
        what="join findings into intrusions through lineage, logons and services, and over weeks by what is rare",
        work=_link,
    ),
    Stage(
        "profile",
        reads=("intrusions", "steps", "findings", "events", "case"),
        writes=("traits",),
        what="say what is characteristic of each intrusion: tools, command habits, infrastructure, hours",
        work=_profile,
    ),
    Stage(
        "cluster",
        reads=("intrusions", "steps", "findings", "events", "traits", "decisions", "knowledge", "case"),
        writes=("pairs", "campaigns"),
        what="group intrusions into campaigns, one actor each, and say how the campaigns overlap",
        work=_cluster,
    ),
    Stage(
        "attribute",
        reads=("traits", "campaigns", "intrusions", "steps", "findings", "knowledge"),
        writes=("attributions",),
        what="rank known groups, and none of them, by techniques and software; with reasons",
        work=_attribute,
    ),
    Stage(
        "assess",
        reads=("events", "findings", "intrusions", "steps", "traits", "campaigns", "case"),
        writes=("assessments",),
        what="say how they came in, what they reached and read, what they could disrupt, and what is still in place",
        work=_assess,
    ),
    Stage(
        "report",
        reads=(
            "evidence",
            "events",
            "rejects",
            "findings",
            "intrusions",
            "steps",
            "traits",
            "pairs",
            "campaigns",
            "attributions",
            "assessments",
            "knowledge",
            "case",
        ),
        writes=("reports",),
        what="write what was found as one HTML file that needs no network, and the same as Markdown and JSON",
        work=_report,
    ),
)


def hunt(run: Run) -> Iterator[Outcome]:
    """All stages in order; one whose inputs are what they were when it last ran is skipped."""
    for stage in STAGES:
        yield perform(stage, run, again=stage.name == "ingest" and bool(run.evidence))


def perform(stage: Stage, run: Run, *, again: bool = True) -> Outcome:
    """One stage, unless ``again`` is false and its tables already come from the present inputs."""
    notes = _Notes(run.store.layout.root / "stages.json")
    before = _inputs(stage, run)
    if not again and notes.get(stage.name) == [before, _outputs(stage, run)]:
        return Outcome(stage, skipped=True)
    summary = stage.work(run)
    run.store.refresh()
    # Written after the stage's own commit: a kill in between costs a repetition, which changes nothing.
    notes.put(stage.name, [before, _outputs(stage, run)])
    if "rules" in stage.reads:
        notes.put(RULES, [str(path.absolute()) for path in run.rules])
    if "knowledge" in stage.reads:
        notes.put(KNOWLEDGE, [str(run.knowledge.absolute())] if run.knowledge else [])
    # What is left out of a redacted report may go further than the report itself: its marking is its own.
    if "reports" in stage.writes and not run.redact:
        notes.put(MARKING, [run.marking.value] if run.marking else [])
    return Outcome(stage, summary)


def rules_before(root: Path) -> tuple[Path, ...] | None:
    """The rules that the findings of the store at ``root`` were made with, None when that is not known."""
    noted = _Notes(root / "stages.json").get(RULES)
    return tuple(map(Path, noted)) if isinstance(noted, list) and noted else None


def knowledge_before(root: Path) -> Path | None:
    """The folder of the knowledge that the attributions of the store at ``root`` were made with, None for the built-in
    one or when that is not known."""
    noted = _Notes(root / "stages.json").get(KNOWLEDGE)
    return Path(noted[0]) if isinstance(noted, list) and noted else None


def marking_before(root: Path) -> Tlp | None:
    """How the last report of the store at ``root`` was marked, None for not at all or when that is not known."""
    noted = _Notes(root / "stages.json").get(MARKING)
    return Tlp(noted[0]) if isinstance(noted, list) and noted and noted[0] in list(Tlp) else None


def fingerprint(paths: Sequence[Path]) -> str:
    """Identity of the content of files and folders, whatever they are called and in whatever order they are named.
    For thousands of files, ``pathlib`` takes longer than reading them."""
    found: set[str] = set()
    for path in paths:
        inside = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)  # noqa: PTH118
        for file in inside if path.is_dir() else [path]:
            if os.path.isfile(file):  # noqa: PTH113
                try:
                    with open(file, "rb", buffering=0) as handle:  # noqa: PTH123
                        found.add(hashlib.file_digest(handle, "sha256").hexdigest())
                except OSError:
                    found.add(f"unreadable {file}")  # ``detect`` tells why
    return hashlib.sha256("".join(sorted(found)).encode()).hexdigest()


def _inputs(stage: Stage, run: Run) -> str:
    parts = [__version__, stage.name, *_contents(stage.reads, run)]
    if "rules" in stage.reads:
        parts.append(fingerprint(run.rules))
    if "knowledge" in stage.reads:
        parts.append(fingerprint([run.knowledge]) if run.knowledge else "built-in")
    if "case" in stage.reads:
        parts.append(run.case.config.model_dump_json())
    if "reports" in stage.writes:
        parts.append(f"{run.zone} {run.marking} {run.redact}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _outputs(stage: Stage, run: Run) -> str:
    # Not rejects: two stages write it, each its own rows.
    parts = list(_contents([name for name in stage.writes if name != "rejects"], run))
    if "reports" in stage.writes:
        # Only what the stage writes: a score beside it is no reason to write the report again.
        parts += sorted(path.name for path in run.case.reports.glob("report*"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _contents(names: Sequence[str], run: Run) -> Iterator[str]:
    from ringleader.schema import tables

    for name in names:
        if name in tables.ALL:
            yield from (f"{file.path} {file.sha256}" for file in run.store.entries(name))


class _Notes:
    """Which inputs a stage last ran on and what it wrote, and with which rules. Losing the file costs time, and the
    rules must be named again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, stage: str) -> Any:
        return self._load().get(stage)

    def put(self, stage: str, note: list[str]) -> None:
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(
            json.dumps({**self._load(), stage: note}, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        temporary.replace(self._path)

    def _load(self) -> dict[str, Any]:
        try:
            notes = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}
