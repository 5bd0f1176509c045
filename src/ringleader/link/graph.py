"""From who shares what to who belongs together: a forest of the strongest joins.

Vertices are findings and connecting events. A bucket holds all vertices that share one entity. Only neighbours in time
are joined inside a bucket, so the work is that of sorting.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ringleader.link.entities import Entity, Key, Role

SLACK = 5_000_000
"""Microseconds by which an effect may seem to precede its cause: clocks of two hosts differ."""


@dataclass(slots=True)
class Vertex:
    """``name``: finding id or event id. ``unit``: the process behind it, or the event; what caps count. ``distance``:
    generations up to an ancestor, where there are any."""

    name: str
    time: int | None
    host: str
    unit: str
    finding: bool
    keys: dict[Key, Role] = field(default_factory=dict)
    distance: dict[Key, int] = field(default_factory=dict)
    marks: tuple[Key, ...] = ()
    source: str = ""
    surprise: float = 0.0


class Edge(NamedTuple):
    """Ordered so that the best edge sorts first; the rest of the order is only there to be the same every time."""

    cost: float
    distance: int
    key: Key
    left: int
    right: int


def edges(vertices: Sequence[Vertex], entities: dict[str, Entity], window: int) -> list[Edge]:
    """All joins, strongest first. ``vertices`` are sorted; ``window`` in microseconds.

    The weight of a join is ln((N + 1) / n): n of the N findings have the entity.
    """
    total = sum(vertex.finding for vertex in vertices)
    found: list[Edge] = []
    for key, members in _buckets(vertices):
        carriers = sum(vertices[member].finding and vertices[member].keys[key] != "origin" for member in members)
        cost = -math.log((total + 1) / max(1, carriers))
        own = entities[key.entity].window_seconds
        gap = None if key.entity == "event" else window if own is None else int(own * 1_000_000)
        for left, right in _joins(key, members, vertices, entities[key.entity], gap):
            distance = vertices[left].distance.get(key, 0) + vertices[right].distance.get(key, 0)
            rare = min(vertices[left].surprise, vertices[right].surprise) if key.entity == "rare-alerts" else 0.0
            found.append(Edge(-rare or cost, distance, key, left, right))
    found.sort()
    return found


def relevant(vertices: Sequence[Vertex], entities: dict[str, Entity], window: int) -> list[Vertex]:
    """Without the connecting events that no finding leans on: those would stretch the window from logon to logon.

    An event stays when it shares an entity of its host or one that lasts, inside the window, with a finding, or with an
    event that stays for that. A logon, the service it installs and what that service runs are three, so three rounds
    are enough.
    """
    kept = [vertex.finding for vertex in vertices]
    wanted = {key for vertex in vertices if not vertex.finding for key in vertex.keys}
    wanted = {key for key in wanted if entities[key.entity].on_host or entities[key.entity].lasts}
    for _ in range(3):
        times: defaultdict[Key, list[int]] = defaultdict(list)
        for keep, vertex in zip(kept, vertices, strict=True):
            for key, role in vertex.keys.items() if keep and vertex.time is not None else ():
                if role != "origin" and key in wanted:
                    times[key].append(vertex.time or 0)
        changed = False
        for number, vertex in enumerate(vertices):
            if (
                not kept[number]
                and vertex.time is not None
                and any(_near(times[key], vertex.time, window) for key in vertex.keys if key in times)
            ):
                kept[number] = changed = True
        if not changed:
            break
    return [vertex for vertex, keep in zip(vertices, kept, strict=True) if keep]


def forest(count: int, candidates: Sequence[Edge]) -> tuple[list[int], dict[int, list[tuple[int, Edge]]]]:
    """The component of each vertex, and the tree edges at each vertex (Kruskal)."""
    parent = list(range(count))

    def root(vertex: int) -> int:
        while parent[vertex] != vertex:
            parent[vertex] = parent[parent[vertex]]
            vertex = parent[vertex]
        return vertex

    tree: defaultdict[int, list[tuple[int, Edge]]] = defaultdict(list)
    for edge in candidates:
        left, right = root(edge.left), root(edge.right)
        if left != right:
            parent[max(left, right)] = min(left, right)
            tree[edge.left].append((edge.right, edge))
            tree[edge.right].append((edge.left, edge))
    return [root(vertex) for vertex in range(count)], tree


def _buckets(vertices: Sequence[Vertex]) -> Iterator[tuple[Key, list[int]]]:
    """The vertices that share an entity, in their order, which is that of time. Most entities are one vertex's, so that
    a list for each would take most of the memory."""
    first: dict[Key, int] = {}
    shared: dict[Key, list[int]] = {}
    for number, vertex in enumerate(vertices):
        for key in vertex.keys:
            if key in shared:
                shared[key].append(number)
            elif (other := first.setdefault(key, number)) != number:
                shared[key] = [other, number]
    del first
    yield from shared.items()


def _joins(
    key: Key, bucket: list[int], vertices: Sequence[Vertex], entity: Entity, gap: int | None
) -> Iterator[tuple[int, int]]:
    timed = [number for number in bucket if gap is None or vertices[number].time is not None]
    members = [number for number in timed if vertices[number].keys[key] == "member"]
    origins = [number for number in timed if vertices[number].keys[key] == "origin"]
    runs = [number for number in timed if vertices[number].keys[key] == "run"]
    for segment in _segments(members, vertices, gap):
        if not _is_hub(segment, vertices, entity):
            yield from pairwise(segment)
    for member in members:
        if (before := _before(member, origins, vertices, gap)) is not None:
            yield before, member
    for run in runs:
        if (before := _before(run, members, vertices, gap)) is not None:
            yield before, run


def _segments(members: list[int], vertices: Sequence[Vertex], gap: int | None) -> Iterator[list[int]]:
    start = 0
    for at in range(1, len(members) + 1):
        if at == len(members) or (
            gap is not None and _time(vertices, members[at]) - _time(vertices, members[at - 1]) > gap
        ):
            yield members[start:at]
            start = at


def _is_hub(segment: list[int], vertices: Sequence[Vertex], entity: Entity) -> bool:
    if entity.cap_hosts is not None and len({vertices[number].host for number in segment}) > entity.cap_hosts:
        return True
    cap = entity.cap_processes
    return cap is not None and len(segment) > cap and len({vertices[number].unit for number in segment}) > cap


def _before(vertex: int, others: list[int], vertices: Sequence[Vertex], gap: int | None) -> int | None:
    """The last of ``others`` that is not after ``vertex`` and not longer than ``gap`` before it."""
    time = _time(vertices, vertex)
    at = bisect_right(others, time + SLACK, key=lambda number: _time(vertices, number))
    if not at or others[at - 1] == vertex or (gap is not None and time - _time(vertices, others[at - 1]) > gap):
        return None
    return others[at - 1]


def _near(times: list[int], time: int, window: int) -> bool:
    at = bisect_left(times, time - window)
    return at < len(times) and times[at] <= time + window


def _time(vertices: Sequence[Vertex], number: int) -> int:
    return vertices[number].time or 0
