from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.compare import Background, Profile, Trait, compare
from ringleader.compare.comparison import CAP
from ringleader.compare.contribution import PRIOR, shared
from ringleader.compare.trait import trust
from ringleader.errors import UsageError

GRADES = st.builds("{}{}".format, st.sampled_from("ABCDEF"), st.sampled_from("123456"))
TRAITS = st.one_of(
    st.builds(Trait, st.just("technique"), st.sampled_from(["T1", "T1.001", "T1.002", "T2", "T3.001"]), GRADES),
    st.builds(Trait, st.just("software"), st.sampled_from(["S1", "S2", "S3"]), GRADES),
    st.builds(Trait, st.just("file-hash"), st.sampled_from(["a", "b"]), GRADES),
)
PROFILES = st.lists(TRAITS, max_size=10).map(lambda traits: Profile.of("p", traits))
WORLDS = st.lists(PROFILES, max_size=8).map(Background.of)


@given(PROFILES, PROFILES, WORLDS)
def test_it_is_symmetric(a: Profile, b: Profile, background: Background) -> None:
    one, other = compare(a, b, background), compare(b, a, background)
    assert one.contributions == other.contributions
    assert one.total == other.total
    assert (one.only_left, one.only_right) == (other.only_right, other.only_left)


@given(PROFILES, PROFILES, WORLDS)
def test_the_total_is_the_sum_of_its_lines_with_each_family_capped(a: Profile, b: Profile, world: Background) -> None:
    found = compare(a, b, world)
    assert found.total == pytest.approx(sum(found.by_family().values()))
    assert all(weight <= CAP for weight in found.by_family().values())
    assert all(line.weight >= 0 for line in found.contributions), "what is not shared is no penalty"


@given(PROFILES, TRAITS, WORLDS)
def test_more_in_common_never_says_less(a: Profile, trait: Trait, world: Background) -> None:
    more = Profile.of("p", [*(t for t in a if t.kind != "technique"), trait])
    less = Profile.of("p", [t for t in more if (t.kind, t.value) != (trait.kind, trait.value)])
    assert compare(a, more, world).total >= compare(a, less, world).total - 1e-12


@given(st.floats(1e-6, 1), st.floats(1e-6, 1), st.floats(0, 1))
def test_the_rarer_and_the_better_graded_says_more(one: float, other: float, q: float) -> None:
    assert (shared(1.0, min(one, other), q) >= shared(1.0, max(one, other), q)).all()
    assert shared(1.0, one, q) <= shared(1.0, one, 1.0)
    assert shared(1.0, one, q) == pytest.approx(math.log(q * (1 + 1 / (PRIOR * one)) + 1 - q))


def test_shares_sum_to_one() -> None:
    profiles = [
        Profile.of("p", [Trait("technique", "T1"), Trait("technique", "T2")]),
        Profile.of("q", [Trait("technique", "T1")]),
    ]
    world = Background.of(profiles, {"technique": 4})
    assert world.count("technique", "T1") == 2
    assert np.isclose(sum(world.share("technique", value) for value in ("T1", "T2", "T3", "T4")), 1)


def test_a_tool_and_what_it_implies_count_once() -> None:
    profile = Profile.of("p", [Trait("technique", "T1"), Trait("software", "S1")])
    world = Background.of([profile])
    apart, together = compare(profile, profile, world), compare(profile, profile, world, {"S1": ["T1"]})
    assert together.by_kind()["technique"] == 0
    assert together.by_kind()["software"] == apart.by_kind()["software"]
    assert "S1" in next(line.reason for line in together.contributions if line.value == "T1")


def test_a_sibling_counts_less_than_the_same() -> None:
    same = Profile.of("p", [Trait("technique", "T1.001")])
    kin = Profile.of("q", [Trait("technique", "T1.002")])
    world = Background.of([same, kin])
    assert 0 < compare(same, kin, world).total < compare(same, same, world).total


def test_of_equal_traits_the_best_graded_counts() -> None:
    profile = Profile.of("p", [Trait("software", "S1", "F6", 2), Trait("software", "S1", "B2", 3)])
    [trait] = profile
    assert (trait.grade, trait.count) == ("B2", 5)


@pytest.mark.parametrize("grade", ["", "A", "A7", "G1", "a1", "A1 "])
def test_what_is_no_grade_is_refused(grade: str) -> None:
    with pytest.raises(UsageError):
        Trait("software", "S1", grade)


def test_grades_are_in_order() -> None:
    assert [trust(f"{letter}1") for letter in "ABCDE"] == sorted((trust(f"{x}1") for x in "ABCDE"), reverse=True)
    assert [trust(f"A{digit}") for digit in "12345"] == sorted((trust(f"A{x}") for x in "12345"), reverse=True)
