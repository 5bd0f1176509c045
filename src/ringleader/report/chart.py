"""Findings over time, as a Vega-Lite chart made with Altair. The page sets its colours, for it knows the theme."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from ringleader.report.model import Bar, Histogram
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


_QUARTER = 15 * 60 * 1_000_000
# What a clock shows is the same distance from UTC for at least this long.


def over_time(micros: NDArray[np.int64], codes: NDArray[np.int64], levels: list[str], zone: tzinfo) -> Histogram | None:
    """``micros``: times since 1970 in microseconds, ``codes`` their levels. None when none of them can be drawn."""
    if not len(micros):
        return None
    quarters, inverse = np.unique(micros // _QUARTER, return_inverse=True)
    offsets = np.array([_offset(int(quarter) * _QUARTER, zone) for quarter in quarters], np.int64)
    local = micros // 1_000_000 + offsets[inverse]
    origin = datetime(_FIRST, 1, 1)  # a Monday
    seconds = local - int(origin.replace(tzinfo=UTC).timestamp())
    usable = (seconds >= 0) & (seconds < int((datetime(_LAST, 1, 1) - origin).total_seconds()))
    if not usable.any():
        return None
    seconds, codes = seconds[usable], codes[usable]
    length = int(seconds.max() - seconds.min())
    step, name = next((each for each in _STEPS if length / each[0] <= MOST_BARS), _STEPS[-1])
    counts = Counter(dict(zip(*_pairs(seconds // step, codes), strict=True)))
    bars = [
        Bar(
            start=(origin + timedelta(seconds=bin_ * step)).isoformat(),
            end=(origin + timedelta(seconds=(bin_ + 1) * step)).isoformat(),
            level=levels[code],
            findings=count,
        )
        for (bin_, code), count in sorted(counts.items(), key=lambda item: (item[0][0], levels[item[0][1]]))
    ]
    return Histogram(name, bars, int(len(micros) - usable.sum()))


def _offset(micros: int, zone: tzinfo) -> int:
    """Seconds that the clocks of ``zone`` are ahead of UTC; none beyond the calendar."""
    try:
        there = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(zone).utcoffset()
    except OverflowError:
        return 0
    return int(there.total_seconds()) if there else 0


def _pairs(bins: NDArray[np.int64], codes: NDArray[np.int64]) -> tuple[list[tuple[int, int]], list[int]]:
    both, counts = np.unique(np.stack([bins, codes]), axis=1, return_counts=True)
    return [(int(bin_), int(code)) for bin_, code in both.T], counts.tolist()


def spec(histogram: Histogram) -> dict[str, Any]:
    """As a Vega-Lite chart."""
    return _spec(
        [
            {
                "from": bar.start,
                "to": bar.end,
                "level": bar.level,
                "rank": WORST_FIRST.index(bar.level),
                "findings": bar.findings,
            }
            for bar in histogram.bars
        ]
    )


def _spec(rows: list[dict[str, Any]]) -> dict[str, Any]:
    brush = alt.selection_interval(encodings=["x"], name="brush")
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(orient="vertical", minBandSize=3)
        .encode(
            x=alt.X(
                "from:T",
                scale=alt.Scale(type="utc"),
                bandPosition=0,
                title=None,
                axis=alt.Axis(format=_DATES, labelOverlap="greedy", labelSeparation=8),
            ),
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
