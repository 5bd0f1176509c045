"""How a verb runs one stage or all of them: open the case, gather what a run needs, do it, show the result."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ringleader import pipeline
from ringleader.cli import options, screen, summary
from ringleader.schema.tlp import Tlp

if TYPE_CHECKING:
    from ringleader.case import Case


def perform(
    name: str,
    case: Path,
    *,
    evidence: Sequence[Path] = (),
    rules: Sequence[Path] | None = None,
    no_builtin: bool = False,
    check: bool = False,
    workers: int | None = None,
    timezone: str | None = None,
    as_json: bool = False,
    create: bool = False,
    clear_subscribers: bool = False,
    marking: Tlp | None = None,
    unmarked: bool = False,
    redact: bool = False,
) -> None:
    """One stage, whether or not its inputs changed since it last ran."""
    stage = next(stage for stage in pipeline.STAGES if stage.name == name)
    with prepared(
        case,
        evidence,
        rules,
        no_builtin=no_builtin,
        check=check,
        workers=workers,
        timezone=timezone,
        create=create,
        ruled="rules" in stage.reads,
    ) as run:
        run = replace(run, clear_subscribers=clear_subscribers, redact=redact)
        if marking or unmarked:
            run = replace(run, marking=marking)
        outcome = pipeline.perform(stage, run)
    if as_json:
        screen.data(summary.as_data(run, [outcome]))
    else:
        summary.show(run, [outcome])


def open_case(path: Path, *, create: bool) -> Case:
    """The case at ``path``; with ``create`` a new one where there is nothing yet."""
    from ringleader.case import CONFIG, Case
    from ringleader.errors import UsageError

    if not create or (path / CONFIG).exists():
        return Case.open(path)
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / "store").is_dir()):
        raise UsageError(
            f"{path} comes first and so should be a case, but it is something else",
            hint=f"name a case before the evidence, or make one of this folder with: ringleader init {path}",
        )
    screen.say(f"Making a new case in {path}")
    return Case.create(path)


@contextmanager
def prepared(
    case: Path,
    evidence: Sequence[Path],
    rules: Sequence[Path] | None,
    *,
    no_builtin: bool = False,
    check: bool = False,
    workers: int | None = None,
    timezone: str | None = None,
    create: bool = False,
    ruled: bool = True,
    knowledge: Path | None = None,
) -> Iterator[pipeline.Run]:
    """All that a run needs. What is wrong with the call is found before a case is made or hours are spent."""
    from ringleader.errors import EvidenceError

    check_evidence(evidence)
    paths = None if rules is None and not no_builtin and ruled else rule_paths(rules, no_builtin=no_builtin)
    options.zone(timezone)
    if paths is None:
        paths = _rules_before(case) or rule_paths(None)
    base = knowledge_path(knowledge, case)
    fresh, there = create and not (case.is_dir() and any(case.iterdir())), case.exists()
    opened = open_case(case, create=create)

    from ringleader.store import Store

    with screen.Progress() as progress:
        run = pipeline.Run(
            case=opened,
            store=Store.open(opened.root, create=create),
            engine=options.engine(workers),
            progress=progress,
            zone=options.zone(timezone, opened.config.organisation.zone),
            evidence=tuple(evidence),
            rules=paths,
            check=check,
            knowledge=base,
            marking=pipeline.marking_before(opened.root / "store"),
        )
        try:
            yield run
        except EvidenceError as error:
            if fresh:
                _unmake(case, folder=not there)
            # What could not be read is the cause, not a thing to try.
            raise EvidenceError(
                f"{error}" + (f": {error.hint}" if error.hint else ""),
                hint="name event logs such as .evtx, JSON lines, IIS, Exchange or Zeek logs, or archives of them"
                + ("; no case was made" if fresh else ""),
            ) from error


def _unmake(case: Path, *, folder: bool) -> None:
    """Take a case that this run made away again: what is in it says nothing, and would be in the way of the next."""
    from ringleader.case import CONFIG

    shutil.rmtree(case / "store", ignore_errors=True)
    (case / CONFIG).unlink(missing_ok=True)
    if folder:
        # Not where somebody else put something meanwhile.
        with suppress(OSError):
            case.rmdir()


def _rules_before(case: Path) -> tuple[Path, ...] | None:
    """The rules of the case's last run, so that none of its findings vanish because nobody named them again."""
    from ringleader.detect.ruleset import BUILTIN
    from ringleader.errors import UsageError

    before = pipeline.rules_before(case / "store")
    if before is None or before == (BUILTIN,):
        return None
    gone = [path for path in before if not path.exists()]
    if gone:
        raise UsageError(
            f"the rules of the last run are gone: {screen.clean(gone[0])}",
            hint="name rules with --rules; --rules builtin for the built-in ones alone",
        )
    named = ", ".join(screen.clean(path) for path in before if path != BUILTIN)
    screen.say(f"Rules as in the last run: {named}" + (", and the built-in ones" if BUILTIN in before else ""))
    return before


def knowledge_path(given: Path | None, case: Path) -> Path | None:
    """The folder of the knowledge to use, None for the built-in one. Says at once that it is none, or is gone."""
    from ringleader.attribute import Model
    from ringleader.errors import UsageError
    from ringleader.knowledge import Knowledge

    if given == Path("builtin") and not given.exists():
        return None
    found = given or pipeline.knowledge_before(case / "store")
    if found is None:
        return None
    if given is None:
        if not found.exists():
            raise UsageError(
                f"the knowledge of the last run is gone: {screen.clean(found)}",
                hint="name it with --knowledge; --knowledge builtin for the built-in one",
            )
        screen.say(f"Knowledge as in the last run: {screen.clean(found)}")
    Knowledge.load(found)
    Model.load(found)
    return found


def check_evidence(paths: Sequence[Path]) -> None:
    """A path that is not there is a slip of the keyboard, not bad evidence."""
    from ringleader.errors import UsageError

    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(
                f"there is no evidence at {screen.clean(path)}", hint="name a file, a folder or an archive"
            )


def rule_paths(rules: Sequence[Path] | None, *, no_builtin: bool = False) -> tuple[Path, ...]:
    """All rules to use. Says at once, and not after hours of reading evidence, that there are none."""
    from ringleader.detect.ruleset import BUILTIN
    from ringleader.errors import UsageError

    rules = [path for path in rules or () if path != Path("builtin") or path.exists()]
    for path in rules:
        if not path.exists():
            raise UsageError(f"there are no rules at {path}", hint="name a .yml file, a folder of them, or a zip")
    if no_builtin and not rules:
        raise UsageError("there are no rules to use", hint="name some with --rules, or leave --no-builtin out")
    return (*(() if no_builtin else (BUILTIN,)), *(rules or ()))
