"""How late each actor was first seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.scenario.scores.matched import Matched

DAY = 86_400.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class ByActor:
    """``first_line``: its earliest labelled line that the case has. ``late_days``: from there to the earliest finding
    on its lines. ``linked_late_days``: to the beginning of the earliest found intrusion that is mostly its own;
    negative when that begins with something else. None: not found at all."""

    actor: str
    decoy: bool
    first_line: datetime
    first_finding: datetime | None
    late_days: float | None
    first_linked: datetime | None
    linked_late_days: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The median and the worst are over the actors that are no decoys and were found."""

    actors: list[ByActor]
    median_late_days: float | None
    worst_late_days: float | None


def score(matched: Matched) -> Figures:
    starts = _starts(matched)
    rows = []
    for index, actor in enumerate(matched.actors):
        mine = (matched.deed_actor[matched.line_deed] == index) & matched.present
        lines = [matched.truth.lines[number].time for number in np.flatnonzero(mine).tolist()]
        if not lines:
            continue
        begun = min(lines)
        found, linked = _earliest(matched, index), starts.get(index)
        rows.append(
            ByActor(actor.id, actor.decoy, begun, found, _days(begun, found), linked, _days(begun, linked)),
        )
    late = [row.late_days for row in rows if not row.decoy and row.late_days is not None]
    return Figures(rows, float(np.median(late)) if late else None, max(late) if late else None)


def _earliest(matched: Matched, actor: int) -> datetime | None:
    """The earliest finding on the actor's lines."""
    mine = matched.deed_actor[matched.line_deed[matched.hit_line]] == actor
    times = matched.findings["time"].take(pa.array(matched.hit_finding[mine]))
    found: Any = pc.min(times).as_py()
    return found if isinstance(found, datetime) else None


def _starts(matched: Matched) -> dict[int, datetime]:
    """For each actor the beginning of the earliest found intrusion that is mostly its own."""
    table = matched.store.read("intrusions", ["intrusion_id", "first_time"])
    times = dict(zip(table["intrusion_id"].to_pylist(), table["first_time"].to_pylist(), strict=True))
    starts: dict[int, datetime] = {}
    for number, actor in matched.owner.items():
        time = times[matched.found_ids[number]]
        if time is not None and (actor not in starts or time < starts[actor]):
            starts[actor] = time
    return starts


def _days(begun: datetime, found: datetime | None) -> float | None:
    return None if found is None else (found - begun).total_seconds() / DAY
