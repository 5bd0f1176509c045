"""Findings in, intrusions and their steps out: the tables ``schema.INTRUSIONS`` and ``schema.STEPS``.

Two findings belong together when they share an entity inside one window: a process and its ancestors, a logon session,
a logon from one host to another, a service or a task. What these hold together is a bundle. Bundles are joined by what
is rare in both, days and months apart (:mod:`bridge`), and the groups that this makes are intrusions if they are
suspicious enough (:mod:`suspicion`); the rest remain findings, as leads. Pure: the same rows in any order give the same
bytes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.engines import collector
from ringleader.link import bursts, finding, graph, linkage, series
from ringleader.link.background import Days
from ringleader.link.bridge import FEATURES as BRIDGES
from ringleader.link.bridge import Bridges, speaks
from ringleader.link.bundle import DAY, Bundle, gather
from ringleader.link.entities import Event, Field, Key, Role, Vocabulary, holds, keys, machine_of, nearest, vocabulary
from ringleader.link.finding import Finding
from ringleader.link.graph import Edge, Vertex
from ringleader.link.hosts import Hosts, Sighting
from ringleader.link.model import Model, model
from ringleader.link.process import Processes
from ringleader.link.series import Series
from ringleader.link.suspicion import Suspicion, log_odds
from ringleader.schema import tables
from ringleader.schema.order import LEVELS, TACTICS

Row = dict[str, Any]
Inherited = dict[str, list[tuple[Key, Role]]]
"""What a process has from the event that started it, by process: its descendants have it too."""


def link(
    findings: pa.Table, events: Iterable[pa.Table], words: Vocabulary | None = None, learnt: Model | None = None
) -> tuple[pa.Table, pa.Table]:
    """Join ``findings`` (schema FINDINGS) through ``events``: those behind them, and around them the starts of
    processes and the logons, services and tasks that tie hosts together. Each table of events has event_id, kind, time,
    host and the text columns that :meth:`Vocabulary.columns` names."""
    with collector.paused():
        return _link(findings, events, words or vocabulary(), learnt or model())


@dataclass
class Bundled:
    """``bundles``: what strong joins hold together; ``strong``: these joins, the best first; ``days``: when each mark
    was seen; ``series``: what analytics counted together."""

    rows: dict[str, Finding]
    vertices: list[Vertex]
    strong: list[Edge]
    bundles: list[Bundle]
    days: Days[Key]
    series: Series


def bundled(findings: pa.Table, events: Iterable[pa.Table], words: Vocabulary, *, past: bool = False) -> Bundled:
    """The findings as far as single entities join them, and alerts as far as their rarity does. ``past``: which alerts
    are rare is told from what came before alone, as it would be on the day."""
    rows = finding.read(findings)
    found, hosts = _events(events, rows, words)
    vertices = _vertices(rows, found, hosts, words)
    window = int(words.window_minutes * 60_000_000)
    vertices = graph.relevant(vertices, words.entities, window)
    days = _days(found, vertices, rows, hosts, words)
    del found  # much, and no longer needed
    alerts = {row.finding_id: row.rule_id for row in rows if row.alert}
    bursts.mark(vertices, alerts, words.alerts, past=past)
    counted = series.told(findings)
    series.mark(vertices, counted)
    strong = graph.edges(vertices, words.entities, window)
    roots, _ = graph.forest(len(vertices), strong)
    if alerts:
        strong = sorted(strong + bursts.bridges(roots, vertices, alerts, words.alerts, past=past))
        roots, _ = graph.forest(len(vertices), strong)
    by_id = {row.finding_id: row for row in rows}
    return Bundled(by_id, vertices, strong, gather(roots, vertices, by_id, words.entities), days, counted)


def _days(
    events: Mapping[str, Event], vertices: Sequence[Vertex], rows: list[Finding], hosts: Hosts, words: Vocabulary
) -> Days[Key]:
    """On which days anybody left the marks that the findings have."""
    wanted = {mark for vertex in vertices for mark in vertex.marks}
    own = {row.event_id for row in rows}
    seen = {(mark, vertex.time // DAY) for vertex in vertices if vertex.time is not None for mark in vertex.marks}
    fields: dict[str, list[Field]] = {}
    every = {vertex.time // DAY for vertex in vertices if vertex.time is not None}
    for event in events.values():
        if event.time is None:
            continue
        every.add(event.time // DAY)
        if event.event_id in own:
            continue
        if event.kind not in fields:
            fields[event.kind] = words.marks_of(event.kind)
        marks = (mark for mark, _ in keys(event, fields[event.kind], words, hosts))
        seen.update((mark, event.time // DAY) for mark in marks if mark in wanted)
    return Days(seen, every)


def _link(
    findings: pa.Table, events: Iterable[pa.Table], words: Vocabulary, learnt: Model
) -> tuple[pa.Table, pa.Table]:
    if not findings.num_rows:
        return tables.INTRUSIONS.empty_table(), tables.STEPS.empty_table()
    found = bundled(findings, events, words)
    suspicion = Suspicion(found.vertices, found.rows, found.days, words.entities)
    odds: list[float] = []
    alone: dict[int, float] = {}
    for one in found.bundles:
        features = suspicion.features([one])
        odds.append(log_odds(learnt.suspicion, features))
        alone[id(one)] = log_odds(learnt.group, features)
    groups, tree = grouped(found, odds, words, learnt)
    intrusions, steps = [], []
    for some in groups:
        told = [found.vertices[number] for one in some for number in one.findings]
        counted = series.worth(told, found.series, found.rows) - words.series.enough
        score = alone[id(some[0])] if len(some) == 1 else log_odds(learnt.group, suspicion.features(some))
        if all(one.alerts for one in some):  # told by their rarity, which is what they have
            score = bursts.worth(told, found.rows) - words.alerts.enough
            worthy = score >= 0
        else:
            score = max(score, counted)
            worthy = score >= learnt.worthy or counted >= 0
        if not worthy:
            continue
        group = sorted(number for one in some for number in one.vertices)
        members = [found.rows[found.vertices[number].name] for number in group if found.vertices[number].finding]
        intrusion = _intrusion(members, score)
        intrusions.append(intrusion)
        steps += _steps(intrusion["intrusion_id"], group, found.vertices, tree)
    intrusions.sort(
        key=lambda row: (-row["score"], row["first_time"] is None, row["first_time"] or 0, row["intrusion_id"])
    )
    return _table(intrusions, tables.INTRUSIONS), _table(steps, tables.STEPS)


def grouped(
    found: Bundled, odds: Sequence[float], words: Vocabulary, learnt: Model
) -> tuple[list[list[Bundle]], dict[int, list[tuple[int, Edge]]]]:
    """Bundles that are one actor's, by their log odds of being any actor's; and the joins behind them."""
    roots, tree = graph.forest(len(found.vertices), found.strong + _bridges(found, odds, words, learnt))
    of: defaultdict[int, list[Bundle]] = defaultdict(list)
    for one in found.bundles:
        of[roots[one.vertices[0]]].append(one)
    return list(of.values()), tree


def _bridges(found: Bundled, odds: Sequence[float], words: Vocabulary, learnt: Model) -> list[Edge]:
    """A join for each merge of bundles, weighing the average log odds of the pairs behind it."""
    bridges = Bridges(found.bundles, odds, found.days, words.entities)
    found_pairs = [(pair, bridges.compare(pair)) for pair in bridges.pairs(learnt.floor)]
    compared = [pair for pair, one in found_pairs if speaks(one)]
    shared = [one for _, one in found_pairs if speaks(one)]
    chosen = {"once": learnt.once, "near": learnt.near, "far": learnt.far}
    weights = {reach: [some.get(name, 0.0) for name in BRIDGES] for reach, some in chosen.items()}
    scored = [
        (pair.left, pair.right, sum(w * x for w, x in zip(weights[one.reach], one.features, strict=True)))
        for pair, one in zip(compared, shared, strict=True)
    ]
    out = []
    for merge in linkage.clusters(len(found.bundles), scored, learnt.least):
        pair = compared[merge.pair]
        left, right = found.bundles[pair.left], found.bundles[pair.right]
        out.append(Edge(-merge.average, 0, shared[merge.pair].key, left.findings[-1], right.findings[0]))
    return out


def _events(events: Iterable[pa.Table], findings: list[Finding], words: Vocabulary) -> tuple[dict[str, Event], Hosts]:
    found: dict[str, Event] = {}
    texts: dict[str, str] = {}  # each text once
    for table in events:
        names = [name for name in table.column_names if name not in ("event_id", "kind", "time", "host")]
        fixed = [table["event_id"], table["kind"], pc.cast(table["time"], pa.int64()), table["host"]]
        for event_id, kind, time, host, *values in zip(
            *(column.to_pylist() for column in [*fixed, *(table[name] for name in names)]), strict=True
        ):
            fields = {
                name: texts.setdefault(value, value)
                for name, value in zip(names, values, strict=True)
                if value is not None
            }
            if event_id in found:  # told of in parts
                found[event_id].fields.update(fields)
            else:
                found[event_id] = Event(event_id, kind, time, host or "", fields)
    own, told = _owned(found.values(), words)
    seen = {address for address, _, _ in own}
    owned = own + [one for one in told if one[0] not in seen]
    hosts = Hosts([event.host for event in found.values()] + [row.host or "" for row in findings], owned)
    for event in found.values():
        event.host = hosts.name(event.host or _place(event, words), event.time)
    return found, hosts


def _owned(events: Iterable[Event], words: Vocabulary) -> tuple[list[Sighting], list[Sighting]]:
    """Whose each address is: told by hosts of themselves, and by others of a machine that logged on there."""
    own: list[Sighting] = []
    told: list[Sighting] = []
    for event in events:
        for address in nearest(words.addresses, event.kind) or []:
            if not (text := event.fields.get(address.field)) or not holds(address.when, event.fields):
                continue
            if not address.machine:
                own += [(text, event.host, event.time)] if event.host else []
            elif machine := machine_of(event.fields.get(address.machine, "")):
                told.append((text.removeprefix("::ffff:"), machine, event.time))
    return own, told


def _place(event: Event, words: Vocabulary) -> str:
    """Where it happened, of an event that names no host of its own."""
    for name in nearest(words.places, event.kind) or []:
        text = event.fields.get(name, "")
        return text.rpartition(":")[0] if text.count(":") == 1 else text
    return ""


def _vertices(findings: list[Finding], events: Mapping[str, Event], hosts: Hosts, words: Vocabulary) -> list[Vertex]:
    processes = Processes(events.values(), words)
    named = _accounts(events.values(), words)
    for row in findings:
        row.account = named.get(row.account or "", row.account)
    own = {row.event_id for row in findings}
    inherited: Inherited = {}
    pool: dict[Key, Key] = {}  # each key once
    vertices = [
        _vertex(row, events.get(row.event_id or ""), processes, hosts, words, inherited, pool) for row in findings
    ]
    for row, vertex in zip(findings, vertices, strict=True):
        row.host = vertex.host
    for event in events.values():
        fields = words.fields_of(event.kind)
        if event.event_id in own or event.time is None or not any(field.connects for field in fields):
            continue
        held = dict(keys(event, fields, words, hosts, connecting=True))
        if held and (node := processes.of(event)) is not None:  # the process that used an account elsewhere
            held |= {Key("lineage", ancestor): "member" for ancestor in processes.chain(node)}
        if len(held) > 1:
            made = Vertex(event.event_id, event.time, event.host, event.event_id, False, held)
            made.marks = tuple(dict.fromkeys(mark for mark, _ in keys(event, words.marks_of(event.kind), words, hosts)))
            vertices.append(made)
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
    row: Finding,
    event: Event | None,
    processes: Processes,
    hosts: Hosts,
    words: Vocabulary,
    inherited: Inherited,
    pool: dict[Key, Key],
) -> Vertex:
    host = event.host if event is not None else hosts.name(row.host or "", row.time)
    vertex = Vertex(row.finding_id, row.time, host, row.event_id or row.finding_id, True)
    vertex.source = (row.evidence_id or "")[:16]
    for event_id in {*row.event_ids, *([row.event_id] if row.event_id else [])}:
        vertex.keys[Key("event", event_id)] = "member"
    if event is None:
        return vertex
    account = row.account
    marks = {mark for mark, _ in keys(event, words.marks_of(event.kind), words, hosts, account)}
    held = list(keys(event, words.fields_of(event.kind), words, hosts, account))
    held += keys(event, words.fields.get("*", []), words, hosts, account)
    node = processes.of(event)
    if node is not None:
        vertex.unit = node
        for distance, ancestor in enumerate(processes.chain(node)):
            key = Key("lineage", ancestor)
            held.append((key, "member"))
            if distance:
                vertex.distance[key] = distance
            if ancestor not in inherited:
                start = processes.started(ancestor)
                fields = words.fields_of(start.kind) if start else []
                found = keys(start, fields, words, hosts) if start else ()
                inherited[ancestor] = [(pool.setdefault(key, key), role) for key, role in found]
            held += inherited[ancestor]
            if distance == 0 and (start := processes.started(ancestor)) is not None and start is not event:
                marks.update(mark for mark, _ in keys(start, words.marks_of(start.kind), words, hosts, account))
    elif (hub := processes.itself(event)) is not None:
        held.append((Key("system-process", hub), "member"))
    vertex.marks = tuple(pool.setdefault(mark, mark) for mark in sorted(marks))
    for key, role in held:
        if vertex.keys.get(key) != "member":  # a member says more than an origin
            vertex.keys[pool.setdefault(key, key)] = role
    return vertex


def _intrusion(rows: list[Finding], score: float) -> Row:
    ids = sorted(row.finding_id for row in rows)
    times = [row.time for row in rows if row.time is not None]
    tactics = {tactic for row in rows for tactic in row.tactics}
    levels = {row.level for row in rows}
    return {
        "intrusion_id": hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16],
        "first_time": min(times, default=None),
        "last_time": max(times, default=None),
        "hosts": list(dict.fromkeys(row.host for row in rows if row.host)),
        "accounts": list(dict.fromkeys(row.account for row in rows if row.account)),
        "tactics": [t for t in TACTICS if t in tactics] + sorted(tactics - set(TACTICS)),
        "techniques": sorted({technique for row in rows for technique in row.techniques}),
        "findings": len(rows),
        "level": max(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else -1),
        "score": round(score, 6),
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
