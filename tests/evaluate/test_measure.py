from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.evaluate.measure import Outcomes, auroc, coverage, ece, intervals, macro, measures

NUMBERS = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=15)


@given(NUMBERS, NUMBERS)
def test_auroc_is_the_share_of_pairs_in_order(higher: list[float], lower: list[float]) -> None:
    plain = np.mean([(a > b) + (a == b) / 2 for a in higher for b in lower])
    assert auroc(np.array(higher), np.array(lower)) == pytest.approx(plain)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_ece_is_the_mean_gap_of_the_bins(cases: list[tuple[float, bool]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for case in cases:
        bins.setdefault(min(int(case[0] * 10), 9), []).append(case)
    gaps = [len(b) * abs(np.mean([p for p, _ in b]) - np.mean([r for _, r in b])) for b in bins.values()]
    found = ece(np.array([p for p, _ in cases]), np.array([r for _, r in cases]))
    assert found == pytest.approx(sum(gaps) / len(cases))


def outcomes() -> Outcomes:
    return Outcomes(
        group=np.array([1, 1, 1, 2, 1, 2]),
        present=np.array([True, True, True, True, False, False]),
        rank=np.array([0.0, 0, 2, 5, np.inf, np.inf]),
        probability=np.array([0.95, 0.5, 0.4, 0.92, 0.3, 0.91]),
        right=np.array([True, True, False, False, False, False]),
        known=np.array([0.9, 0.8, 0.7, 0.2, 0.3, 0.1]),
    )


def test_each_measure_by_hand() -> None:
    found = measures(outcomes())
    assert found["top1"] == 2 / 4
    assert found["top3"] == 3 / 4
    assert found["auroc"] == 7 / 8
    assert found["precision"] == 1 / 3
    assert found["recall"] == 1 / 4
    assert macro(outcomes()) == pytest.approx((2 / 3 + 0) / 2)


def test_what_cannot_be_said_is_not_a_number() -> None:
    none = outcomes().take(np.zeros(6, np.bool_))
    assert all(np.isnan(value) for name, value in measures(none).items() if name != "ece")


def test_intervals_hold_the_value_and_are_the_same_each_time() -> None:
    draw = np.random.default_rng(0)
    many = outcomes().take(draw.integers(0, 6, 400))
    found = intervals(many, draws=50)
    assert found == intervals(many, draws=50)
    for name, value in measures(many).items():
        assert found[name][0] - 1e-9 <= value <= found[name][1] + 1e-9


def test_coverage_ends_with_everything() -> None:
    points = coverage(outcomes().probability, outcomes().right)
    assert points[0] == (1 / 6, 1.0)
    assert points[-1] == (1.0, 2 / 6)
