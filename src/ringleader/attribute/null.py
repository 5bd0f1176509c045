"""Whether the actor is among the known groups at all: a small logistic regression on how the ranking looks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute.logit import OUT, softmax

Matrix = NDArray[np.float64]

MEANING = {
    "margin": "of the best group's score over the second's",
    "entropy": "of the ranking: how spread it is",
    "near-ties": "log of the number of groups within one nat of the best",
    "techniques": "log of their number in the evidence",
    "software": "log of its number in the evidence",
    "height": "of the best group's score over the median",
    "confidence": "log of the best group's share among the groups",
    "report": "likeness of the best group's most similar report",
    "intercept": "how often, by itself, an actor is none of the known",
}
NAMES = tuple(name for name in MEANING if name != "intercept")
"""Signs that the actor is known, or is not."""


def signs(scores: Matrix, techniques: Matrix, software: Matrix, likeness: Matrix) -> Matrix:
    """n x 8, columns as in NAMES. ``scores`` (n x G) are tempered; ``likeness`` (n x G) is that to the best report."""
    out = scores <= OUT / 10
    ordered = -np.sort(-scores, axis=1)
    best = ordered[:, 0]
    # With a single candidate the second is as good as absent: a margin of ten nats.
    second = np.where(ordered[:, 1] <= OUT / 10, best - 10, ordered[:, 1]) if scores.shape[1] > 1 else best - 10
    shares = softmax(scores)
    return np.column_stack(
        [
            best - second,
            -(shares * np.log(shares + 1e-12)).sum(1),
            np.log((scores > best[:, None] - 1).sum(1)),
            np.log1p(techniques),
            np.log1p(software),
            best - np.nanmedian(np.where(out, np.nan, scores), axis=1),
            np.log(shares.max(1)),
            likeness[np.arange(len(scores)), scores.argmax(1)],
        ]
    )


def fit(found: Matrix, known: Matrix, penalty: float = 1.0) -> Matrix:
    """Coefficients, the intercept last, for the probability that the actor is known. ``known`` holds 0 and 1."""
    from scipy.optimize import minimize

    mean, deviation = found.mean(0), found.std(0) + 1e-9
    scaled = np.column_stack([(found - mean) / deviation, np.ones(len(found))])

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = scaled @ weights
        value = (np.logaddexp(0, scores) - known * scores).sum() + penalty / 2 * weights[:-1] @ weights[:-1]
        gradient = scaled.T @ (logistic(scores) - known) + penalty * np.append(weights[:-1], 0)
        return float(value), gradient

    weights = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    raw = weights[:-1] / deviation
    return np.append(raw, weights[-1] - raw @ mean)


def logistic(scores: Matrix) -> Matrix:
    return 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
