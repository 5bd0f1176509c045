"""How well a grouping agrees with the true one: pairs, B-cubed and the adjusted Rand index, all from one table of
counts, so that the cost grows with the items and not with their pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.scenario.scores.matched import Ints, share

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares from 0 to 1, None where there is nothing to judge. ``items`` are those with a true group."""

    items: int
    pair_precision: float | None
    pair_recall: float | None
    bcubed_precision: float | None
    bcubed_recall: float | None
    bcubed_f1: float | None
    ari: float | None


def agreement(found: Ints, true: Ints, strangers: Ints | None = None) -> Agreement:
    """``found`` and ``true`` are the groups of each item, any numbers. ``strangers`` are the found groups of items that
    have no true group: each makes its group less pure (pairs with it are wrong, and it counts in the size of the
    group), but is not judged itself. The adjusted Rand index leaves strangers out.

    B-cubed: E. Amigó, J. Gonzalo, J. Artiles, F. Verdejo, "A comparison of extrinsic clustering evaluation metrics
    based on formal constraints", Information Retrieval 12 (2009), 461-486: precision is the mean over items of the
    share of its found group that is of its true one, recall the mean of the share of its true group that is in its
    found one. Pairs: precision is the share of the pairs of one found group that are of one true group, recall the
    share of the true pairs that are in one found group.

    >>> f"{agreement(np.array([1, 1, 2]), np.array([5, 5, 5])).bcubed_recall:.4f}"
    '0.5556'
    """
    rows, row = np.unique(found, return_inverse=True)
    columns, column = np.unique(true, return_inverse=True)
    cell, cells = np.unique(row * max(len(columns), 1) + column, return_counts=True)
    both = cells.astype(np.float64)
    in_row, in_column = _sums(row, len(rows)), _sums(column, len(columns))
    foreign = _foreign(rows, strangers)
    here, there = cell // max(len(columns), 1), cell % max(len(columns), 1)
    items = len(found)
    right = float(_pairs(both).sum())
    claimed = float((_pairs(in_row) + in_row * foreign).sum())
    wanted = float(_pairs(in_column).sum())
    precision = share(float((both**2 / (in_row + foreign)[here]).sum()), items)
    recall = share(float((both**2 / in_column[there]).sum()), items)
    return Agreement(
        items,
        share(right, claimed),
        share(right, wanted),
        precision,
        recall,
        harmonic(precision, recall),
        adjusted_rand(right, float(_pairs(in_row).sum()), wanted, items),
    )


def singletons(true: Ints) -> Agreement:
    """The line to beat: every item a group of its own."""
    return agreement(np.arange(len(true)), true)


def adjusted_rand(right: float, claimed: float, wanted: float, items: int) -> float | None:
    """L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2 (1985), 193-218, equation 5: the
    pairs in common, adjusted for chance. 1 where both are all singletons or both are one group."""
    total = items * (items - 1) / 2
    if not items:
        return None
    expected = claimed * wanted / total if total else 0.0
    most = (claimed + wanted) / 2
    return 1.0 if most == expected else (right - expected) / (most - expected)


def harmonic(precision: float | None, recall: float | None) -> float | None:
    """F1."""
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _sums(code: Ints, size: int) -> Floats:
    return np.bincount(code, minlength=size).astype(np.float64)


def _pairs(counts: Floats) -> Floats:
    return np.asarray(counts * (counts - 1) / 2)


def _foreign(rows: Ints, strangers: Ints | None) -> Floats:
    """How many strangers each group of ``rows`` holds."""
    if strangers is None or not len(strangers) or not len(rows):
        return np.zeros(len(rows))
    at = np.minimum(np.searchsorted(rows, strangers), len(rows) - 1)
    return _sums(at[rows[at] == strangers], len(rows))
