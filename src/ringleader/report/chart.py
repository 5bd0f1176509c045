"""Findings over time, as a Vega-Lite chart made with Altair. The page sets its colours, for it knows the theme."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, tzinfo
from typing import Any

import altair as alt

from ringleader.schema import shown
from ringleader.schema.order import WORST_FIRST

MOST_BARS = 96
# What a bar may stand for, in seconds, and in words.
_STEPS = (
    (1, "second"), (10, "10 seconds"), (60, "minute"), (300, "5 minutes"), (900, "quarter of an hour"), (3600, "hour"),
    (6 * 3600, "6 hours"), (86400, "day"), (7 * 86400, "week"), (30 * 86400, "30 days"), (365 * 86400, "365 days"),
)  # fmt: skip
# How an axis says a time, by what it steps by: day before month, 24 hours.
_DATES = {
    "year": "%Y",
    "quarter": "%b %Y",
    "month": "%b %Y",
    "week": "%-d %b",
    "date": "%-d %b",
    "day": "%-d %b",
    "hours": "%H:%M",
    "minutes": "%H:%M",
    "seconds": "%H:%M:%S",
}
# Times outside are what broken clocks say, and would leave one bar at each end.
_FIRST, _LAST = 1990, 2100


def over_time(times: list[tuple[datetime, str]], zone: tzinfo) -> tuple[dict[str, Any], str, int] | None:
    """The chart's specification, what one bar stands for, and how many findings have a time that cannot be right."""
    local = [(shown.local(time, zone).replace(tzinfo=None), level) for time, level in times]
    usable = [(time, level) for time, level in local if _FIRST <= time.year < _LAST]
    if not usable:
        return None
    first, last = min(usable)[0], max(usable)[0]
    seconds = (last - first).total_seconds()
    step, name = next((each for each in _STEPS if seconds / each[0] <= MOST_BARS), _STEPS[-1])
    origin = datetime(1990, 1, 1)  # a Monday
    counts: Counter[tuple[int, str]] = Counter(
        (int((time - origin).total_seconds() // step), level) for time, level in usable
    )
    rows = [
        {
            "from": (origin + timedelta(seconds=bin_ * step)).isoformat(),
            "to": (origin + timedelta(seconds=(bin_ + 1) * step)).isoformat(),
            "level": level,
            "rank": WORST_FIRST.index(level),
            "findings": count,
        }
        for (bin_, level), count in sorted(counts.items())
    ]
    return _spec(rows), name, len(times) - len(usable)


def _spec(rows: list[dict[str, Any]]) -> dict[str, Any]:
    brush = alt.selection_interval(encodings=["x"], name="brush")
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(orient="vertical", minBandSize=3)
        .encode(
            x=alt.X("from:T", scale=alt.Scale(type="utc"), bandPosition=0, title=None, axis=alt.Axis(format=_DATES)),
            x2="to:T",
            y=alt.Y("findings:Q", stack="zero", title="findings", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=alt.Color("level:N", scale=alt.Scale(domain=list(WORST_FIRST)), legend=None),
            order=alt.Order("rank:Q"),
            opacity=alt.condition(brush, alt.value(1), alt.value(0.35)),
            tooltip=[
                alt.Tooltip("from:T", format="%Y-%m-%d %H:%M", formatType="utc", title="from"),
                alt.Tooltip("level:N"),
                alt.Tooltip("findings:Q"),
            ],
        )
        .add_params(brush)
        .properties(width="container", height=150)
    )
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("config", None)
    return spec
