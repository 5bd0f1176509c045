"""The overlap test, measured: how often it calls strangers alike, and how often it finds the same actor again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute.corpus import Corpus
from ringleader.attribute.observation import LEAST
from ringleader.compare import Null, Profile, Trait
from ringleader.compare.overlap import fit_reuse, fit_spread
from ringleader.errors import KnowledgeError
from ringleader.knowledge import Knowledge

Vector = NDArray[np.float64]

LEVELS = (0.05, 0.01, 0.001)
FOLDS = 4
PAIRS = 4000
"""Pairs of different groups that are tested, and as many that are learnt from, in each protocol."""

METHODS = (
    "likelihood ratio",
    "the same, techniques alone",
    "count of techniques, margins kept",
    "hypergeometric",
)
POWER = {0.01: 0.27, 0.001: 0.13}
SIZE = {0.01: 0.02, 0.001: 0.002}
"""What the project set out to reach with the first of METHODS: at least that power, at most that size."""


@dataclass(frozen=True)
class Shown:
    """What is compared: one report about one group, or half of the reports about it."""

    group: int
    profile: Profile


@dataclass(frozen=True)
class Rates:
    """Share of pairs at or below each of LEVELS, with its 95 % interval (bootstrap by group)."""

    method: str
    size: dict[float, float]
    size_interval: dict[float, tuple[float, float]]
    power: dict[float, float]
    power_interval: dict[float, tuple[float, float]]
    power_by_group: dict[float, float]


@dataclass(frozen=True)
class Result:
    """``same`` and ``different`` are numbers of pairs. ``reuse`` and ``spread`` are what each fold was fitted to.
    ``p_same`` and ``p_different`` hold a row for each pair, a column for each of METHODS."""

    name: str
    what: str
    groups: int
    same: int
    different: int
    rates: tuple[Rates, ...]
    reuse: tuple[dict[str, float], ...]
    spread: tuple[float, ...]
    p_same: Vector = field(repr=False)
    p_different: Vector = field(repr=False)


def evaluate(knowledge: Knowledge, say: Callable[[str], None] = lambda _: None) -> tuple[Result, ...]:
    """Both protocols. Margins, reuse and spread are fitted on other groups than those that are tested."""
    corpus = Corpus.of(knowledge)
    found = []
    for name, what, shown in (
        ("reports", "one report against another", list(_reports(corpus))),
        ("halves", "the earlier half of a group's reports against the later", list(_halves(corpus))),
    ):
        say(what)
        found.append(_measured(name, what, corpus, shown))
    return tuple(found)


def _reports(corpus: Corpus) -> Iterator[Shown]:
    for pair in _usable(corpus):
        if corpus.own_technique[pair].sum() >= LEAST:
            yield _shown(corpus, [pair])


def _halves(corpus: Corpus) -> Iterator[Shown]:
    """By the day of publication; undated reports come first. Of an odd number the later half is the larger."""
    by_group: dict[int, list[int]] = defaultdict(list)
    for pair in _usable(corpus):
        by_group[int(corpus.pair_group[pair])].append(pair)
    for _, pairs in sorted(by_group.items()):
        pairs.sort(key=lambda pair: (corpus.first_day[corpus.pair_report[pair]], pair))
        halves = [_shown(corpus, half) for half in (pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]) if half]
        if len(halves) == 2 and all(len(half.profile.values("technique")) >= LEAST for half in halves):
            yield from halves


def _usable(corpus: Corpus) -> list[int]:
    """Pairs of a group and a report about it alone: what one report says of several groups is no evidence of
    likeness."""
    groups = np.bincount(corpus.pair_report, minlength=len(corpus.first_day))
    return [
        pair
        for pair, report in enumerate(corpus.pair_report)
        if report != corpus.uncited and groups[report] == 1
    ]  # fmt: skip


def _shown(corpus: Corpus, pairs: Sequence[int]) -> Shown:
    techniques = np.flatnonzero(corpus.own_technique[pairs].any(0))
    software = np.flatnonzero(corpus.own_software[pairs].any(0))
    group = int(corpus.pair_group[pairs[0]])
    return Shown(group, _profile(corpus, corpus.groups[group], techniques, software))


def _profile(corpus: Corpus, name: str, techniques: NDArray[np.int64], software: NDArray[np.int64]) -> Profile:
    traits = [Trait("technique", corpus.techniques[row]) for row in techniques]
    return Profile.of(name, traits + [Trait("software", corpus.software[row]) for row in software])


def _measured(name: str, what: str, corpus: Corpus, shown: Sequence[Shown]) -> Result:
    groups = sorted({one.group for one in shown})
    if len(groups) < 2 * FOLDS or not _same(shown):
        raise KnowledgeError("this knowledge has too few reports to measure anything on", hint="use the built-in one")
    draw = np.random.default_rng(0)
    place = dict(zip(groups, (draw.permutation(len(groups)) % FOLDS).tolist(), strict=True))
    same: list[tuple[int, int, list[float]]] = []
    different: list[tuple[int, int, list[float]]] = []
    fitted = []
    for number in range(FOLDS):
        null = _fit(corpus, [one for one in shown if place[one.group] != number], place, number, draw)
        fitted.append(null)
        tested = [one for one in shown if place[one.group] == number]
        for pairs, into in ((_same(tested), same), (_different(tested, PAIRS // FOLDS, draw), different)):
            into += [(a.group, b.group, _p_values(null, a.profile, b.profile, corpus)) for a, b in pairs]
    p_same, p_different = np.array([p for *_, p in same]), np.array([p for *_, p in different])
    who_same, who_different = (np.array([row[:2] for row in rows]) for rows in (same, different))
    rates = tuple(
        _rates(method, p_same[:, column], who_same, p_different[:, column], who_different)
        for column, method in enumerate(METHODS)
    )
    return Result(
        name, what, len(groups), len(same), len(different), rates,
        tuple(dict(null.reuse) for null in fitted), tuple(null.spread for null in fitted), p_same, p_different,
    )  # fmt: skip


def _fit(
    corpus: Corpus, shown: Sequence[Shown], place: dict[int, int], left_out: int, draw: np.random.Generator
) -> Null:
    """The null of one fold: margins of all groups but those left out, reuse and spread of what is shown of them."""
    profiles = [
        _profile(
            corpus, key,
            np.flatnonzero(corpus.group_technique[group]), np.flatnonzero(corpus.group_software[group]),
        )
        for group, key in enumerate(corpus.groups)
        if place.get(group) != left_out
    ]  # fmt: skip
    profiles = [profile for profile in profiles if profile.traits]
    distinct = {"technique": len(corpus.techniques), "software": len(corpus.software)}
    plain = Null.of(profiles, distinct, spread=0)
    reuse = fit_reuse([(a.profile, b.profile) for a, b in _same(shown)], plain)
    weighed = Null.of(profiles, distinct, reuse=reuse, spread=0)
    strangers = _different(shown, PAIRS, draw)
    spread = fit_spread([weighed.moments(a.profile, b.profile) for a, b in strangers])
    return Null.of(profiles, distinct, reuse=reuse, spread=spread)


def _same(shown: Sequence[Shown]) -> list[tuple[Shown, Shown]]:
    return [(a, b) for a, b in combinations(shown, 2) if a.group == b.group]


def _different(shown: Sequence[Shown], most: int, draw: np.random.Generator) -> list[tuple[Shown, Shown]]:
    found = [(i, j) for i, j in combinations(range(len(shown)), 2) if shown[i].group != shown[j].group]
    if len(found) > most:
        found = [found[i] for i in sorted(draw.choice(len(found), most, replace=False))]
    return [(shown[i], shown[j]) for i, j in found]


def _p_values(null: Null, a: Profile, b: Profile, corpus: Corpus) -> list[float]:
    """In the order of METHODS."""
    from scipy.stats import hypergeom

    one, other = _only_techniques(a), _only_techniques(b)
    common = len(set(one.values("technique")) & set(other.values("technique")))
    chance = hypergeom.sf(common - 1, len(corpus.techniques), len(one.traits), len(other.traits))
    counted = null.count(one, other, "technique")
    return [null.overlap(a, b).p_value, null.overlap(one, other).p_value, counted, float(chance)]


def _only_techniques(profile: Profile) -> Profile:
    return Profile.of(profile.name, [trait for trait in profile if trait.kind == "technique"])


def _rates(method: str, same: Vector, who_same: Vector, different: Vector, who_different: Vector) -> Rates:
    groups = np.unique(np.concatenate([who_same.ravel(), who_different.ravel()]))
    at = {
        level: (
            np.searchsorted(groups, who_same[:, 0]),
            np.searchsorted(groups, who_different),
            same <= level,
            different <= level,
        )
        for level in LEVELS
    }
    draw = np.random.default_rng(0)
    # A pair of two groups counts as often as both were drawn.
    drawn = [np.bincount(draw.integers(0, len(groups), len(groups)), minlength=len(groups)) for _ in range(300)]
    intervals: dict[str, dict[float, tuple[float, float]]] = {"size": {}, "power": {}}
    for level, (own, both, found, alarm) in at.items():
        intervals["power"][level] = _interval([_share(found, times[own]) for times in drawn])
        intervals["size"][level] = _interval([_share(alarm, times[both[:, 0]] * times[both[:, 1]]) for times in drawn])
    return Rates(
        method, {level: float(alarm.mean()) for level, (_, _, _, alarm) in at.items()}, intervals["size"], {level:
        float(found.mean()) for level, (_, _, found, _) in at.items()}, intervals["power"], {level:
        float(np.mean([found[own == g].mean() for g in np.unique(own)])) for level, (own, _, found, _) in at.items()},
    )  # fmt: skip


def _share(hit: NDArray[np.bool_], times: NDArray[np.int64]) -> float:
    return float((hit * times).sum() / times.sum()) if times.sum() else float("nan")


def _interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.nanquantile(np.array(values), [0.025, 0.975])
    return float(low), float(high)
