"""Average linkage over pairs, some of which were never compared."""

from __future__ import annotations

from ringleader.link.linkage import clusters


def groups(count: int, scored: list[tuple[int, int, float]], least: float = 0.0) -> list[set[int]]:
    of = {n: {n} for n in range(count)}
    for merge in clusters(count, scored, least):
        left, right, _ = scored[merge.pair]
        joined = of[left] | of[right]
        of |= dict.fromkeys(joined, joined)
    return sorted(({*each} for each in {frozenset(some) for some in of.values()}), key=min)


def test_one_good_pair_does_not_join_what_all_other_pairs_keep_apart() -> None:
    chain = [(0, 1, 5.0), (1, 2, 2.0), (2, 3, 5.0), (0, 2, -4.0), (0, 3, -4.0), (1, 3, -4.0)]
    assert groups(4, chain) == [{0, 1}, {2, 3}]


def test_what_was_not_compared_says_nothing() -> None:
    assert groups(4, [(0, 1, 5.0), (1, 2, 2.0), (2, 3, 5.0)]) == [{0, 1, 2, 3}]


def test_the_order_of_the_pairs_does_not_matter() -> None:
    pairs = [(0, 1, 1.0), (1, 2, 1.0), (0, 2, -0.5), (3, 4, 2.0), (2, 3, 0.1)]
    assert groups(5, pairs) == groups(5, pairs[::-1])
