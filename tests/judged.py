"""A made-up truth and the stores of hunters who got it right, wrong or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader.scenario.truth import Actor, Entry, Intrusion, Line, OperatorName, Persistence, Step, Story, Truth
from ringleader.schema import tables
from ringleader.store import Store

START = datetime(2021, 3, 1, tzinfo=UTC)
FILE = "ab" * 32
"""The evidence that all labelled lines are in."""

# Actor, intrusion, technique of each step: two lines a step, a day between them.
DEEDS = (
    ("cobra", "cobra-1", "T1505.003"),
    ("cobra", "cobra-1", "T1003.001"),
    ("cobra", "cobra-2", "T1003"),
    ("mole", "mole-1", "T1078"),
    ("gang", "gang-1", "T1486"),
)
KINDS = {"cobra": "espionage", "mole": "espionage", "gang": "ransomware"}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def event(number: int) -> str:
    """The event of the line ``number``; those of step n are 2n and 2n + 1."""
    return f"{FILE[:16]}-{number * 100}"


def truth(**changes: Any) -> Truth:
    steps = [
        (actor, name, Step(step=index, time=day(index), host="ws01", account="x", technique=technique, what="a deed"))
        for index, (actor, name, technique) in enumerate(DEEDS)
    ]
    actors = []
    for actor, kind in KINDS.items():
        intrusions = []
        for name in dict.fromkeys(name for whose, name, _ in steps if whose == actor):
            mine = [step for _, inside, step in steps if inside == name]
            first, last = mine[0].time, mine[-1].time + timedelta(hours=1)
            supplier = "Acme" if actor == "mole" else None
            entry = Entry(
                kind="supplier" if supplier else "exchange-flaw", supplier=supplier, host="ws01", time=mine[0].time
            )
            intrusions.append(Intrusion(id=name, first_time=first, last_time=last, entry=entry, steps=mine))
        actors.append(
            Actor(
                id=actor, title=actor.title(), kind=kind, decoy=kind != "espionage",
                imitates="G0093" if actor == "cobra" else None,
                first_time=intrusions[0].first_time, last_time=intrusions[-1].last_time, intrusions=intrusions,
                persistence=[
                    Persistence(kind="web shell", host="ws01", value="C:\\web\\x.aspx", left=actor != "mole"),
                    Persistence(kind="account", host="ws01", value="support", left=actor == "mole"),
                ],
                subscribers=["60170000001", "60170000002"] if actor == "cobra" else [],
            )
        )  # fmt: skip
    story = Story(
        operator=OperatorName(name="Alpha Telecom", short="alpha"), seed=7, scale="tiny", hosts=10, days=100,
        first_time=START, last_time=day(100), coordinated=False, actors=actors,
    )  # fmt: skip
    lines = tuple(
        Line(
            event_id=event(2 * index + part), path="win.json", line=2 * index + part + 1,
            time=day(index) + timedelta(hours=part), host="ws01", actor=actor, intrusion=name, step=index,
            technique=technique,
        )
        for index, (actor, name, technique) in enumerate(DEEDS)
        for part in (0, 1)
    )  # fmt: skip
    return Truth(story.model_copy(update=changes), lines)


Told = tuple[str, float, Sequence[str]]
"""Event, day and techniques of a finding."""


def finding(name: str, told: Told, **more: Any) -> dict[str, Any]:
    event_id, when, techniques = told
    return {
        "finding_id": name, "evidence_id": FILE, "detector": "sigma", "rule_id": "r-" + name[0],
        "rule_title": "Rule " + name[0], "level": "high", "techniques": list(techniques), "event_id": event_id,
        "event_ids": [], "time": day(when), "host": "ws01",
    } | more  # fmt: skip


def store(
    case: Path,
    findings: Iterable[dict[str, Any]] | None = (),
    intrusions: Mapping[str, Sequence[str]] | None = None,
    *,
    files: Sequence[str] = (FILE,),
    **more: Sequence[Mapping[str, Any]],
) -> Store:
    """A store with these findings, and intrusions by the findings in them. None: no such table was written. ``more``
    are other tables."""
    opened = Store.open(case, create=True)
    rows: dict[str, Sequence[Mapping[str, Any]]] = {"evidence": [{"evidence_id": name} for name in files], **more}
    found = None if findings is None else list(findings)
    if found is not None:
        rows["findings"] = found
    if intrusions is not None and found is not None:
        times = {row["finding_id"]: row["time"] for row in found}
        rows["intrusions"] = [
            {"intrusion_id": name, "first_time": min(times[one] for one in inside)}
            for name, inside in intrusions.items()
        ]
        rows["steps"] = [
            {"intrusion_id": name, "finding_id": one} for name, inside in intrusions.items() for one in inside
        ]
    with opened.transaction() as tx:
        for table, content in rows.items():
            tx.write(table, "test", pa.Table.from_pylist(list(content), schema=tables.ALL[table]))
    return opened


def perfect(case: Path, **more: Any) -> Store:
    """Every step found at once, named and joined as it was."""
    found = [
        finding(f"f{index}", (event(2 * index), index, [technique])) for index, (_, _, technique) in enumerate(DEEDS)
    ]
    joined: dict[str, list[str]] = {}
    for index, (_, name, _) in enumerate(DEEDS):
        joined.setdefault("found-" + name, []).append(f"f{index}")
    return store(case, found, joined, **more)
