"""Whether what was found together is an intruder's, as log odds: a logistic regression on how rare its rules are here.

What counts are distinct rules by level, how rare each is in this organisation, on its host and in the name of its
account, and how many tactics and processes they are of. No weight of these is below nothing, so that an intrusion that
grows by rules or hosts stays one: what is common here adds little, and takes nothing away. ``model.yml`` has the
weights and says how they were fitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from ringleader.link.background import Days
from ringleader.link.bundle import DAY, Bundle
from ringleader.link.entities import Entity, Key
from ringleader.link.finding import Finding
from ringleader.link.graph import Vertex

LEVELS = ("informational", "low", "medium", "high", "critical")
SORTS = ("foothold", "infrastructure", "file", "word", "target", "person")
FEATURES = (
    "one",
    *(f"rarity of {level} rules" for level in LEVELS),
    *(f"rarity of {level} rules on the host" for level in LEVELS),
    *(f"rare {level} rules" for level in LEVELS),
    *(f"rare {level} rules on the host" for level in LEVELS),
    "rarity for the account",
    "tactics",
    "processes",
    "hosts",
    *(f"rarest {sort}" for sort in SORTS),
    "bundles",
    "noise",
)
GROWING = frozenset(FEATURES) - {"one", "noise"}
"""What more findings only raise."""
RARE = 2.0
"""Nats: a rule is rare from here on."""
MOST = 4.0
"""Nats: no rule is rarer than this, whatever the silence around it."""

Rarity = tuple[float, ...]
"""Of a rule: in the organisation, on its host, for its account."""

Fired = tuple[str, str]
"""A rule, and on which host or for which account it fired; the latter empty for anywhere."""


class Suspicion:
    """``rows``: all findings, by id; ``marks``: on which days each mark was seen."""

    def __init__(
        self, vertices: Sequence[Vertex], rows: Mapping[str, Finding], marks: Days[Key], entities: Mapping[str, Entity]
    ) -> None:
        self._vertices, self._rows, self._marks, self._entities = vertices, rows, marks, entities
        timed = [vertex for vertex in vertices if vertex.finding and vertex.time is not None]
        days = [(vertex.time or 0) // DAY for vertex in timed]
        seen = (
            (fired, day) for vertex, day in zip(timed, days, strict=True) for fired in _fired(vertex, rows[vertex.name])
        )
        every = set(days).union(marks)
        self._days = Days(seen, every)
        self._findings, self._span = len(timed), max(len(every), 1)

    def blind(self) -> Suspicion:
        """The same without any background: as it is where the evidence is of one day."""
        other = copy(self)
        other._days, other._marks = Days((), ()), Days((), ())
        return other

    def features(self, some: Iterable[Bundle]) -> list[float]:
        """Of bundles taken together. What several rules say of one event the gravest says; of what a rule says of many
        events, the rarest counts. Their own days are no background."""
        some = list(some)
        own = [one.days() for one in some]
        asked: dict[Fired, float] = {}
        said: dict[str, tuple[int, Rarity, str]] = {}
        tactics: set[str] = set()
        units: set[str] = set()
        for number in (number for one in some for number in one.findings):
            vertex = self._vertices[number]
            row = self._rows[vertex.name]
            tactics.update(row.tactics)
            units.add(vertex.unit)
            fired = _fired(vertex, row)
            for each in fired:
                if each not in asked:
                    asked[each] = max(0.0, min(self._days.weight(each, *own), MOST))
            level = LEVELS.index(row.level) if row.level in LEVELS else 0
            found = (level, tuple(asked[each] for each in fired), row.rule_id)
            event = row.event_id or vertex.name
            said[event] = max(said.get(event, found), found)
        rules: dict[str, tuple[int, Rarity]] = {}
        for level, rarity, rule in said.values():
            known, rarest = rules.get(rule, (level, rarity))
            rules[rule] = max(known, level), tuple(map(max, rarest, rarity))
        by_level = [[rarity for level, rarity in sorted(rules.values()) if level == at] for at in range(len(LEVELS))]
        every = [rarity for there in by_level for rarity in there]
        rare = sum(rarity[0] > RARE for rarity in every)
        return [
            1.0,
            *(_above(there, place, least) for least in (0.0, RARE) for place in (0, 1) for there in by_level),
            math.log1p(sum(rarity[2] - rarity[0] for rarity in every)),
            math.log1p(len(tactics)),
            math.log1p(min(len(units), 2 * rare)),
            math.log1p(len({host for one in some for host in one.hosts})),
            *self._rarest({mark for one in some for mark in one.marks}, own),
            math.log(len(some)),
            # How much rules say here besides: log of findings a day. Where all speak all the time, one more says less.
            math.log1p((self._findings - sum(len(one.findings) for one in some)) / self._span),
        ]

    def _rarest(self, marks: Iterable[Key], own: Sequence[range]) -> list[float]:
        """By sort the weight of the mark that is rarest."""
        found = dict.fromkeys(SORTS, 0.0)
        for mark in marks:
            sort = self._entities[mark.entity].mark
            found[sort] = max(found[sort], min(self._marks.weight(mark, *own), MOST))
        return [found[sort] for sort in SORTS]


def _above(there: Sequence[Rarity], place: int, least: float) -> float:
    """Log of one plus the sum of what is rarer than ``least``."""
    return math.log1p(sum(max(0.0, rarity[place] - least) for rarity in there)) if there else 0.0


def log_odds(weights: Mapping[str, float], features: Sequence[float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in zip(FEATURES, features, strict=True))


def _fired(vertex: Vertex, row: Finding) -> tuple[Fired, Fired, Fired]:
    rule = row.rule_id
    account = (row.account or "").rpartition("\\")[2].lower()
    return (rule, ""), (rule, f"on {vertex.host}"), (rule, f"as {account}")
