"""Whether what was found together is an intruder's, as log odds: a logistic regression on how rare its rules are here.

What counts are distinct rules by level, how rare each is in this organisation, on its host and in the name of its account, and
how many tactics and processes they are of. ``model.yml`` has the weights and says how they were fitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from ringleader.link.background import Days
from ringleader.link.bundle import DAY, Bundle, Row
from ringleader.link.entities import Entity, Key
from ringleader.link.graph import Vertex

LEVELS = ("informational", "low", "medium", "high", "critical")
SORTS = ("foothold", "infrastructure", "file", "word", "target", "person")
FEATURES = (
    "one",
    *(f"{level} rules" for level in LEVELS),
    *(f"rarity of {level} rules" for level in LEVELS),
    "rarity on the host",
    "rarity for the account",
    "rarest",
    "tactics",
    "processes",
    "hosts",
    *(f"rarest {sort}" for sort in SORTS),
    "bundles",
    "days",
)
MOST = 4.0
"""Nats: no rule is rarer than this, whatever the silence around it."""

Fired = tuple[str, str]
"""A rule, and on which host or for which account it fired; the latter empty for anywhere."""


class Suspicion:
    """``rows``: all findings, by id; ``marks``: on which days each mark was seen."""

    def __init__(
        self, vertices: Sequence[Vertex], rows: Mapping[str, Row], marks: Days[Key], entities: Mapping[str, Entity]
    ) -> None:
        self._vertices, self._rows, self._marks, self._entities = vertices, rows, marks, entities
        seen: list[tuple[Fired, int]] = []
        for vertex in vertices:
            if vertex.finding and vertex.time is not None:
                day = vertex.time // DAY
                seen += ((fired, day) for fired in _fired(vertex, rows[vertex.name]))
        days = [day for _, day in seen]
        self._days = Days(seen, (min(days, default=0), max(days, default=0)))

    def blind(self) -> Suspicion:
        """The same without any background: as it is where the evidence is of one day."""
        other = copy(self)
        other._days, other._marks = Days((), (0, -1)), Days((), (0, -1))
        return other

    def features(self, some: Iterable[Bundle]) -> list[float]:
        """Of bundles taken together, each rule once: where it is rarest. Their own days are no background."""
        some = list(some)
        own = [one.days() for one in some]
        asked: dict[Fired, float] = {}
        rarity: dict[str, tuple[float, float, float]] = {}
        level: dict[str, str] = {}
        tactics: set[str] = set()
        units: set[str] = set()
        hosts: set[str] = set()
        for one in some:
            hosts |= one.hosts
            for number in one.findings:
                vertex = self._vertices[number]
                row = self._rows[vertex.name]
                rule = row["rule_id"]
                level[rule] = row["level"] or "informational"
                tactics.update(row["tactics"] or ())
                units.add(vertex.unit)
                for fired in _fired(vertex, row):
                    if fired not in asked:
                        asked[fired] = max(0.0, min(self._days.weight(fired, *own), MOST))
                found = tuple(asked[fired] for fired in _fired(vertex, row))
                rarity[rule] = max(rarity.get(rule, found), found)
        by_level = {name: [rarity[rule][0] for rule in sorted(rarity) if level[rule] == name] for name in LEVELS}
        return [
            1.0,
            *(math.log1p(len(by_level[name])) for name in LEVELS),
            *(math.log1p(sum(by_level[name])) for name in LEVELS),
            math.log1p(sum(found[1] - found[0] for _, found in sorted(rarity.items()))),
            math.log1p(sum(found[2] - found[0] for _, found in sorted(rarity.items()))),
            max((found[0] for found in rarity.values()), default=0.0),
            math.log1p(len(tactics)),
            math.log1p(len(units)),
            math.log1p(len(hosts)),
            *self._rarest({mark for one in some for mark in one.marks}, own),
            math.log(len(some)),
            math.log1p(len({day for days in own for day in days})),
        ]

    def _rarest(self, marks: Iterable[Key], own: Sequence[range]) -> list[float]:
        """By sort the weight of the mark that is rarest."""
        found = dict.fromkeys(SORTS, 0.0)
        for mark in marks:
            sort = self._entities[mark.entity].mark
            found[sort] = max(found[sort], min(self._marks.weight(mark, *own), MOST))
        return [found[sort] for sort in SORTS]


def log_odds(weights: Mapping[str, float], features: Sequence[float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in zip(FEATURES, features, strict=True))


def _fired(vertex: Vertex, row: Row) -> tuple[Fired, Fired, Fired]:
    rule = row["rule_id"]
    account = (row["account"] or "").rpartition("\\")[2].lower()
    return (rule, ""), (rule, f"on {vertex.host}"), (rule, f"as {account}")
