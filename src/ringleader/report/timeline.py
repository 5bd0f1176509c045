"""An intrusion as the page tells it: its findings in order of time, on lanes by host, each with what joined it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from ringleader.report.model import Intrusion, Join, Lanes, Moment, Tick, Trait
from ringleader.report.source import Row
from ringleader.report.text import Show
from ringleader.schema.order import WORST_FIRST

MAX_MOMENTS = 120
"""Rows of one intrusion's timeline; the rest is in the table of findings."""
MAX_LANES = 12
MAX_INTRUSIONS = 200
"""Intrusions that are told; the others are counted."""
Mark = tuple[datetime, str]
"""When the defenders did something, and what."""


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


def intrusion(
    number: int, row: Row, steps: Sequence[Row], members: list[Row], show: Show, campaign: int, traits: list[Trait]
) -> Intrusion:
    """``members``: its findings (the earliest, if they are many), their texts already fit to be shown."""
    reasons = {step["finding_id"]: step for step in steps}
    members = sorted(
        (each for each in members if each["finding_id"] in reasons),
        key=lambda each: (each["time"] is None, each["time"] or 0, each["event_id"] or "", each["finding_id"]),
    )
    hosts = [show(name, field="host") for name in row["hosts"] or ()]
    moments = _moments(members, reasons, show)
    told = moments[:MAX_MOMENTS]
    return Intrusion(
        number=number,
        id=row["intrusion_id"],
        campaign=campaign,
        level=row["level"] if row["level"] in WORST_FIRST else "informational",
        first=row["first_time"],
        last=row["last_time"],
        hosts=hosts,
        accounts=[show(account, field="account") for account in row["accounts"] or ()],
        tactics=[show(tactic) for tactic in row["tactics"] or ()],
        techniques=[show(technique) for technique in row["techniques"] or ()],
        findings=row["findings"],
        score=row["score"],
        moments=told,
        more=max(0, row["findings"] - sum(moment.times * len(moment.rules) for moment in told)) if moments else 0,
        lanes=lanes(members, hosts),
        traits=traits,
    )


def _moments(members: list[Row], reasons: Mapping[str, Row], show: Show) -> list[Moment]:
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
                entity = show(step["entity"], 160)
                kind = show(step["entity_kind"], 60)
                joins[kind, entity] = Join(kind, entity, step["weight"], to, later=to is not None and to > number)
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


def lanes(members: Sequence[Row], hosts: Sequence[str], marks: Sequence[Mark] = ()) -> Lanes:
    """A lane for each host, and after them for what findings call a host that link does not know by that name."""
    names = list(dict.fromkeys([*hosts, *(member["host"] or "unknown host" for member in members)]))
    times = [row["time"] for row in members if row["time"]]
    if not times:
        return Lanes(names, [], [], None, None)
    first, last = min(times), max(times)
    inside = [(time, what) for time, what in marks if first <= time <= last]
    length = (last - first).total_seconds() or 1.0
    place = {name: number for number, name in enumerate(names)}
    spots: dict[tuple[float, int], list[Row]] = {}
    for row in members:
        lane = place[row["host"] or "unknown host"]
        if row["time"] and lane < MAX_LANES:
            spots.setdefault((round((row["time"] - first).total_seconds() / length, 3), lane), []).append(row)
    ticks = [Tick(at, lane, *_worst(rows)) for (at, lane), rows in spots.items()]
    # The worst last, so that it is drawn on top.
    ticks.sort(key=lambda tick: (-WORST_FIRST.index(tick.level), tick.place, tick.lane, tick.label))
    return Lanes(
        names, ticks, [(round((t - first).total_seconds() / length, 3), what) for t, what in inside], first, last
    )


def _worst(rows: list[Row]) -> tuple[str, str]:
    worst = min(rows, key=lambda row: (WORST_FIRST.index(row["level"]), row["time"], row["rule_title"]))
    more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
    return worst["level"], f"{worst['time']:%Y-%m-%d %H:%M} UTC: {worst['rule_title'][:120]}{more}"
