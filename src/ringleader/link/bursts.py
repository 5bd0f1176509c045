"""Groups of rare alerts: what marks an alert as rare, when a group of them is an intrusion, and what bridges silence
between two such groups on one host."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ringleader.link import rarity
from ringleader.link.entities import Alerts, Key
from ringleader.link.finding import Finding
from ringleader.link.graph import Edge, Vertex
from ringleader.link.rarity import HOUR, Sighting

ENTITY = "rare-alerts"


def mark(vertices: Sequence[Vertex], rules: Mapping[str, str], alerts: Alerts, *, past: bool = False) -> None:
    """Give the rare ones among the alerts their surprise and the entity that joins them. ``rules``: the rule of each
    finding that is an alert."""
    numbers = [n for n, vertex in enumerate(vertices) if vertex.name in rules and vertex.time is not None]
    seen = [
        Sighting(vertices[n].source, vertices[n].host, rules[vertices[n].name], vertices[n].time or 0) for n in numbers
    ]
    found = rarity.surprises(seen, alerts.own_hours, alerts.warm_up_hours, past=past)
    for number, surprise in zip(numbers, found, strict=True):
        if surprise >= alerts.rare:
            vertices[number].surprise = surprise
            vertices[number].keys[Key(ENTITY, f"of {vertices[number].source}")] = "member"


def score(group: Sequence[Vertex], rules: Mapping[str, str]) -> float:
    """The sum of the surprises of distinct rules on distinct hosts."""
    worst: dict[tuple[str, str], float] = {}
    for vertex in group:
        if vertex.surprise:
            key = (vertex.host, rules[vertex.name])
            worst[key] = max(vertex.surprise, worst.get(key, 0.0))
    return sum(surprise for _, surprise in sorted(worst.items()))


def worth(group: Sequence[Vertex], rows: Mapping[str, Finding]) -> float:
    """The :func:`score` of a group of alerts, by the rows of all findings."""
    return score(group, {vertex.name: rows[vertex.name].rule_id for vertex in group})


def bridges(
    roots: Sequence[int], vertices: Sequence[Vertex], rules: Mapping[str, str], alerts: Alerts, *, past: bool = False
) -> list[Edge]:
    """Joins over silence: of two groups in a row on one host that are intrusions by what happened there alone. The
    weight is minus log of the chance that another such group lies in a stretch as long as the silence."""
    bursts: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, vertex in enumerate(vertices):
        if vertex.name in rules and vertex.time is not None:
            first.setdefault(vertex.source, vertex.time)
            last[vertex.source] = vertex.time
            if vertex.surprise:
                bursts[vertex.source, vertex.host, roots[number]].append(number)
    strong: defaultdict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for (source, host, _), members in sorted(bursts.items(), key=lambda item: item[1][0]):
        if score([vertices[n] for n in members], rules) >= alerts.enough:
            strong[source, host].append(members)
    out = []
    for (source, host), groups in sorted(strong.items()):
        for place in range(1, len(groups)):
            left, right = groups[place - 1][-1], groups[place][0]
            start, end = vertices[left].time or 0, vertices[right].time or 0
            until = start if past else last[source]
            others = place - 1 if past else len(groups) - 2
            rate = (others + 0.5) / ((until - first[source]) / HOUR - alerts.warm_up_hours + 1)
            expected = rate * max(end - start, 0) / HOUR
            weight = -math.log(-math.expm1(-expected)) if expected else alerts.enough
            if weight >= alerts.bridge:
                value = f"{host}, {(end - start) / HOUR:.0f} h without their like"
                out.append(Edge(-weight, 0, Key("foothold", value), left, right))
    return out
