"""An intrusion as the page tells it: its findings in order of time, on lanes by host, each with what joined it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from ringleader.report import text
from ringleader.schema.order import WORST_FIRST

MAX_MOMENTS = 120
"""Rows of one intrusion's timeline; the rest is in the table of findings."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Join:
    kind: str
    entity: str
    weight: float | None
    to: int | None
    """Number of the row that it was joined to."""
    later: bool
    """Whether that row comes later."""


@dataclass(frozen=True)
class Moment:
    """One row of a timeline: an event, or the same thing several times in a row. ``rules``: (title, level)."""

    number: int
    time: datetime | None
    until: datetime | None
    times: int
    host: str
    account: str
    level: str
    rules: list[tuple[str, str]]
    techniques: list[str]
    values: list[tuple[str, str]]
    kind: str
    joins: list[Join]


@dataclass(frozen=True)
class Intrusion:
    number: int
    id: str
    level: str
    first: datetime | None
    last: datetime | None
    hosts: list[str]
    accounts: list[str]
    tactics: list[str]
    techniques: list[str]
    findings: int
    score: float
    moments: list[Moment]
    more: int
    """Findings that are not in ``moments``."""
    lanes: list[str]
    """The hosts, and after them what findings call a host that link does not know by that name."""
    ticks: list[tuple[float, int, str]]
    """For the lanes: place in time from 0 to 1, number of the lane, level."""


def owners(intrusions: Sequence[Row], steps: Mapping[str, Sequence[Row]], hosts: Mapping[str, str]) -> dict[str, str]:
    """For a name in findings that link resolved to another, such as a web server's address, the host that it is.

    ``hosts``: host by finding. Link says which hosts an intrusion has, not which finding is of which: the answer is the
    only host that all intrusions with this name have, or the one that all its joins end with ("hlp.aspx on mail01").
    """
    possible: dict[str, set[str]] = {}
    said: dict[str, set[str]] = {}
    for intrusion in intrusions:
        known = set(intrusion["hosts"] or ())
        for step in steps.get(intrusion["intrusion_id"], ()):
            name = hosts.get(step["finding_id"])
            if not name or name in known:
                continue
            possible[name] = possible.get(name, known) & known
            end = (step["entity"] or "").rpartition(" on ")[2]
            if end in known:
                said.setdefault(name, set()).add(end)
    found = {}
    for name, candidates in sorted(possible.items()):
        for some in (candidates, said.get(name, set()) & candidates):
            if len(some) == 1:
                found[name] = next(iter(some))
                break
    return found


def intrusion(number: int, row: Row, steps: Sequence[Row], by_id: Mapping[str, Row]) -> Intrusion:
    """``by_id``: findings, their texts already fit to be shown."""
    reasons = {step["finding_id"]: step for step in steps}
    members = [by_id[step["finding_id"]] for step in steps if step["finding_id"] in by_id]
    members.sort(key=lambda each: (each["time"] is None, each["time"] or 0, each["event_id"] or "", each["finding_id"]))
    hosts = [text.visible(name) for name in row["hosts"] or ()]
    lanes = list(dict.fromkeys([*hosts, *(member["host"] or "unknown host" for member in members)]))
    moments = _moments(members, reasons)
    return Intrusion(
        number=number,
        id=row["intrusion_id"],
        level=row["level"],
        first=row["first_time"],
        last=row["last_time"],
        hosts=hosts,
        accounts=[text.visible(account) for account in row["accounts"] or ()],
        tactics=[text.visible(tactic) for tactic in row["tactics"] or ()],
        techniques=[text.visible(technique) for technique in row["techniques"] or ()],
        findings=row["findings"],
        score=row["score"],
        moments=moments[:MAX_MOMENTS],
        more=sum(moment.times * len(moment.rules) for moment in moments[MAX_MOMENTS:]),
        lanes=lanes,
        ticks=_ticks(members, lanes),
    )


def _moments(members: list[Row], reasons: Mapping[str, Row]) -> list[Moment]:
    """Findings of one event are one row, and so are repetitions of the same thing one after the other."""
    events = [list(group) for _, group in groupby(members, key=lambda row: row["event_id"] or row["finding_id"])]
    runs: list[list[list[Row]]] = []
    for event in events:
        if runs and _same(runs[-1][-1]) == _same(event):
            runs[-1].append(event)
        else:
            runs.append([event])
    place = {row["finding_id"]: number for number, run in enumerate(runs, 1) for event in run for row in event}
    moments = []
    for number, run in enumerate(runs, 1):
        first = run[0]
        joins = {}
        for row in first:
            step = reasons[row["finding_id"]]
            to = place.get(step["joined_to"])
            if step["joined_to"] is None or to != number:
                entity = text.visible(step["entity"], 160)
                joins[step["entity_kind"], entity] = Join(
                    step["entity_kind"], entity, step["weight"], to, later=to is not None and to > number
                )
        last = run[-1][0]
        moments.append(
            Moment(
                number=number,
                time=first[0]["time"],
                until=last["time"] if len(run) > 1 else None,
                times=len(run),
                host=first[0]["host"],
                account=next((row["account"] for row in first if row["account"]), ""),
                level=min((row["level"] for row in first), key=WORST_FIRST.index),
                rules=sorted(
                    {(row["rule_title"], row["level"]) for row in first}, key=lambda r: (WORST_FIRST.index(r[1]), r[0])
                ),
                techniques=sorted({technique for row in first for technique in row["techniques"]}),
                values=sorted({value for row in first for value in row["values"]}),
                kind=first[0]["kind"],
                joins=list(joins.values()),
            )
        )
    return moments


def _same(event: list[Row]) -> tuple[Any, ...]:
    return event[0]["host"], event[0]["account"], tuple(sorted(row["rule_id"] or "" for row in event))


def _ticks(members: list[Row], lanes: list[str]) -> list[tuple[float, int, str]]:
    times = [row["time"] for row in members if row["time"]]
    if not times:
        return []
    first, length = times[0], (times[-1] - times[0]).total_seconds() or 1.0
    place = {name: number for number, name in enumerate(lanes)}
    ticks = {
        (
            round((row["time"] - first).total_seconds() / length, 3),
            place[row["host"] or "unknown host"],
            row["level"],
        )
        for row in members
        if row["time"]
    }
    # The worst last, so that it is drawn on top.
    return sorted(ticks, key=lambda tick: (-WORST_FIRST.index(tick[2]), tick))
