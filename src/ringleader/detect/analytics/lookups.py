"""Look-ups of single subscribers in databases: who asked by which application, in which session, after whom.

Several analytics compare people who use one application with each other. A person is the user of the operating system,
where the database names one, for applications share an account; else the account of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ringleader.detect.analytics.base import Sight

HOUR = 3_600_000_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class Trail:
    """Which fields of a kind of audit trail hold what (lookups.yml)."""

    action: str
    reads: frozenset[str]
    logons: frozenset[str]
    statement: str
    session: str
    person: tuple[str, ...]
    application: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.action, self.statement, self.session, *self.person, *self.application)


@lru_cache(maxsize=1)
def trails() -> dict[str, Trail]:
    """By kind of event."""
    loaded: dict[str, dict[str, Any]] = yaml.load(_data(), yaml.CSafeLoader)["trails"]
    return {
        kind: Trail(
            **{name: tuple(value) if name in ("person", "application") else value for name, value in each.items()}
            | {name: frozenset(each[name]) for name in ("reads", "logons")}
        )
        for kind, each in loaded.items()
    }


@lru_cache(maxsize=1)
def _asked() -> re.Pattern[str]:
    return re.compile(yaml.load(_data(), yaml.CSafeLoader)["subscriber"])


def _data() -> bytes:
    return files(__package__).joinpath("lookups.yml").read_bytes()


KINDS = ("db/oracle", "db/postgresql")
MAX_STATEMENT = 20_000
"""Characters of a statement that are searched."""


def fields() -> tuple[str, ...]:
    return tuple(sorted({name for trail in trails().values() for name in trail.fields}))


def take(kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
    """``subscriber`` is empty for a log-on."""
    trail = trails().get(kind)
    if trail is None:
        return None
    action = _text(event.get(trail.action)).upper()
    subscriber = ""
    if action in trail.reads:
        found = _asked().search(_text(event.get(trail.statement))[:MAX_STATEMENT])
        if found is None:
            return None
        subscriber = found["number"].lstrip("0")
    elif action not in trail.logons:
        return None
    person = next((text for name in trail.person if (text := _text(event.get(name)))), "")
    if not person:
        return None
    application = " ".join(_program(_text(event.get(name))) for name in trail.application)
    return {
        "person": person.rpartition("\\")[2].casefold(),
        "application": application,
        "session": _text(event.get(trail.session)),
        "subscriber": subscriber,
    }


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _program(text: str) -> str:
    """Without a path, and without the host that some clients add."""
    return re.split(r"[\\/]", text)[-1].partition("@")[0].casefold()


@dataclass
class Shift:
    """What one person asked by one application on one day. ``logons`` are those of its sessions."""

    person: str
    application: str
    day: int
    asked: list[Sight] = field(default_factory=list)
    logons: list[Sight] = field(default_factory=list)

    @property
    def subscribers(self) -> set[str]:
        return {sight.fields["subscriber"] for sight in self.asked}

    def with_logons(self, some: Sequence[Sight]) -> list[Sight]:
        """``some`` of the look-ups, and the log-ons of their sessions."""
        sessions = {sight.fields["session"] for sight in some}
        return [*some, *(sight for sight in self.logons if sight.fields["session"] in sessions)]


def shifts(sights: Sequence[Sight]) -> dict[str, list[Shift]]:
    """By application, those with look-ups, in order of day and person. A day begins at the hour at which the least is
    asked by an application, so that nobody's evening is cut in two."""
    by: dict[str, list[Sight]] = {}
    for sight in sights:
        by.setdefault(f"{sight.kind} {sight.fields['application']}", []).append(sight)
    return {application: _shifts(some) for application, some in sorted(by.items())}


def _shifts(sights: Sequence[Sight]) -> list[Shift]:
    start = quietest(sight.time for sight in sights if sight.fields["subscriber"]) * HOUR
    found: dict[tuple[int, str], Shift] = {}
    for sight in sights:
        key = ((sight.time - start) // DAY, sight.fields["person"])
        shift = found.setdefault(key, Shift(key[1], sight.fields["application"], key[0]))
        (shift.asked if sight.fields["subscriber"] else shift.logons).append(sight)
    return [shift for _, shift in sorted(found.items()) if shift.asked]


def hour(time: int) -> int:
    """0 to 23, UTC."""
    return time // HOUR % 24


def quietest(times: Iterable[int]) -> int:
    """The hour in the middle of the six in which least happens; the first of several."""
    counts = [0] * 24
    for time in times:
        counts[hour(time)] += 1
    sums = [sum(counts[(middle + step) % 24] for step in range(-3, 3)) for middle in range(24)]
    return sums.index(min(sums))
