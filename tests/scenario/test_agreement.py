"""Agreement from tables of counts is what the plain definitions say, pair by pair and item by item."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.scenario.scores.agreement import Agreement, agreement, singletons

GROUPS = st.integers(0, 4)
ITEMS = st.lists(st.tuples(GROUPS, GROUPS), max_size=25)
STRANGERS = st.lists(st.integers(0, 6), max_size=8)


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def of(items: list[tuple[int, int]], strangers: list[int] | None = None) -> Agreement:
    return agreement(ints([f for f, _ in items]), ints([t for _, t in items]), ints(strangers or []))


def slow(items: list[tuple[int, int]], strangers: list[int]) -> Agreement:
    """The definitions, item by item and pair by pair."""
    everyone = [*items, *((group, None) for group in strangers)]

    def mean(values: list[float]) -> float | None:
        return sum(values) / len(values) if values else None

    precision = mean(
        [sum(o == (f, t) for o in items) / sum(of == f for of, _ in everyone) for f, t in items]  # type: ignore[comparison-overlap]
    )
    recall = mean([sum(o == (f, t) for o in items) / sum(ot == t for _, ot in items) for f, t in items])
    f1 = None
    if precision is not None and recall is not None:
        f1 = 2 * precision * recall / (precision + recall)
    pairs = list(combinations(items, 2))
    right = sum(a == b for a, b in pairs)
    claimed = sum(a[0] == b[0] for a, b in pairs)
    foreign = sum(f == group for f, _ in items for group in strangers)
    wanted = sum(a[1] == b[1] for a, b in pairs)
    return Agreement(
        len(items),
        right / (claimed + foreign) if claimed + foreign else None,
        right / wanted if wanted else None,
        precision,
        recall,
        f1,
        rand(items),
    )


def rand(items: list[tuple[int, int]]) -> float | None:
    """(index - expected) / (maximum - expected) over the four sorts of pairs (Steinley 2004 has this form)."""
    if not items:
        return None
    pairs = list(combinations(items, 2))
    both = sum(a[0] == b[0] and a[1] == b[1] for a, b in pairs)
    one = sum(a[0] == b[0] and a[1] != b[1] for a, b in pairs)
    other = sum(a[0] != b[0] and a[1] == b[1] for a, b in pairs)
    neither = sum(a[0] != b[0] and a[1] != b[1] for a, b in pairs)
    if not one and not other:
        return 1.0
    chance = (both + one) * (both + other) + (other + neither) * (one + neither)
    whole = len(pairs)
    return (whole * (both + neither) - chance) / (whole**2 - chance)


def values(one: Agreement) -> list[float | None]:
    return [getattr(one, name) for name in Agreement.__slots__]


def same(left: Agreement, right: Agreement) -> None:
    for one, other in zip(values(left), values(right), strict=True):
        assert one == (None if other is None else pytest.approx(other, abs=1e-9))


@settings(deadline=None)
@given(ITEMS, STRANGERS)
def test_counts_say_what_the_definitions_say(items: list[tuple[int, int]], strangers: list[int]) -> None:
    same(of(items, strangers), slow(items, strangers))


@settings(deadline=None)
@given(ITEMS, STRANGERS, st.permutations(range(7)), st.permutations(range(5)), st.randoms())
def test_names_and_order_do_not_matter(
    items: list[tuple[int, int]], strangers: list[int], found: list[int], true: list[int], chance: object
) -> None:
    renamed = [(found[f] * 10 - 35, true[t] - 90) for f, t in items]
    chance.shuffle(renamed)  # type: ignore[attr-defined]
    same(of(renamed, [found[group] * 10 - 35 for group in strangers]), of(items, strangers))


@settings(deadline=None)
@given(st.lists(GROUPS, min_size=1))
def test_the_truth_agrees_with_itself(true: list[int]) -> None:
    one = of([(group, group) for group in true])
    assert (one.bcubed_f1, one.ari) == (pytest.approx(1), 1)
    assert one.pair_precision in (None, 1)


@settings(deadline=None)
@given(ITEMS)
def test_swapping_found_and_true_swaps_precision_and_recall(items: list[tuple[int, int]]) -> None:
    one, other = of(items), of([(t, f) for f, t in items])
    assert (one.pair_precision, one.pair_recall) == (other.pair_recall, other.pair_precision)
    assert one.bcubed_precision == (None if other.bcubed_recall is None else pytest.approx(other.bcubed_recall))
    assert one.ari == (None if other.ari is None else pytest.approx(other.ari))


def test_known_answers() -> None:
    # Hubert and Arabie's kind of table: 2 1 / 0 3 by hand. Pairs: right 1 + 3, claimed 3 + 3, wanted 1 + 6, of 15.
    one = of([(0, 0), (0, 0), (0, 1), (1, 1), (1, 1), (1, 1)])
    assert (one.pair_precision, one.pair_recall) == (4 / 6, 4 / 7)
    assert one.ari == pytest.approx((4 - 42 / 15) / (6.5 - 42 / 15))
    assert one.bcubed_precision == pytest.approx((4 / 3 + 1 / 3 + 3) / 6)
    assert one.bcubed_recall == pytest.approx((2 + 1 / 4 + 9 / 4) / 6)


def test_singletons_are_pure_and_find_nothing() -> None:
    one = singletons(ints([1, 1, 1, 2]))
    assert (one.bcubed_precision, one.bcubed_recall, one.pair_precision, one.pair_recall) == (1, 0.5, None, 0)
    assert one.ari == 0
    assert singletons(ints([])).ari is None


def test_a_million_items_cost_their_number_and_not_their_pairs() -> None:
    chance = np.random.default_rng(1)
    found, true = chance.integers(0, 100_000, 1_000_000), chance.integers(0, 50, 1_000_000)
    assert agreement(found, true).ari == pytest.approx(0, abs=1e-3)
