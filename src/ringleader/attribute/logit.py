"""A conditional logit: which of several candidates, by a weighted sum of features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Bools = NDArray[np.bool_]

OUT = -1e9
"""Score of what is no candidate."""


def fit(features: Matrix, candidates: Bools, chosen: NDArray[np.int64], bounded: int, penalty: float) -> Matrix:
    """Weights (K) that make the chosen most likely: McFadden, "Conditional logit analysis of qualitative choice
    behavior", 1974, with a quadratic penalty.

    ``features`` is n x G x K, ``candidates`` n x G, ``chosen`` n. The first ``bounded`` weights are held at zero or
    above. ``penalty`` applies to weights of features in units of their standard deviation among candidates.
    """
    from scipy.optimize import minimize

    number = candidates.sum(1)
    mean = (features * candidates[..., None]).sum(1) / number[:, None]
    centred = (features - mean[:, None]) * candidates[..., None]
    deviation = np.sqrt((centred**2).sum((0, 1)) / candidates.sum()) + 1e-9
    scaled = centred / deviation
    rows = np.arange(len(chosen))
    mine = scaled[rows, chosen].sum(0)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = np.where(candidates, scaled @ weights, OUT)
        top = scores.max(1, keepdims=True)
        grown = np.exp(scores - top)
        total = grown.sum(1, keepdims=True)
        likelihood = (scores[rows, chosen] - top[:, 0] - np.log(total[:, 0])).sum()
        gradient = mine - np.tensordot(grown / total, scaled, axes=2)
        return -likelihood + penalty / 2 * weights @ weights, penalty * weights - gradient

    size = features.shape[2]
    limits = [(0.0, None)] * bounded + [(None, None)] * (size - bounded)
    found = minimize(loss, np.full(size, 0.1), jac=True, method="L-BFGS-B", bounds=limits)
    return np.asarray(found.x / deviation, float)


def softmax(scores: Matrix) -> Matrix:
    """Probabilities along the last axis. Candidates that are out get none."""
    grown = np.exp(scores - scores.max(-1, keepdims=True))
    return grown / grown.sum(-1, keepdims=True)  # type: ignore[no-any-return]


def temperature(scores: Matrix, chosen: Sequence[int] | NDArray[np.int64]) -> float:
    """By what to divide scores (n x G) so that their softmax is calibrated: Guo et al., "On calibration of modern
    neural networks", 2017. The best of a grid between 0.3 and 3.3."""
    rows = np.arange(len(scores))
    grid = np.exp(np.linspace(-1.2, 1.2, 61))
    losses = [-np.log(softmax(scores / t)[rows, chosen] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])
