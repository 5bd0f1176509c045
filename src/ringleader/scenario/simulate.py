"""Simulate: operators and actors to folders of evidence, a case file for each operator, and the truth.

    DIR/OPERATOR/evidence/    what a hunt reads
    DIR/OPERATOR/case/        ringleader.toml: what the operator itself knows; hunt with this as the case
    DIR/truth/OPERATOR/       what only the score reads

The unit of work is a day of an operator. A day follows from the setup alone, so any number of workers writes the same
bytes, and memory does not grow with the years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from ringleader.engines import Engine, Failure
from ringleader.engines.progress import Progress
from ringleader.errors import ConfigError, RingleaderError, UsageError
from ringleader.scenario import habits, rhythm, truth
from ringleader.scenario.actor import Actor
from ringleader.scenario.acts import ACTS
from ringleader.scenario.blueprint import Operator
from ringleader.scenario.casefile import case_file
from ringleader.scenario.defence import answer
from ringleader.scenario.estate import Estate
from ringleader.scenario.play import Play
from ringleader.scenario.plot import Plot, plot
from ringleader.scenario.record import Record, story_of
from ringleader.scenario.scene import Scene
from ringleader.store.disk import writing_to


@dataclass(frozen=True, slots=True)
class Scale:
    """``density``: how much of its routine each host shows; 1 is about 280 events a day."""

    name: str
    hosts: int
    days: int
    density: float


SCALES = {
    "tiny": Scale("tiny", 50, 40, 0.155),
    "small": Scale("small", 100, 120, 0.3),
    "year": Scale("year", 400, 365, 1.1),
    "decade": Scale("decade", 400, 3650, 1.1),
}


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a story follows from."""

    operator: Operator
    actors: tuple[Actor, ...]
    seed: int
    scale: Scale
    start: date
    coordinated: bool

    def __hash__(self) -> int:
        return hash((self.operator.short, self.seed, self.scale, self.start, self.coordinated))


@dataclass(frozen=True, slots=True)
class _Unit:
    setup: Setup
    day: int
    folder: Path


@dataclass(slots=True)
class Summary:
    """What was written. ``labelled`` lines belong to an actor."""

    operators: int = 0
    files: int = 0
    events: int = 0
    labelled: int = 0
    steps: int = 0
    actors: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)


def simulate(folder: Path, setups: Sequence[Setup], *, engine: Engine, progress: Progress) -> Summary:
    """Write all into ``folder``, which must be new or empty. Raises :class:`UsageError` if not, :class:`ConfigError`
    when an actor cannot do at an operator what its file says."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty", hint="name a folder that is new: nothing is ever overwritten")
    for setup in setups:
        rehearse(setup)
    summary = Summary(operators=len(setups), actors=[actor.id for actor in setups[0].actors])
    progress.begin("Telling days", sum(setup.scale.days for setup in setups), "days")
    for setup in setups:
        _operator(folder, setup, engine, progress, summary)
    return summary


def rehearse(setup: Setup) -> None:
    """Every session once, written nowhere: what is wrong with an actor at this operator shows before the first day is
    told. Raises :class:`ConfigError`."""
    estate, story = _stage(setup)
    seen = set()
    for day in sorted(story.days):
        for visit in story.days[day]:
            key = (visit.name, visit.what, *(str(act.parameters) for act in visit.acts))
            if key not in seen:
                seen.add(key)
                _rehearse(Play(Scene(estate.on(day), day), story, visit, visit.time))


def _rehearse(play: Play) -> None:
    for act in play.visit.acts:
        try:
            ACTS[act.name](play, **act.parameters)
        except (ConfigError, AssertionError, LookupError, ValueError) as error:
            operator = play.scene.estate.operator.short
            wrong = _ASKED.get(type(error), str(error).removeprefix(f"{play.visit.actor.id}: "))
            raise ConfigError(
                f"at {operator}, intrusion {play.visit.intrusion + 1}, {play.visit.what!r}, {act.name}: {wrong}",
                path=play.visit.actor.id,
                hint="give the operator what the actor needs, or the actor other acts: docs/guides/scenarios.md",
            ) from error


_ASKED: dict[type[Exception], str] = {
    AssertionError: "the actor is nowhere yet; let an act that goes in, or resume, come first",
    IndexError: "the operator has no host of a role that this needs",
}


def _operator(folder: Path, setup: Setup, engine: Engine, progress: Progress, summary: Summary) -> None:
    short = setup.operator.short
    evidence, case = folder / short / "evidence", folder / short / "case"
    with writing_to(folder):
        evidence.mkdir(parents=True)
        case.mkdir()
    first = rhythm.day_number(setup.start)
    units = (_Unit(setup, day, evidence) for day in range(first, first + setup.scale.days))
    whole = Record()
    with truth.writing(folder / "truth" / short) as lines:
        for unit, told in engine.map(tell, units):
            if isinstance(told, Failure):
                when = rhythm.stamp(unit.day * rhythm.DAY)
                raise RingleaderError(f"{when:%Y-%m-%d} of {short} could not be told: {told.detail}")
            summary.files += len(told.files)
            summary.events += sum(number for _, number in told.files)
            summary.labelled += len(told.marks)
            whole.add(told)
            lines.add(truth.line_of(*mark) for mark in told.marks)
            lines.write(before=rhythm.stamp((unit.day - _LATE) * rhythm.DAY))
            progress.advance()
    summary.steps += len(whole.steps)
    estate, story = _stage(setup)
    known = story_of(estate, story, setup.actors, whole, scale=setup.scale.name, coordinated=setup.coordinated)
    truth.write_story(folder / "truth" / short, known)
    with writing_to(case):
        (case / "ringleader.toml").write_text(case_file(estate, known.evictions), encoding="utf-8")
    summary.cases.append(str(case))
    summary.evidence.append(str(evidence))
    summary.truth.append(str(folder / "truth" / short))


_LATE = 2
"""Days by which a line may be older than the day that tells it: a day is that of the zone, and of a session's begin."""


def tell(unit: _Unit) -> Record:
    """One day: the kernel of an engine."""
    estate, story = _stage(unit.setup)
    scene, record = Scene(estate.on(unit.day), unit.day), Record()
    habits.tell(scene)
    for visit in story.days.get(unit.day, ()):
        _play(Play(scene, story, visit, visit.time), record)
    for eviction in story.evictions:
        if rhythm.day_of(eviction.time) == unit.day:
            answer(scene, eviction)
    hosts = {(step.intrusion, step.number): step.host for _, step in record.steps}
    written = scene.sheet.write(unit.folder)
    record.files = written.files
    record.marks = [(mark, hosts[mark.label.intrusion, mark.label.step]) for mark in written.marks]
    return record


def _play(play: Play, record: Record) -> None:
    for act in play.visit.acts:
        ACTS[act.name](play, **act.parameters)
    actor = play.visit.actor.id
    key = (actor, play.visit.intrusion)
    record.steps += [(key, step) for step in play.steps]
    record.persistence += [(key, *item) for item in play.persistence]
    record.looked_up += [(actor, number) for number in play.looked_up]
    if play.supplier:
        record.suppliers[key] = play.supplier


@lru_cache(maxsize=2)
def _stage(setup: Setup) -> tuple[Estate, Plot]:
    first = rhythm.day_number(setup.start)
    scale = setup.scale
    estate = Estate(setup.operator, setup.seed, scale.hosts, (first, first + scale.days), scale.density)
    return estate, plot(estate, setup.actors, coordinated=setup.coordinated)
