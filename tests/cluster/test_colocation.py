from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringleader.cluster.colocation import anywhere, parsed, together

MOMENTS = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 40), st.integers(0, 23)), max_size=30)


def hours(moments: list[tuple[str, int, int]]) -> dict[str, np.ndarray]:
    return parsed(f"{host} 2026-{1 + day // 29:02}-{1 + day % 28:02}T{hour:02}" for host, day, hour in moments)


def visits(draw: random.Random, count: int) -> list[tuple[str, int, int]]:
    return [("a", draw.randrange(2, 40), draw.randrange(8, 18)) for _ in range(count)]


@given(MOMENTS, MOMENTS)
def test_sides_may_change_places(a: list[tuple[str, int, int]], b: list[tuple[str, int, int]]) -> None:
    left, right = hours(a), hours(b)
    assert together(left, right) == together(right, left)
    found = together(anywhere(left), anywhere(right))
    assert found is None or (0 < found.p_value <= 1 and found.hits >= 0)


def test_who_follows_the_other_is_seen() -> None:
    draw = random.Random(1)
    lead = [("a", 1, 9), ("a", 50, 9), *visits(draw, 14)]
    follow = [(host, day, hour + 2) for host, day, hour in lead]
    found = together(hours(lead), hours(follow))
    assert found is not None and found.p_value < 0.04 and found.z > 4


def test_the_same_hours_of_work_are_no_coordination() -> None:
    """Two who work office hours on days of their own: at .05 about one in twenty, and not all of them."""
    called = 0
    for seed in range(60):
        draw = random.Random(seed)
        ends = [("a", 1, 9), ("a", 50, 9)]
        found = together(hours(visits(draw, 12) + ends), hours(visits(draw, 12) + ends))
        assert found is not None
        called += found.p_value <= 0.05
    assert called <= 9


def test_nothing_in_common_cannot_be_asked() -> None:
    assert together(parsed(["a 2026-01-01T03"]), parsed(["b 2026-01-01T03"])) is None
    assert together({}, {}) is None
    assert parsed(["", "nonsense", "a 2026-99-01T03", "a 2026-01-01T03\n"]) == {}
