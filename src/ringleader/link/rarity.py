"""How rare each alert is on its host, learnt from the evidence itself with the alert's own hours left out.

Alerts of other products name a host and a rule and little else, so rarity must say what belongs together. A rule on a
host that comes up in ``n`` of the other ``T`` hours has the rate (n + 1/2) / (T + 1), and the surprise of meeting it
in a given hour is minus log of 1 - exp(-rate): a Poisson process with Jeffreys' prior.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

HOUR = 3_600_000_000


class Sighting(NamedTuple):
    """``source``: where the alert comes from; its clock and its silence are its own. ``time`` in microseconds."""

    source: str
    host: str
    rule: str
    time: int


def surprises(seen: Sequence[Sighting], own_hours: int, warm_up_hours: float, *, past: bool = False) -> list[float]:
    """In nats; 0 while the source is younger than the warm-up, as everything is new to a new sensor.

    ``own_hours`` before and after an alert are left out of its background. ``past``: only what came before counts.
    """
    hours: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for one in seen:
        hours[one[:3]].add(one.time // HOUR)
        first[one.source] = min(one.time, first.get(one.source, one.time))
        last[one.source] = max(one.time, last.get(one.source, one.time))
    ordered = {key: sorted(some) for key, some in hours.items()}
    out = []
    for one in seen:
        if one.time - first[one.source] < warm_up_hours * HOUR:
            out.append(0.0)
            continue
        mine, hour = ordered[one[:3]], one.time // HOUR
        begin, end = max(first[one.source] // HOUR, hour - own_hours), min(last[one.source] // HOUR, hour + own_hours)
        count = bisect_left(mine, hour - own_hours)
        span = begin - first[one.source] // HOUR
        if not past:
            count += len(mine) - bisect_right(mine, hour + own_hours)
            span += last[one.source] // HOUR - end
        out.append(-math.log(-math.expm1(-(count + 0.5) / (span + 1))))
    return out
