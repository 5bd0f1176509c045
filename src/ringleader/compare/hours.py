"""Do two work at the same hours? Weak evidence, and it can speak against: hours are measured, not merely unseen."""

from __future__ import annotations

import math
from collections.abc import Mapping

HOURS = 24
CONCENTRATION = 12.0
"""Mass of the prior, in days: how spread over a day the work of anybody is taken to be."""
TEMPER = 0.5
"""Hours of one day come together, so that each says less than an independent draw would."""
MOST = 3.0
"""Nats, either way."""


def likeness(left: Mapping[int, int], right: Mapping[int, int]) -> float:
    """Log-likelihood ratio, in nats, of one distribution of working hours behind both histograms (hour of the day to
    days) against two: the Bayes factor of the Dirichlet-multinomial (Minka, "Estimating a Dirichlet distribution",
    2000), tempered and held within MOST. Each hour counts half for its neighbours. Zero where either is empty.

    >>> likeness({9: 5, 10: 5}, {9: 4, 10: 6}) > 0 > likeness({9: 5, 10: 5}, {20: 4, 21: 6})
    True
    >>> likeness({}, {9: 1})
    0.0
    """
    if not sum(left.values()) or not sum(right.values()):
        return 0.0
    return between(prepared(left), prepared(right))


def prepared(counts: Mapping[int, int]) -> tuple[list[float], float]:
    """What of :func:`likeness` depends on one side only."""
    smooth = _smooth(counts)
    return smooth, _evidence(smooth)


def between(left: tuple[list[float], float], right: tuple[list[float], float]) -> float:
    """:func:`likeness` of two sides that were prepared, neither empty."""
    both = [x + y for x, y in zip(left[0], right[0], strict=True)]
    return max(-MOST, min(MOST, TEMPER * (_evidence(both) - (left[1] + right[1]))))


def _smooth(counts: Mapping[int, int]) -> list[float]:
    return [
        0.5 * counts.get(hour, 0) + 0.25 * (counts.get((hour - 1) % HOURS, 0) + counts.get((hour + 1) % HOURS, 0))
        for hour in range(HOURS)
    ]


def _evidence(counts: list[float]) -> float:
    alpha = CONCENTRATION / HOURS
    total = math.lgamma(CONCENTRATION) - math.lgamma(CONCENTRATION + sum(counts))
    return total + sum(math.lgamma(alpha + n) for n in counts) - HOURS * math.lgamma(alpha)
