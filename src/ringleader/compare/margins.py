"""The bipartite configuration model: how probable each trait is in a profile when nothing but the margins is known.

The margins are the size of each profile and the number of profiles that hold each trait. Of all random tables with
these margins on average, the model is the one of greatest entropy: profile i holds trait j with probability x_i y_j /
(1 + x_i y_j), independently (Saracco, Di Clemente, Gabrielli and Squartini, "Randomizing bipartite networks: the case
of the World Trade Web", Scientific Reports 5, 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

ROUNDS = 5000
CLOSE = 1e-10
LIMIT = 60.0
"""Logarithms of fitness are held within plus and minus this: a trait that all hold would need an infinite one."""


def fit(rows: Vector, columns: Vector, repeats: Vector) -> Vector:
    """The fitness y of each class of traits (C).

    ``rows`` are the sizes of the profiles, ``columns`` (C) how many profiles hold a trait of each class, ``repeats``
    (C) the number of traits in it: traits with equal margins have equal fitness. Both sides have the same sum, and a
    table with these margins must exist.
    """
    sizes, times = np.unique(rows, return_counts=True)
    total = float(columns @ repeats)
    if not len(sizes) or total <= 0:
        return np.ones(len(columns))
    x: Vector = sizes / np.sqrt(total)
    y: Vector = columns / np.sqrt(total)
    for _ in range(ROUNDS):
        before = y
        x = _held(sizes / (y * repeats / (1 + np.outer(x, y))).sum(1))
        y = _held(columns / (x[:, None] * times[:, None] / (1 + np.outer(x, y))).sum(0))
        if np.abs(y / before - 1).max() < CLOSE:
            break
    return y


def shares(size: float, fitness: Vector, repeats: Vector) -> Vector:
    """The probability that a profile of ``size`` traits holds a trait of each class (C): they sum to ``size`` over all
    traits.

    The profile need not be one of those that ``fitness`` was fitted to.
    """
    if size <= 0:
        return np.zeros(len(fitness))
    wanted = min(size, float(repeats.sum()) * (1 - 1e-9))
    logs = np.log(fitness)
    low, high = -LIMIT - logs.max(), LIMIT - logs.min()
    for _ in range(60):
        middle = (low + high) / 2
        if float(repeats @ _logistic(middle + logs)) < wanted:
            low = middle
        else:
            high = middle
    return _logistic((low + high) / 2 + logs)


def _held(fitness: Vector) -> Vector:
    return np.asarray(np.clip(fitness, np.exp(-LIMIT), np.exp(LIMIT)), float)


def _logistic(scores: Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -500, 500))), float)
