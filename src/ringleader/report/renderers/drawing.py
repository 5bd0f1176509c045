"""Coordinates of the page's pictures, which are SVG without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ringleader.report.model import Contribution, Lanes, Model, Tick
from ringleader.report.timeline import MAX_LANES

WIDTH = 1000.0


@dataclass(frozen=True)
class Fall:
    """A line of a waterfall: where its bar is, from 0 to 1000."""

    line: Contribution
    x: float
    width: float
    total: float
    """Sum of the lines so far."""


@dataclass(frozen=True)
class Waterfall:
    falls: list[Fall]
    zero: float
    total: float


def waterfall(lines: Sequence[Contribution]) -> Waterfall:
    """Bars that begin where the sum of those before ends."""
    sums = [0.0]
    for line in lines:
        sums.append(sums[-1] + line.weight)
    low, high = min(sums), max(sums)
    scale = WIDTH / ((high - low) or 1.0)
    falls = [
        Fall(
            line,
            round((min(before, after) - low) * scale, 1),
            max(3.0, round(abs(after - before) * scale, 1)),
            after,
        )
        for line, before, after in zip(lines, sums[:-1], sums[1:], strict=True)
    ]
    return Waterfall(falls, round(-low * scale, 1), sums[-1])


def strip(model: Model) -> Lanes | None:
    """All campaigns on one scale of time, with what the defenders did."""
    some = model.campaigns[:MAX_LANES]
    ends = [time for each in some for time in (each.lanes.first, each.lanes.last) if time]
    if not ends:
        return None
    acts = [
        (act.time, act.what)
        for each in model.assessment.adaptation
        for act in each.acts
        if act.who == "defender" and act.time
    ]
    first = min([*ends, *(time for time, _ in acts)])
    last = max([*ends, *(time for time, _ in acts)])
    length = (last - first).total_seconds() or 1.0

    def place(time: datetime) -> float:
        return round((time - first).total_seconds() / length, 3)

    ticks = {}
    for lane, campaign in enumerate(some):
        begin, end = campaign.lanes.first, campaign.lanes.last
        if begin is None or end is None:
            continue
        for tick in campaign.lanes.ticks:
            at = place(begin + timedelta(seconds=tick.place * (end - begin).total_seconds()))
            # The lanes' own order has the worst last, and so on top.
            ticks[at, lane, tick.level] = Tick(at, lane, tick.level, tick.label)
    marks = sorted({(place(time), what) for time, what in acts if time})
    return Lanes([each.name for each in model.campaigns], list(ticks.values()), marks, first, last)


def curve(ends: tuple[float, float, float, float], bow: float = 0.0) -> str:
    """A line from (x, y) to (x, y) that leaves and arrives level; ``bow`` bends one between the same x outwards."""
    x1, y1, x2, y2 = ends
    middle = (x1 + x2) / 2
    if bow:
        return f"M{x1:g} {y1:g}C{x1 + bow:g} {y1:g} {x2 + bow:g} {y2:g} {x2:g} {y2:g}"
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def share(value: float | None) -> str:
    """A probability as people write it.

    >>> share(0.123), share(0.0004), share(1.0), share(None)
    ('12%', 'under 1%', 'over 99%', '')
    """
    if value is None:
        return ""
    if value < 0.01:
        return "under 1%"
    return "over 99%" if value > 0.99 else f"{value:.0%}"
