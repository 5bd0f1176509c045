"""Bundles: the findings that one process tree, session, logon or the like holds together, and what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringleader.link.entities import Entity, Key, name_of
from ringleader.link.finding import Finding
from ringleader.link.graph import Vertex

SERIES = "series"
"""The entity of findings that an analytic has counted together."""
DAY = 86_400_000_000
"""Microseconds."""


@dataclass(slots=True)
class Bundle:
    """``vertices``: numbers of all its vertices, ``findings``: of those that are findings, both in order of time.
    ``sources``: hosts from which, and from which on, accounts were used. ``accounts``: of persons.
    ``about``: persons whom analytics have compared with colleagues. ``alerts``: all are alerts of other products.
    ``first`` and ``last``: microseconds of the earliest and latest finding, None where none has a time."""

    vertices: list[int]
    findings: list[int]
    first: int | None = None
    last: int | None = None
    hosts: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    rules: set[tuple[str, str]] = field(default_factory=set)
    marks: set[Key] = field(default_factory=set)
    lasting: set[Key] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    about: set[Key] = field(default_factory=set)
    alerts: bool = False

    def days(self) -> range:
        """The days of its findings, with one before and one after: its own window."""
        if self.first is None or self.last is None:
            return range(0)
        return range(self.first // DAY - 1, self.last // DAY + 2)


def gather(
    roots: Sequence[int], vertices: Sequence[Vertex], rows: Mapping[str, Finding], entities: Mapping[str, Entity]
) -> list[Bundle]:
    """One bundle for each root with a finding under it, in order of the roots. ``rows``: findings by id."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number, root in enumerate(roots):
        groups[root].append(number)
    made = (_bundle(groups[root], vertices, rows, entities) for root in sorted(groups))
    return [one for one in made if one.findings]


def _bundle(
    numbers: list[int], vertices: Sequence[Vertex], rows: Mapping[str, Finding], entities: Mapping[str, Entity]
) -> Bundle:
    made = Bundle(numbers, [number for number in numbers if vertices[number].finding])
    for number in numbers:
        made.marks.update(vertices[number].marks)
        made.sources.update(
            key.value.partition(" as ")[0] for key in vertices[number].keys if key.entity == "remote-logon"
        )
        made.about.update(key for key in vertices[number].keys if key.entity == SERIES)
        made.lasting.update(key for key in vertices[number].keys if entities[key.entity].lasts)
    for vertex in of(made, vertices):
        row = rows[vertex.name]
        made.rules.add((row.rule_id, row.level or ""))
        if vertex.host:
            made.hosts.add(vertex.host)
        if person := name_of(row.account or ""):
            made.accounts.add(person)
        if vertex.time is not None:
            made.first = vertex.time if made.first is None else min(made.first, vertex.time)
            made.last = vertex.time if made.last is None else max(made.last, vertex.time)
    made.sources -= made.hosts
    made.alerts = all(rows[vertex.name].alert for vertex in of(made, vertices)) and bool(made.findings)
    return made


def of(bundle: Bundle, vertices: Sequence[Vertex]) -> Iterator[Vertex]:
    """Its findings."""
    return (vertices[number] for number in bundle.findings)
