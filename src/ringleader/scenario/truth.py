"""The truth about a synthetic operator, as files beside its logs: ``story.json``, who did what, and ``lines.jsonl``,
which evidence lines that left. The models are the only place that knows the keys.

Nothing that hunts reads this; ``ringleader score`` holds it beside what was found. Times are UTC.
"""

from __future__ import annotations

import bisect
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TextIO, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError

from ringleader.errors import TruthError
from ringleader.scenario import rhythm
from ringleader.scenario.actor import ActorKind, EntryKind
from ringleader.scenario.blueprint import Model
from ringleader.scenario.sheet import Mark
from ringleader.store.disk import writing_to

STORY = "story.json"
LINES = "lines.jsonl"
SHOWN = 5
"""Mistakes that an error lists."""

Moment = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
Technique = Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")]


class Line(Model):
    """A line that an actor left. ``event_id`` is the one that ingest gives it, ``line`` counts from 1."""

    event_id: str = Field(pattern=r"^[0-9a-f]{16}-\d+$")
    path: str
    line: int = Field(ge=1)
    time: Moment
    host: str
    actor: str
    intrusion: str
    step: int
    technique: Technique

    @property
    def deed(self) -> Deed:
        return Deed(self.actor, self.intrusion, self.step)


class Deed(NamedTuple):
    """Which step of which intrusion: what several lines can tell of."""

    actor: str
    intrusion: str
    step: int


class Step(Model):
    """What an actor did. Usually several lines tell of it, sometimes none."""

    step: int
    time: Moment
    host: str
    account: str
    technique: Technique
    what: str


class Entry(Model):
    """How an intrusion began. ``supplier`` is the third party through which it came."""

    kind: EntryKind
    supplier: str | None = None
    host: str
    time: Moment


class Intrusion(Model):
    id: str
    first_time: Moment
    last_time: Moment
    entry: Entry
    steps: tuple[Step, ...]


class Persistence(Model):
    """What lets an actor come back. ``left``: still there at the end."""

    kind: str
    host: str
    value: str
    left: bool


class Actor(Model):
    """``imitates`` is the ATT&CK group whose habits it has, null for nobody's. ``decoy``: no espionage, but in the
    logs. One that comes back after an eviction begins a new intrusion. ``subscribers`` are those it looked up."""

    id: str
    title: str
    kind: ActorKind
    decoy: bool
    imitates: Annotated[str, Field(pattern=r"^G\d{4}$")] | None = None
    first_time: Moment
    last_time: Moment
    intrusions: tuple[Intrusion, ...]
    subscribers: tuple[str, ...] = ()
    persistence: tuple[Persistence, ...] = ()


class Eviction(Model):
    """What the defenders did against ``actors``."""

    time: Moment
    what: str
    actors: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


class HostChange(Model):
    """From ``time`` on the host ``was`` is called ``name``. ``renamed``: the same machine; ``replaced``: another one,
    with ``address``, in its place. Names and addresses may have been those of other machines before."""

    time: Moment
    kind: Literal["renamed", "replaced"]
    was: str
    name: str
    address: str


class OperatorName(Model):
    name: str
    short: str


class Story(Model):
    """``hosts`` and ``days`` are how many; ``coordinated``: the overlap of the actors is no coincidence."""

    synthetic: Literal[True] = True
    operator: OperatorName
    seed: int
    scale: str
    hosts: int = Field(ge=1)
    days: int = Field(ge=1)
    first_time: Moment
    last_time: Moment
    coordinated: bool
    actors: tuple[Actor, ...]
    evictions: tuple[Eviction, ...] = ()
    hosts_changed: tuple[HostChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    story: Story
    lines: tuple[Line, ...]


def line_of(mark: Mark, host: str) -> Line:
    """The line of the truth for a labelled line that was written."""
    label = mark.label
    return Line(
        event_id=f"{mark.evidence_id[:16]}-{mark.offset}", path=mark.path, line=mark.line, time=rhythm.stamp(mark.time),
        host=host, actor=label.actor, intrusion=label.intrusion, step=label.step, technique=label.technique,
    )  # fmt: skip


def write(folder: Path, story: Story, lines: Iterable[Line]) -> None:
    """Into ``folder``, which is made. Same truth, same bytes, in whatever order the lines come."""
    with writing(folder) as out:
        out.add(lines)
    write_story(folder, story)


def write_story(folder: Path, story: Story) -> None:
    with writing_to(folder):
        (folder / STORY).write_text(story.model_dump_json(indent=1) + "\n", encoding="utf-8", newline="\n")


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[LinesOut]:
    """Lines into ``folder``, which is made, while they become known: years of them need no memory."""
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LINES).open("w", encoding="utf-8", newline="\n") as file:
            out = LinesOut(file)
            yield out
            out.write()


class LinesOut:
    """Brings lines into order of time, path and line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: list[Line] = []

    def add(self, lines: Iterable[Line]) -> None:
        self._waiting.extend(lines)

    def write(self, before: datetime | None = None) -> None:
        """Those earlier than ``before``: no line that is added later may be. All without it."""
        self._waiting.sort(key=lambda line: (line.time, line.path, line.line))
        end = len(self._waiting)
        if before is not None:
            end = bisect.bisect_left(self._waiting, before, key=lambda line: line.time)
        self._file.writelines(line.model_dump_json() + "\n" for line in self._waiting[:end])
        del self._waiting[:end]


def read(path: Path) -> Truth:
    """The truth in the folder ``path``, or in the only folder in it. Raises :class:`TruthError` with what is wrong, and
    where."""
    folder = _folder(path)
    story = _checked(Story, _bytes(folder / STORY), folder / STORY)
    _fail(folder / STORY, _mistakes(story))
    lines = [
        _checked(Line, raw, folder / LINES, number)
        for number, raw in enumerate(_bytes(folder / LINES).splitlines(), 1)
        if raw.strip()
    ]
    _fail(folder / LINES, _strangers(story, lines))
    return Truth(story, tuple(lines))


def _folder(path: Path) -> Path:
    if (path / STORY).is_file():
        return path
    below = sorted(found.parent for found in path.glob(f"*/{STORY}")) if path.is_dir() else []
    if len(below) > 1:
        names = ", ".join(folder.name for folder in below)
        raise TruthError(f"{path} holds the truth of {len(below)} operators: {names}", hint=f"name one: {below[0]}")
    if not below:
        raise TruthError(
            f"there is no truth in {path}: no {STORY}",
            hint="name the folder truth/OPERATOR that ringleader simulate wrote",
        )
    return below[0]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TruthError(f"{path} cannot be read: {error.strerror}", hint="simulate the operator again") from error


M = TypeVar("M", bound=Model)


def _checked(model: type[M], raw: bytes, path: Path, line: int | None = None) -> M:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        where = f"{path}:{line}" if line else str(path)
        said = [f"{'.'.join(map(str, item['loc'])) or 'all of it'}: {item['msg']}" for item in error.errors()]
        raise TruthError(
            f"{where}: " + _listed(said), hint="docs/guides/scoring.md explains the files; simulate the operator again"
        ) from error


def _fail(path: Path, mistakes: list[str]) -> None:
    if mistakes:
        raise TruthError(f"{path}: " + _listed(mistakes), hint="the two files are not of one simulation")


def _listed(mistakes: list[str]) -> str:
    more = [f"and {len(mistakes) - SHOWN:,} more"] if len(mistakes) > SHOWN else []
    return "\n".join([*mistakes[:SHOWN], *more])


def _mistakes(story: Story) -> list[str]:
    actors = [actor.id for actor in story.actors]
    names = [f"the actor {name}" for name in actors]
    names += [f"the intrusion {intrusion.id} of {actor.id}" for actor in story.actors for intrusion in actor.intrusions]
    unknown = {name for eviction in story.evictions for name in eviction.actors} - set(actors)
    return [
        *(f"{name} is there {times} times" for name, times in Counter(names).items() if times > 1),
        *(f"no actor is called {name}, whom an eviction names" for name in sorted(unknown)),
    ]


def _strangers(story: Story, lines: list[Line]) -> list[str]:
    """Lines of deeds that the story does not tell, and events that have two labels."""
    told = deeds(story)
    labels: dict[str, Deed] = {}
    mistakes = []
    for line in lines:
        if line.deed not in told:
            mistakes.append(f"{line.event_id}: the story has no step {line.step} of {line.intrusion} by {line.actor}")
        elif labels.setdefault(line.event_id, line.deed) != line.deed:
            mistakes.append(f"{line.event_id} belongs to two steps")
    return mistakes


def deeds(story: Story) -> dict[Deed, Step]:
    """All steps, in the order of the story. What is told under one number is one step that recurs."""
    return {
        Deed(actor.id, intrusion.id, step.step): step
        for actor in story.actors
        for intrusion in actor.intrusions
        for step in intrusion.steps
    }
