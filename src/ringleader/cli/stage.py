"""How a verb runs one stage or all of them: open the case, gather what a run needs, do it, show the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ringleader import pipeline
from ringleader.cli import options, screen, summary

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
) -> None:
    """One stage, whether or not its inputs changed since it last ran."""
    stage = next(stage for stage in pipeline.STAGES if stage.name == name)
    opened = open_case(case, create=create)
    with prepared(
        opened, evidence, rules, no_builtin=no_builtin, check=check, workers=workers, timezone=timezone, create=create
    ) as run:
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
    case: Case,
    evidence: Sequence[Path],
    rules: Sequence[Path] | None,
    *,
    no_builtin: bool = False,
    check: bool = False,
    workers: int | None = None,
    timezone: str | None = None,
    create: bool = False,
) -> Iterator[pipeline.Run]:
    from ringleader.store import Store

    zone = options.zone(timezone, case.config.organisation.zone)
    store = Store.open(case.root, create=create)
    with screen.Progress() as progress:
        yield pipeline.Run(
            case=case,
            store=store,
            engine=options.engine(workers),
            progress=progress,
            zone=zone,
            evidence=tuple(evidence),
            rules=rule_paths(rules, no_builtin=no_builtin),
            check=check,
        )


def rule_paths(rules: Sequence[Path] | None, *, no_builtin: bool = False) -> tuple[Path, ...]:
    """All rules to use. Says at once, and not after hours of reading evidence, that there are none."""
    from ringleader.detect.ruleset import BUILTIN
    from ringleader.errors import UsageError

    for path in rules or ():
        if not path.exists():
            raise UsageError(f"there are no rules at {path}", hint="name a .yml file, a folder of them, or a zip")
    if no_builtin and not rules:
        raise UsageError("there are no rules to use", hint="name some with --rules, or leave --no-builtin out")
    return (*(() if no_builtin else (BUILTIN,)), *(rules or ()))
