"""Statistics of the clock: directions on a circle of 24 hours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ringleader.profile import facts


class Zone(NamedTuple):
    """``offset``: whole hours from UTC, -12 to 14. ``mean``: the middle of the active hours, UTC. ``length``: of the
    mean resultant, 1 for always the same hour, 0 for all alike. ``uncertainty``: half the 95 % interval, in hours."""

    offset: int
    mean: float
    length: float
    p: float
    uncertainty: float
    sessions: int
    hours: int


def zone(hours: Iterable[int]) -> Zone | None:
    """The time zone in which these hours (numbers since 1970) would be working days; None where they do not tell.

    A session counts once, by its mean direction: its hours depend on each other. Rayleigh's test decides whether there
    is any preferred time (p by Wilkie's approximation, Applied Statistics 32, 1983). The standard error of the mean is
    that of Fisher (Statistical Analysis of Circular Data, 1993, 4.4): arcsin(z sqrt(d / n)), d = (1 - R2) / (2 R^2). To
    it comes how far working days differ (habits.yml); both are independent.

    What it cannot know: people who work at night, or keep the hours of those whom they spy on.
    """
    known = facts.habits()
    ordered = sorted(set(hours))
    angles = [_mean([_angle(hour + 0.5) for hour in session])[0] for session in _sessions(ordered)]
    n = len(angles)
    if n < known.least_sessions:
        return None
    mean, length = _mean(angles)
    p = rayleigh(n, length)
    if p > known.significance:
        return None
    second = math.hypot(
        sum(math.cos(2 * (a - mean)) for a in angles) / n, sum(math.sin(2 * (a - mean)) for a in angles) / n
    )
    dispersion = (1 - second) / (2 * length**2)
    inside = 1.96 * math.sqrt(dispersion / n)
    sampling = 12.0 if inside >= 1 else math.asin(inside) * 12 / math.pi
    middle = mean * 12 / math.pi % 24
    offset = round(known.day_centre - middle)
    offset = offset - 24 if offset > 14 else offset + 24 if offset < -12 else offset
    spread = math.hypot(sampling, 1.96 * known.day_spread)
    return Zone(offset, middle, length, p, min(spread, 12.0), n, len(ordered))


def rayleigh(n: int, length: float) -> float:
    """Probability of a mean resultant at least this long if all hours were alike.

    >>> round(rayleigh(20, 0.39), 3)
    0.046
    """
    total = n * length
    return min(1.0, math.exp(math.sqrt(1 + 4 * n + 4 * (n**2 - total**2)) - (1 + 2 * n)))


def _angle(hour: float) -> float:
    return hour % 24 * math.pi / 12


def _mean(angles: Sequence[float]) -> tuple[float, float]:
    """Direction and length of the mean resultant."""
    x, y = sum(map(math.cos, angles)) / len(angles), sum(map(math.sin, angles)) / len(angles)
    return math.atan2(y, x), math.hypot(x, y)


def _sessions(hours: Sequence[int]) -> list[list[int]]:
    sessions: list[list[int]] = []
    for hour in hours:
        if sessions and hour - sessions[-1][-1] <= facts.habits().session_gap_hours:
            sessions[-1].append(hour)
        else:
            sessions.append([hour])
    return sessions
