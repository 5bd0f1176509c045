"""Measures of a ranking with "unknown" among its answers, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
BINS = 10
SURE = 0.9


@dataclass(frozen=True)
class Outcomes:
    """One row for each case. ``rank`` of the true group (0 is best, infinite where it is not to be found), the best
    group's ``probability`` and whether it is ``right``, the probability ``known`` that the actor is any known group."""

    group: NDArray[np.int64]
    present: NDArray[np.bool_]
    rank: Vector
    probability: Vector
    right: NDArray[np.bool_]
    known: Vector

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Outcomes:
        return Outcomes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def measures(found: Outcomes) -> dict[str, float]:
    """top1, top3 (of cases whose group is there to be found), auroc (present against absent), ece, and precision and
    recall of answers with a probability of SURE or more. NaN where nothing can be said."""
    here, sure = found.present, found.probability >= SURE
    return {
        "top1": _mean(found.rank[here] < 1),
        "top3": _mean(found.rank[here] < 3),
        "auroc": auroc(found.known[here], found.known[~here]),
        "ece": ece(found.probability, found.right),
        "precision": _mean(found.right[sure]),
        "recall": float(found.right[sure].sum() / here.sum()) if here.any() else float("nan"),
    }


def macro(found: Outcomes) -> float:
    """top1 of each group, then the mean over groups: large groups count once."""
    here = found.take(found.present)
    return _mean(np.array([_mean(here.rank[here.group == group] < 1) for group in np.unique(here.group)]))


def intervals(found: Outcomes, draws: int = 300, seed: int = 0) -> dict[str, tuple[float, float]]:
    """95 % percentile bootstrap by group: reports on one group are not independent (Field and Welsh, 2007)."""
    groups, place = np.unique(found.group, return_inverse=True)
    rows = [np.flatnonzero(place == number) for number in range(len(groups))]
    draw = np.random.default_rng(seed)
    drawn = [
        measures(found.take(np.concatenate([rows[i] for i in draw.integers(0, len(rows), len(rows))])))
        for _ in range(draws)
    ]
    out = {}
    for name in drawn[0]:
        values = np.array([one[name] for one in drawn])
        values = values[np.isfinite(values)]
        low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (np.nan, np.nan)
        out[name] = float(low), float(high)
    return out


def auroc(higher: Vector, lower: Vector) -> float:
    """The probability that one of ``higher`` exceeds one of ``lower``; ties count half (Mann and Whitney, 1947)."""
    if not len(higher) or not len(lower):
        return float("nan")
    ordered = np.sort(lower)
    below, upto = np.searchsorted(ordered, higher, "left"), np.searchsorted(ordered, higher, "right")
    return float((below + upto).mean() / 2 / len(lower))


def ece(probability: Vector, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015)."""
    return sum(share * abs(stated - seen) for share, stated, seen in reliability(probability, right))


def reliability(probability: Vector, right: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """For each bin with cases: its share of them, the mean stated probability, and how often it was right."""
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    return [
        (float((place == i).mean()), float(probability[place == i].mean()), float(right[place == i].mean()))
        for i in range(BINS)
        if (place == i).any()
    ]


def coverage(probability: Vector, right: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """(share of cases answered, precision) as the threshold falls."""
    ordered = right[np.argsort(-probability, kind="stable")]
    count = np.arange(1, len(ordered) + 1)
    return list(zip((count / len(ordered)).tolist(), (np.cumsum(ordered) / count).tolist(), strict=True))


def _mean(values: NDArray[np.bool_] | Vector) -> float:
    return float(values.mean()) if len(values) else float("nan")
