"""Whether two profiles share more than chance gives them, given how much each shows and how common each trait is.

The score is a sum of log-likelihood ratios over what both hold; its p-value is exact under a null that keeps margins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ringleader.compare import margins
from ringleader.compare.background import UNSEEN
from ringleader.compare.contribution import Contribution
from ringleader.compare.trait import Profile

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]

REUSE: Mapping[str, float] = {"technique": 0.2, "software": 0.25}
"""How probable it is, by kind, that an actor who has shown a trait is seen with it again because it is the same actor.
Between what single reports (.14, .14) and halves of a group's reports (.23, .32) are fitted to; ``ringleader evaluate
overlap`` fits it anew on each fold, as it does SPREAD."""

SPREAD = 0.4
"""Standard deviation, in nats, of how much more alike than the margins say two different actors are: they hunt the same
platforms and are written about by the same people. That of single reports (.37); halves are fitted to .25."""

STEP = 0.1
"""Scores are whole numbers of such steps, in nats, so that their distribution can be summed exactly."""

MOST = 2000
"""Steps beyond which a score counts as this one: its p-value is then an upper bound, far below any use."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_TINY = 1e-18


@dataclass(frozen=True)
class Overlap:
    """``score`` and what is ``expected`` by chance, in nats; ``p_value`` of at least this score. ``lines`` sum to the
    score."""

    score: float
    expected: float
    p_value: float
    lines: tuple[Contribution, ...]


@dataclass(frozen=True)
class _Kind:
    """Traits of one kind in classes of equal margin. ``place`` is the class of a value, the first being that of values
    which no profile of the background holds."""

    place: Mapping[str, int]
    holders: Vector
    repeats: Vector
    fitness: Vector
    profiles: int


class Null:
    """Two actors who have nothing to do with each other. ``of`` makes it from a background, ``overlap`` asks it.

    Each profile holds each trait independently, with a probability that follows from its size and the trait's
    commonness (:mod:`ringleader.compare.margins`), kinds apart. The chance that both hold it is the product, and the
    score is a weighted sum of independent events. All of these chances rise or fall together by a log-normal factor
    with mean one and the given spread, so that ordinary likeness of strangers is not taken for one hand; with
    ``spread`` 0 it is the plain configuration model, whose count of common traits follows the Poisson-binomial law
    (Saracco et al., "Inferring monopartite projections of bipartite networks", New Journal of Physics 19, 2017).
    """

    def __init__(self, kinds: Mapping[str, _Kind], reuse: Mapping[str, float], spread: float) -> None:
        self.reuse = reuse
        self.spread = spread
        self._kinds = kinds
        self._steps = {
            name: np.maximum(np.rint(np.log1p(reuse[name] / _prevalence(kind)) / STEP), 1).astype(np.int64)
            for name, kind in kinds.items()
        }
        self._shares = lru_cache(maxsize=4096)(self._shares_of)

    @classmethod
    def of(
        cls,
        profiles: Iterable[Profile],
        distinct: Mapping[str, int] | None = None,
        *,
        reuse: Mapping[str, float] = REUSE,
        spread: float = SPREAD,
    ) -> Null:
        """Fit the margins to ``profiles``: known groups, or the intrusions of a case. ``distinct`` is the number of
        values that a kind can have, where that is known. Kinds without ``reuse`` do not count."""
        background = list(profiles)
        return cls({name: _kind(background, name, (distinct or {}).get(name, 0)) for name in reuse}, reuse, spread)

    def overlap(self, a: Profile, b: Profile) -> Overlap:
        """Score and p-value for two profiles; ``a`` and ``b`` may change places."""
        steps, lines = self._shared(a, b)
        chance, weight, repeats = self._chances(a, b)
        expected = float((chance * weight) @ repeats) * STEP
        return Overlap(steps * STEP, expected, tail(steps, chance, weight, repeats, self.spread), lines)

    def count(self, a: Profile, b: Profile, kind: str) -> float:
        """The p-value of the number of traits of one ``kind`` that both hold, all weighing the same and without a
        spread: weaker than the score, and the usual test of the configuration model."""
        mine, theirs = a.values(kind), set(b.values(kind))
        known = self._kinds[kind]
        room = self._room(kind, {*mine, *theirs})
        both = self._shares(kind, len(mine), room) * self._shares(kind, len(theirs), room)
        ones = np.ones(len(both), np.int64)
        return tail(len(theirs.intersection(mine)), both, ones, np.append(float(room), known.repeats[1:]))

    def moments(self, a: Profile, b: Profile) -> tuple[float, float, float]:
        """Score, and its mean and variance under the plain configuration model, in nats: what :func:`spread` is fitted
        to."""
        steps, _ = self._shared(a, b)
        chance, weight, repeats = self._chances(a, b)
        variance = (chance * (1 - chance) * weight**2) @ repeats
        return steps * STEP, float((chance * weight) @ repeats) * STEP, float(variance) * STEP**2

    def _shared(self, a: Profile, b: Profile) -> tuple[int, tuple[Contribution, ...]]:
        lines, total = [], 0
        for name, value in sorted(a.traits.keys() & b.traits.keys()):
            if name in self._kinds:
                kind = self._kinds[name]
                place = kind.place.get(value, 0)
                steps = int(self._steps[name][place])
                total += steps
                reason = f"{int(kind.holders[place]):,} of {kind.profiles:,} have it"
                lines.append(Contribution(name, value, steps * STEP, reason))
        lines.sort(key=lambda line: (-line.weight, line.kind, line.value))
        return total, tuple(lines)

    def _chances(self, a: Profile, b: Profile) -> tuple[Vector, Whole, Vector]:
        """For all classes of all kinds: the chance that both hold a trait of it, its weight in steps, and its size."""
        found: list[tuple[Vector, Whole, Vector]] = []
        for name, kind in self._kinds.items():
            left, right = a.values(name), b.values(name)
            room = self._room(name, {*left, *right})
            repeats = np.append(float(room), kind.repeats[1:])
            both = self._shares(name, len(left), room) * self._shares(name, len(right), room)
            found.append((both, self._steps[name], repeats))
        chance, weight, repeats = (np.concatenate(part) for part in zip(*found, strict=True))
        return chance, weight, repeats

    def _room(self, name: str, values: set[str]) -> int:
        """How many values there are that the background lacks: more of them than two profiles show."""
        kind = self._kinds[name]
        return max(int(kind.repeats[0]), 2 * sum(value not in kind.place for value in values))

    def _shares_of(self, name: str, size: int, room: int) -> Vector:
        kind = self._kinds[name]
        return margins.shares(size, kind.fitness, np.append(float(room), kind.repeats[1:]))


def tail(score: int, chance: Vector, weight: Whole, repeats: Vector, spread: float = 0.0) -> float:
    """The probability that a weighted sum of independent events is at least ``score``.

    Of class c there are ``repeats`` events with this ``chance`` and whole ``weight``: the sum over all classes of
    weight times a binomial variable, convolved class by class. What reaches the score is put aside at once, so that
    small tails lose no digits. With a ``spread`` it is averaged over a log-normal factor of all chances (Gauss-Hermite
    quadrature, nine nodes).
    """
    if score <= 0:
        return 1.0
    score = min(score, MOST)
    factor = np.exp(spread * _NODES - spread**2 / 2) if spread else np.ones(1)
    share = _WEIGHTS / _WEIGHTS.sum() if spread else np.ones(1)
    below = np.zeros((len(factor), score))
    below[:, 0] = 1
    above = np.zeros(len(factor))
    for each, times, step in zip(chance, repeats, weight, strict=True):
        if each <= 0 or times < 1:
            continue
        happens = _binomial(int(times), np.clip(each * factor, 1e-300, 1 - 1e-9), -(-score // int(step)))
        # The last entry is "so many or more": none of these stays below.
        after = happens[:, :1] * below
        from_top = np.cumsum(below[:, ::-1], axis=1)
        for count in range(1, happens.shape[1]):
            moved = count * int(step)
            if moved < score:
                after[:, moved:] += happens[:, count, None] * below[:, : score - moved]
            above += happens[:, count] * from_top[:, min(moved, score) - 1]
        below = after
    return float(min(share @ above, 1.0))


def benjamini_hochberg(p_values: Sequence[float] | Vector) -> Vector:
    """q-values in the order of the p-values (Benjamini and Hochberg, "Controlling the false discovery rate", 1995): the
    least rate of false discoveries at which each would be called one.

    >>> benjamini_hochberg([0.01, 0.5, 0.02]).round(3).tolist()
    [0.03, 0.5, 0.03]
    """
    p = np.asarray(p_values, float)
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.minimum.accumulate(scaled), 1.0) if len(p) else scaled
    return np.asarray(np.maximum(found, p), float)


def fit_spread(moments: Sequence[tuple[float, float, float]]) -> float:
    """The spread that explains how far the scores of different actors lie from what the margins say, by the method of
    moments: a factor with mean one and spread s adds mean squared times exp(s squared) - 1 to the variance."""
    found = np.asarray(moments, float).reshape(-1, 3)
    score, mean, variance = found.T
    excess = ((score - mean) ** 2 - variance).sum() / max(float((mean**2).sum()), 1e-12)
    return float(np.sqrt(np.log1p(max(float(excess), 0.0))))


def fit_reuse(pairs: Iterable[tuple[Profile, Profile]], null: Null) -> dict[str, float]:
    """The reuse of each kind by maximum likelihood, from ``pairs`` of profiles of one actor: what the one holds is held
    by the other with probability r + (1 - r) times its share by chance. Best of a grid of hundredths."""
    grid = np.arange(1, 100) / 100
    total = {name: np.zeros(len(grid)) for name in null.reuse}
    for one, other in pairs:
        for a, b in ((one, other), (other, one)):
            for name in total:
                kind = null._kinds[name]
                mine, theirs = a.values(name), set(b.values(name))
                share = null._shares(name, len(theirs), null._room(name, {*mine, *theirs}))
                for value in mine:
                    chance = grid + (1 - grid) * float(share[kind.place.get(value, 0)])
                    total[name] += np.log(chance if value in theirs else 1 - chance)
    return {name: float(grid[int(value.argmax())]) for name, value in total.items()}


def _kind(profiles: Sequence[Profile], name: str, distinct: int) -> _Kind:
    held = [profile.values(name) for profile in profiles]
    count = Counter(value for values in held for value in values)
    levels = [0, *sorted(set(count.values()))]
    row = {level: number for number, level in enumerate(levels)}
    place = {value: row[number] for value, number in sorted(count.items())}
    repeats = np.bincount(list(place.values()), minlength=len(levels)).astype(float)
    # Where nobody knows how many values there are, as many more as were seen.
    repeats[0] = max(distinct - len(place) if distinct else len(place), 1)
    holders = np.array(levels, float)
    sizes = np.array([len(values) for values in held if values], float)
    # Every cell of the table is drawn towards one half a little, so that no trait is impossible and none is certain.
    number = float(len(sizes))
    wanted = number * (holders + UNSEEN) / (number + 2 * UNSEEN)
    sizes = (number * sizes + UNSEEN * repeats.sum()) / (number + 2 * UNSEEN)
    fitness = margins.fit(sizes, wanted, repeats)
    return _Kind(place, holders, repeats, fitness, len(profiles))


def _prevalence(kind: _Kind) -> Vector:
    return (kind.holders + UNSEEN) / (kind.profiles + 2 * UNSEEN)


def _binomial(times: int, chance: Vector, most: int) -> Vector:
    """Nodes x counts: the probability of each number of events, the last being that of so many or more where it is
    ``most``. Numbers that are less probable than 1e-18 at every node are left out."""
    from scipy.special import gammaln

    counts = np.arange(min(times, most) + 1)
    choose = gammaln(times + 1) - gammaln(counts + 1) - gammaln(times - counts + 1)
    odds = counts * np.log(chance)[:, None] + (times - counts) * np.log1p(-chance)[:, None]
    found: Vector = np.exp(choose + odds)
    if most < times:
        found[:, -1] = np.maximum(1 - found[:, :-1].sum(1), found[:, -1])
    last = int(np.flatnonzero(found.max(0) > _TINY).max())
    return found[:, : last + 1]
