from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.compare import Null, Profile, Trait, benjamini_hochberg, margins
from ringleader.compare.overlap import fit_reuse, fit_spread, tail

VALUES = {"technique": [f"T{n}" for n in range(30)], "software": [f"S{n}" for n in range(12)]}


def profile(techniques: list[str] | set[str], software: list[str] | set[str] = ()) -> Profile:  # type: ignore[assignment]
    return Profile.of("p", [*(Trait("technique", v) for v in techniques), *(Trait("software", v) for v in software)])


PROFILES = st.builds(
    profile,
    st.sets(st.sampled_from(VALUES["technique"]), max_size=15),
    st.sets(st.sampled_from(VALUES["software"]), max_size=6),
)
WORLDS = st.lists(PROFILES, max_size=12).map(lambda some: Null.of(some, {"technique": 30, "software": 12}))
CLASSES = st.lists(
    st.tuples(st.floats(0, 0.9), st.integers(1, 12), st.integers(1, 2)),
    min_size=1, max_size=4,
)  # fmt: skip


def columns(classes: list[tuple[float, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance, weight, repeats = zip(*classes, strict=True)
    return np.array(chance, float), np.array(weight, np.int64), np.array(repeats, float)


@settings(deadline=None)
@given(CLASSES, st.integers(0, 60))
def test_the_tail_is_what_counting_all_outcomes_gives(classes: list[tuple[float, int, int]], score: int) -> None:
    events = [(chance, weight) for chance, weight, times in classes for _ in range(times)]
    wanted = 0.0
    for outcome in itertools.product((0, 1), repeat=len(events)):
        if sum(w for (_, w), seen in zip(events, outcome, strict=True) if seen) >= score:
            wanted += math.prod(p if seen else 1 - p for (p, _), seen in zip(events, outcome, strict=True))
    assert tail(score, *columns(classes)) == pytest.approx(wanted, rel=1e-9, abs=1e-15)


@settings(deadline=None)
@given(CLASSES, st.integers(0, 60), st.floats(0, 1))
def test_a_higher_score_is_never_more_probable(
    classes: list[tuple[float, int, int]], score: int, spread: float
) -> None:
    lower, higher = tail(score, *columns(classes), spread), tail(score + 1, *columns(classes), spread)
    assert 0 <= higher <= lower <= 1


def test_a_small_tail_keeps_its_digits() -> None:
    assert tail(20, np.array([1e-3]), np.array([1]), np.array([20.0])) == pytest.approx(1e-60)


@settings(deadline=None)
@given(PROFILES, PROFILES, WORLDS)
def test_it_is_symmetric(a: Profile, b: Profile, null: Null) -> None:
    one, other = null.overlap(a, b), null.overlap(b, a)
    assert (one.lines, one.score) == (other.lines, other.score)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-12)
    assert one.score == pytest.approx(sum(line.weight for line in one.lines))


@settings(deadline=None)
@given(PROFILES, PROFILES, WORLDS)
def test_one_thing_more_in_common_at_the_same_sizes_is_never_less_telling(a: Profile, b: Profile, null: Null) -> None:
    mine, theirs = set(a.values("technique")), set(b.values("technique"))
    if not mine - theirs or not theirs - mine:
        return
    swapped = theirs - {min(theirs - mine)} | {min(mine - theirs)}
    more = profile(swapped, b.values("software"))
    assert null.overlap(a, more).p_value <= null.overlap(a, b).p_value
    assert null.overlap(a, more).score > null.overlap(a, b).score


@settings(deadline=None)
@given(st.lists(PROFILES, min_size=2, max_size=12))
def test_margins_are_kept(profiles: list[Profile]) -> None:
    sizes = np.array([len(p.values("technique")) for p in profiles], float)
    holders = np.array([sum(v in p.values("technique") for p in profiles) for v in VALUES["technique"]], float)
    rows = len(profiles)
    wanted = rows * (holders + 0.5) / (rows + 1)
    fitness = margins.fit((rows * sizes + 15) / (rows + 1), wanted, np.ones(30))
    each = [margins.shares(float(size), fitness, np.ones(30)) for size in (rows * sizes + 15) / (rows + 1)]
    assert sum(each) == pytest.approx(wanted, rel=1e-3, abs=1e-3)
    for size in sizes:
        assert margins.shares(size, fitness, np.ones(30)).sum() == pytest.approx(size, abs=1e-6)


@settings(deadline=None)
@given(st.integers(1, 29), st.integers(1, 29))
def test_what_is_common_is_held_more_often(size: int, other: int) -> None:
    fitness = margins.fit(np.array([5.0, 10.0]), np.array([0.5, 1.0, 1.5]), np.full(3, 10.0))
    share = margins.shares(min(size, other), fitness, np.full(3, 10.0))
    assert (np.diff(share) > 0).all()
    assert (margins.shares(max(size, other), fitness, np.full(3, 10.0)) >= share - 1e-12).all()


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_p_values_of_strangers_are_those_of_chance(spread: float) -> None:
    """Pairs drawn from the null itself: no level is exceeded more often than it says, and the test is not idle."""
    draw = np.random.default_rng(3)
    common = draw.beta(0.5, 2.0, 60)
    world = [profile({f"T{j}" for j in np.flatnonzero(draw.random(60) < common)}) for _ in range(80)]
    null = Null.of(world, {"technique": 60}, spread=spread)
    kind = null._kinds["technique"]
    fitness, repeats, place = kind.fitness, kind.repeats, kind.place
    share = margins.shares(18, fitness, repeats)
    each = np.array([share[place.get(f"T{j}", 0)] for j in range(60)])
    found = []
    steps = null._steps["technique"]
    chance, weight, times = share * share, steps, repeats
    for _ in range(1500):
        factor = math.exp(spread * draw.standard_normal() - spread**2 / 2)
        both = draw.random(60) < np.minimum(each**2 * factor, 1)
        score = sum(int(steps[place.get(f"T{j}", 0)]) for j in np.flatnonzero(both))
        found.append(tail(score, chance, weight, times, spread))
    for level in (0.01, 0.05, 0.2, 0.5):
        rate = np.mean(np.array(found) <= level)
        assert level / 2.5 < rate < level + 3 * math.sqrt(level * (1 - level) / 1500), level


def test_the_rarer_what_is_common_the_more_telling() -> None:
    draw = np.random.default_rng(1)
    world = [profile({f"T{int(n)}" for n in draw.geometric(0.05, 15)}) for _ in range(60)]
    null = Null.of(world, {"technique": 300})
    one, other = ({f"T{n}" for n in range(start, start + 6)} for start in (200, 210))
    p = [null.overlap(profile({*one, x}), profile({*other, x})).p_value for x in ("T1", "T40", "X")]
    assert p[2] <= p[1] < p[0] < 1


@pytest.mark.parametrize("world", [[], [profile([])], [profile(VALUES["technique"])] * 3])
def test_a_background_without_information_gives_a_number_all_the_same(world: list[Profile]) -> None:
    for spread in (0.0, 0.45):
        null = Null.of(world, spread=spread)
        for pair in itertools.product([profile([]), profile(["T1"], ["S1"]), profile(VALUES["technique"])], repeat=2):
            found = null.overlap(*pair)
            assert 0 <= found.p_value <= 1
            assert np.isfinite(found.score)
            assert np.isfinite(found.expected)


def test_a_flood_of_common_traits_stays_within_bounds() -> None:
    flood = profile({f"T{n}" for n in range(3000)})
    found = Null.of([profile({"T1"}), profile({"T2"})]).overlap(flood, flood)
    assert 0 <= found.p_value <= 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_are_ordered_as_p_values_and_never_smaller(p: list[float]) -> None:
    q = benjamini_hochberg(p)
    assert len(q) == len(p)
    assert (q >= np.array(p)).all()
    assert (q <= 1).all()
    order = np.argsort(p)
    assert (np.diff(q[order]) >= 0).all()


def test_q_values_are_those_of_the_paper() -> None:
    """The fifteen p-values of Benjamini and Hochberg (1995), section 4: at .05 four are rejected."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    assert (benjamini_hochberg(p) <= 0.05).sum() == 4


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 0.8), st.integers(0, 5))
def test_reuse_is_found_again(reuse: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    names = np.array([f"T{n}" for n in range(100)])
    null = Null.of([profile(set(draw.choice(names, 20, replace=False))) for _ in range(20)], reuse={"technique": 0.5})
    pairs = []
    for _ in range(30):
        first = set(draw.choice(names, 20, replace=False))
        kept = {value for value in first if draw.random() < reuse}
        more = [n for n in draw.permutation(names) if n not in kept][: 20 - len(kept)]
        pairs.append((profile(first), profile(kept | set(more))))
    assert fit_reuse(pairs, null)["technique"] == pytest.approx(reuse, abs=0.12)


def test_a_spread_is_found_again() -> None:
    draw = np.random.default_rng(0)
    factors = np.exp(0.5 * draw.standard_normal(20000) - 0.125)
    assert fit_spread([(float(draw.poisson(8 * f)), 8.0, 8.0) for f in factors]) == pytest.approx(0.5, abs=0.03)
    assert fit_spread([(8.0, 8.0, 8.0)]) == 0
