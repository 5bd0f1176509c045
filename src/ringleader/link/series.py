"""Findings about one person that an analytic has counted together and held against colleagues: their surprise is minus
log of the chance that the analytic gives, and one person's belong together however far apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.link.bundle import SERIES
from ringleader.link.entities import Key
from ringleader.link.finding import Finding
from ringleader.link.graph import Vertex

MOST = 50.0
"""Nats: a smaller chance than that says no more."""

Series = dict[str, tuple[str, float]]
"""By finding: whom it is about, and the surprise of all that is said of them."""


def told(findings: pa.Table) -> Series:
    """What analytics said of persons in ``findings`` (schema FINDINGS), by the person and chance in their values. Of a
    person of whom there is a chance, what they said without one is told too, and surprises nobody."""
    out: Series = {}
    some = findings.filter(pc.equal(findings["detector"], "analytic")).select(["finding_id", "values"])
    for row in some.to_pylist():
        values = dict(row["values"] or ())
        if person := values.get("person"):
            out[row["finding_id"]] = (person.lower(), _surprise(values.get("chance", "")))
    surprising = {person for person, surprise in out.values() if surprise}
    return {finding: about for finding, about in out.items() if about[0] in surprising}


def mark(vertices: Sequence[Vertex], series: Series) -> None:
    for vertex in vertices:
        if vertex.name in series:
            vertex.keys[Key(SERIES, f"about {series[vertex.name][0]}")] = "member"


def worth(group: Iterable[Vertex], series: Series, rows: Mapping[str, Finding]) -> float:
    """The greatest sum of surprises of distinct rules about one person: each has looked at something else of them."""
    best: dict[str, dict[str, float]] = {}
    for vertex in group:
        if vertex.name in series:
            person, surprise = series[vertex.name]
            rules = best.setdefault(person, {})
            rule = rows[vertex.name].rule_id
            rules[rule] = max(surprise, rules.get(rule, 0.0))
    return max((sum(surprise for _, surprise in sorted(rules.items())) for rules in best.values()), default=0.0)


def _surprise(chance: str) -> float:
    try:
        value = float(chance)
    except ValueError:
        return 0.0
    return min(MOST, -math.log(value)) if 0 < value < 1 else MOST if value == 0 else 0.0
