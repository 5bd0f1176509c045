"""Findings in, intrusions and their steps out: the tables ``schema.INTRUSIONS`` and ``schema.STEPS``.

Two findings belong together when they share a rare entity inside one window: a process and its ancestors, a logon
session, a logon from one host to another, a service or a task. Sharing a host is not enough. What stays single, or
stays below a score, is no intrusion; it remains a finding, as a lead. Pure: the same rows in any order give the same
bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.engines import collector
from ringleader.link import graph
from ringleader.link.entities import Event, Key, Role, Vocabulary, holds, keys, nearest, vocabulary
from ringleader.link.graph import Edge, Vertex
from ringleader.link.hosts import Hosts
from ringleader.link.process import Processes
from ringleader.schema import tables
from ringleader.schema.order import LEVELS, TACTICS

Row = dict[str, Any]
Inherited = dict[str, list[tuple[Key, Role]]]
"""What a process has from the event that started it, by process: its descendants have it too."""


def link(findings: pa.Table, events: Iterable[pa.Table], words: Vocabulary | None = None) -> tuple[pa.Table, pa.Table]:
    """Join ``findings`` (schema FINDINGS) through ``events``: those behind them, and around them the starts of
    processes and the logons, services and tasks that tie hosts together. Each table of events has event_id, kind, time,
    host and the text columns that :meth:`Vocabulary.columns` names."""
    with collector.paused():
        return _link(findings, events, words or vocabulary())


def _link(findings: pa.Table, events: Iterable[pa.Table], words: Vocabulary) -> tuple[pa.Table, pa.Table]:
    rows = _findings(findings)
    if not rows:
        return tables.INTRUSIONS.empty_table(), tables.STEPS.empty_table()
    found, hosts = _events(events, rows, words)
    vertices = _vertices(rows, found, hosts, words)
    window = int(words.window_minutes * 60_000_000)
    vertices = graph.relevant(vertices, words.entities, window)
    candidates = graph.edges(vertices, words.entities, window)
    roots, tree = graph.forest(len(vertices), candidates)
    by_id = {row["finding_id"]: row for row in rows}
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number, root in enumerate(roots):
        groups[root].append(number)
    intrusions, steps = [], []
    for group in _worthy(list(groups.values()), vertices, by_id, words):
        members = [by_id[vertices[number].name] for number in group if vertices[number].finding]
        intrusion = _intrusion(members, hosts, words)
        intrusions.append(intrusion)
        steps += _steps(intrusion["intrusion_id"], group, vertices, tree)
    intrusions.sort(
        key=lambda row: (-row["score"], row["first_time"] is None, row["first_time"] or 0, row["intrusion_id"])
    )
    return _table(intrusions, tables.INTRUSIONS), _table(steps, tables.STEPS)


def _findings(findings: pa.Table) -> list[Row]:
    """Rows in an order of their own, each finding once; times in microseconds."""
    names = ["finding_id", "rule_id", "level", "techniques", "tactics", "event_id", "event_ids", "host", "account"]
    flat = findings.select(names).append_column("time", pc.cast(findings["time"], pa.int64()))
    rows = {row["finding_id"]: row for row in flat.to_pylist()}
    return sorted(rows.values(), key=lambda row: (row["time"] is None, row["time"] or 0, row["finding_id"]))


def _events(events: Iterable[pa.Table], findings: list[Row], words: Vocabulary) -> tuple[dict[str, Event], Hosts]:
    found: dict[str, Event] = {}
    for table in events:
        names = [name for name in table.column_names if name not in ("event_id", "kind", "time", "host")]
        fixed = [table["event_id"], table["kind"], pc.cast(table["time"], pa.int64()), table["host"]]
        for event_id, kind, time, host, *values in zip(
            *(column.to_pylist() for column in [*fixed, *(table[name] for name in names)]), strict=True
        ):
            fields = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            found[event_id] = Event(event_id, kind, time, host or "", fields)
    owned = [
        (event.fields[address.field], event.host)
        for event in found.values()
        for address in nearest(words.addresses, event.kind) or []
        if address.field in event.fields and event.host and holds(address.when, event.fields)
    ]
    hosts = Hosts([event.host for event in found.values()] + [row["host"] or "" for row in findings], owned)
    for event in found.values():
        event.host = hosts.name(event.host)
    return found, hosts


def _vertices(findings: list[Row], events: Mapping[str, Event], hosts: Hosts, words: Vocabulary) -> list[Vertex]:
    processes = Processes(events.values(), words)
    named = _accounts(events.values(), words)
    for row in findings:
        row["account"] = named.get(row["account"], row["account"])
    own = {row["event_id"] for row in findings}
    inherited: Inherited = {}
    vertices = [_vertex(row, events.get(row["event_id"]), processes, hosts, words, inherited) for row in findings]
    for event in events.values():
        fields = nearest(words.fields, event.kind) or []
        if event.event_id in own or event.time is None or not any(field.connects for field in fields):
            continue
        held = dict(keys(event, fields, words, hosts, connecting=True))
        if held and (node := processes.of(event)) is not None:  # the process that used an account elsewhere
            held |= {Key("lineage", ancestor): "member" for ancestor in processes.chain(node)}
        if len(held) > 1:
            vertices.append(Vertex(event.event_id, event.time, event.host, event.event_id, False, held))
    return sorted(vertices, key=lambda vertex: (vertex.time is None, vertex.time or 0, vertex.name))


def _accounts(events: Iterable[Event], words: Vocabulary) -> dict[str, str]:
    """Names of the accounts that some sources give only the security identifier of."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for event in events:
        identifier, name = nearest(words.accounts, event.kind) or ("", "")
        if identifier in event.fields and event.fields.get(name, "-") != "-":
            found[event.fields[identifier]].add(event.fields[name].lower())
    # Well-known ones (S-1-5-18) go by another name on each host.
    return {each: names.pop() for each, names in found.items() if len(names) == 1 and each.startswith("S-1-5-21-")}


def _vertex(
    row: Row, event: Event | None, processes: Processes, hosts: Hosts, words: Vocabulary, inherited: Inherited
) -> Vertex:
    host = hosts.name(row["host"] or "")
    vertex = Vertex(row["finding_id"], row["time"], host, row["event_id"] or row["finding_id"], True)
    for event_id in {row["event_id"], *(row["event_ids"] or [])} - {None}:
        vertex.keys[Key("event", event_id)] = "member"
    if event is None:
        return vertex
    account = row["account"]
    held = list(keys(event, nearest(words.fields, event.kind) or [], words, hosts, account))
    held += keys(event, words.fields.get("*", []), words, hosts, account)
    node = processes.of(event)
    if node is not None:
        vertex.unit = node
        for distance, ancestor in enumerate(processes.chain(node)):
            key = Key("lineage", ancestor)
            held.append((key, "member"))
            vertex.distance[key] = distance
            if ancestor not in inherited:
                start = processes.started(ancestor)
                fields = nearest(words.fields, start.kind) or [] if start else []
                inherited[ancestor] = list(keys(start, fields, words, hosts)) if start else []
            held += inherited[ancestor]
    for key, role in held:
        if vertex.keys.get(key) != "member":  # a member says more than an origin
            vertex.keys[key] = role
    return vertex


def _worthy(
    groups: list[list[int]], vertices: Sequence[Vertex], by_id: Mapping[str, Row], words: Vocabulary
) -> list[list[int]]:
    """The groups that are intrusions and not leads.

    What one process does, or one event says, is alone, however many rules and sources tell of it.
    """
    singles: Counter[str] = Counter()
    scored = []
    for group in groups:
        members = [vertices[number] for number in group if vertices[number].finding]
        rows = [by_id[vertex.name] for vertex in members]
        alone = len({vertex.unit for vertex in members}) == 1 and all(len(row["event_ids"] or ()) < 2 for row in rows)
        if rows and _score(rows, words) >= (words.enough_alone if alone else words.enough):
            worst = min(rows, key=lambda row: (-words.scores.get(row["level"], 0.0), row["rule_id"]))["rule_id"]
            scored.append((group, alone, worst))
            singles[worst] += alone
    return [group for group, alone, worst in scored if not alone or singles[worst] <= words.singles_per_rule]


def _score(rows: Iterable[Row], words: Vocabulary) -> float:
    """The sum over distinct rules, where an event counts for its worst rule only: rules overlap."""
    worst: dict[str, tuple[float, str]] = {}
    for row in rows:
        event = row["event_id"] or row["finding_id"]
        found = (words.scores.get(row["level"], 0.0), row["rule_id"])
        worst[event] = max(found, worst.get(event, found))
    return sum(score for score, _ in sorted(set(worst.values())))


def _intrusion(rows: list[Row], hosts: Hosts, words: Vocabulary) -> Row:
    ids = sorted(row["finding_id"] for row in rows)
    times = [row["time"] for row in rows if row["time"] is not None]
    tactics = {tactic for row in rows for tactic in row["tactics"] or []}
    levels = {row["level"] for row in rows}
    return {
        "intrusion_id": hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16],
        "first_time": min(times, default=None),
        "last_time": max(times, default=None),
        "hosts": list(dict.fromkeys(hosts.name(row["host"]) for row in rows if row["host"])),
        "accounts": list(dict.fromkeys(row["account"] for row in rows if row["account"])),
        "tactics": [t for t in TACTICS if t in tactics] + sorted(tactics - set(TACTICS)),
        "techniques": sorted({technique for row in rows for technique in row["techniques"] or []}),
        "findings": len(rows),
        "level": max(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else -1),
        "score": _score(rows, words),
    }


def _steps(
    intrusion: str, group: list[int], vertices: Sequence[Vertex], tree: Mapping[int, list[tuple[int, Edge]]]
) -> list[Row]:
    """The findings of one intrusion, walking its tree from the earliest. What a connecting event joined counts as
    joined to the finding on its other side."""
    first = next(number for number in group if vertices[number].finding)
    steps = [_step(intrusion, vertices[first].name, "first", "", None, None)]
    seen = {first}
    queue = deque([(first, vertices[first].name)])
    while queue:
        number, behind = queue.popleft()
        for other, edge in sorted(tree.get(number, ())):
            if other in seen:
                continue
            seen.add(other)
            name = vertices[other].name
            if vertices[other].finding:
                value = edge.key.value.partition(" #")[0]
                steps.append(_step(intrusion, name, edge.key.entity, value, behind, -edge.cost))
                queue.append((other, name))
            else:
                queue.append((other, behind))
    order = {vertices[number].name: place for place, number in enumerate(group)}
    return sorted(steps, key=lambda step: order[step["finding_id"]])


def _step(intrusion: str, finding: str, kind: str, value: str, behind: str | None, weight: float | None) -> Row:
    return {
        "intrusion_id": intrusion,
        "finding_id": finding,
        "entity_kind": kind,
        "entity": value,
        "joined_to": behind,
        "weight": weight,
    }


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)
