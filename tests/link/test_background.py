"""What is common is learnt with the asker's own days left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.link.background import Days


def test_what_came_with_the_asker_is_rarer_than_what_is_there_every_week() -> None:
    weekly = [("backup", day) for day in range(0, 100, 7)]
    days = Days([*weekly, ("page", 50), ("page", 51)], range(100))
    own = range(49, 53)
    assert days.weight("page", own) == days.weight("never seen", own)
    assert days.weight("page", own) > days.weight("page") > days.weight("backup", own)


def test_what_is_there_every_day_weighs_next_to_nothing() -> None:
    days = Days([("agent", day) for day in range(300)], range(300))
    assert days.weight("agent", range(10, 13)) < 0.05


def test_without_background_a_thing_is_rare_as_known_beforehand() -> None:
    assert Days((), ()).weight("anything", range(5)) == pytest.approx(2.9957, abs=1e-4)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60))),
    st.lists(st.tuples(st.integers(-5, 65), st.integers(0, 9)), max_size=4),
)
def test_own_days_count_once_however_they_overlap(seen: list[tuple[str, int]], own: list[tuple[int, int]]) -> None:
    days = Days(seen, range(61))
    ranges = [range(start, start + length) for start, length in own]
    assert days.weight("a", *ranges) == days.weight("a", *reversed(ranges), *ranges)
    left_out = {day for one in ranges for day in one}
    fewer = Days([(thing, day) for thing, day in seen if day not in left_out], set(range(61)) - left_out)
    assert days.weight("a", *ranges) == pytest.approx(fewer.weight("a", *ranges))


def test_a_clock_that_is_decades_off_makes_nothing_rarer() -> None:
    weekly = [("backup", day) for day in range(0, 100, 7)]
    asked = Days(weekly, range(100)).weight("backup")
    assert Days(weekly, [*range(100), -17_000, -7_000]).weight("backup") == pytest.approx(asked, abs=0.02)
