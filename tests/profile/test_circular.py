"""The time zone from hours: found where there is one, with an interval that holds, and silent where there is none."""

from __future__ import annotations

import random

import pytest

from ringleader.profile.circular import rayleigh, zone


def days(draw: random.Random, offset: int, count: int, start: float = 9, length: float = 8) -> list[int]:
    """Hours since 1970 of ``count`` sessions inside a working day at ``offset`` from UTC."""
    hours = []
    for day in range(count):
        begin = start + draw.random() * (length - 2)
        local = 24 * (1000 + 2 * day) + begin
        hours += [int(local + passed - offset) for passed in range(draw.randint(1, 3))]
    return hours


@pytest.mark.parametrize("offset", [-8, -3, 0, 3, 8, 12])
def test_the_interval_holds_the_truth(offset: int) -> None:
    held = 0
    for seed in range(40):
        found = zone(days(random.Random(seed), offset, 30))
        assert found is not None
        apart = abs((found.offset - offset + 12) % 24 - 12)
        held += apart <= found.uncertainty
        assert found.uncertainty < 5
    assert held >= 38


def test_hours_all_round_the_clock_say_nothing() -> None:
    told = 0
    for seed in range(200):
        draw = random.Random(seed)
        told += zone(24 * (1000 + 2 * day) + draw.randrange(24) for day in range(25)) is not None
    assert told <= 20  # one in twenty by the test's own measure


def test_few_sessions_say_nothing() -> None:
    assert zone(days(random.Random(1), 8, 4)) is None
    assert zone([]) is None
    # Many hours of one session are one session.
    assert zone(range(24_000, 24_010)) is None


def test_rayleigh_agrees_with_chance() -> None:
    import math

    draw = random.Random(7)
    lengths = []
    for _ in range(4000):
        angles = [draw.random() * 2 * math.pi for _ in range(12)]
        lengths.append(math.hypot(sum(map(math.cos, angles)), sum(map(math.sin, angles))) / 12)
    beyond = sum(length > 0.5 for length in lengths) / 4000
    assert rayleigh(12, 0.5) == pytest.approx(beyond, abs=0.012)
