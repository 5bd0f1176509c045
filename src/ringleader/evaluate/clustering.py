"""Clustering, measured on public reports: each report's techniques and software are one profile, and those about one
group belong together. Nothing that scores a pair has seen either of its groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import null
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.fit import one_thread
from ringleader.attribute.observation import Observation, observations
from ringleader.cluster.linkage import Edge, linkage
from ringleader.compare.background import UNSEEN
from ringleader.compare.comparison import CAP
from ringleader.compare.contribution import shared
from ringleader.knowledge import Knowledge
from ringleader.scenario.scores.agreement import Agreement, agreement

FOLDS = 5
CUTS = (0.0, 2.197)
"""Average log-odds at which clusters are joined: even odds, and nine to one."""
DRAWS = 300
STRONG = 1.0
"""Nats that each of the two kinds must say for a pair to be a reason to join, as in clustering intrusions."""

Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """``clusters`` of several reports, and how many of those hold several groups (``false``). ``v`` is the V-measure.
    ``intervals`` by measure: 2.5 and 97.5 % over draws of groups."""

    name: str
    clusters: int
    false: int
    agreement: Agreement
    v: float
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Evaluation:
    """``alone`` is the line to beat: every report by itself. ``ece`` is of the pairs' probabilities."""

    reports: int
    groups: int
    results: tuple[Result, ...]
    ece: float


def evaluate(knowledge: Knowledge, say: Callable[[str], None] = lambda _: None) -> Evaluation:
    """The same knowledge gives the same figures."""
    from ringleader.evaluate.measure import ece

    corpus = Corpus.of(knowledge)
    found = observations(corpus)
    group = np.array([seen.group for seen in found], np.int64)
    left, right = np.triu_indices(len(found), 1)
    say(f"{len(found)} reports, {len(left):,} pairs")
    with one_thread():
        features = pairs(corpus, found)
        same = group[left] == group[right]
        odds = scores(features, same, group[left], group[right])
    edges = {
        (int(a), int(b)): Edge(float(value), bool(joins))
        for a, b, value, joins in zip(left, right, odds, reason(features), strict=True)
    }
    results = []
    for cut in CUTS:
        clusters, _ = linkage(len(found), edges, base=float(odds.min()), cut=cut)
        held = np.empty(len(found), np.int64)
        for number, some in enumerate(clusters):
            held[some] = number
        results.append(_result(f"one actor at {null.logistic(np.array(cut)):.2f}", held, group))
    results.append(_result("every report alone", np.arange(len(found)), group))
    probability = null.logistic(odds)
    return Evaluation(len(found), len(np.unique(group)), tuple(results), ece(probability, same))


def pairs(corpus: Corpus, found: Sequence[Observation]) -> Matrix:
    """For each pair of reports, in the order of numpy's upper triangle: nats of techniques and of software in common,
    each held at CAP, and the logarithm of the smaller profile's size. Both groups are taken out of the background."""
    techniques, software = _shown(found, "techniques", corpus), _shown(found, "software", corpus)
    users = {
        "techniques": _users(corpus.own_technique, corpus.pair_group, len(corpus.groups)),
        "software": _users(corpus.own_software, corpus.pair_group, len(corpus.groups)),
    }
    group = np.array([seen.group for seen in found], np.int64)
    size = techniques.sum(1) + software.sum(1)
    rows = []
    for number in range(len(found) - 1):
        others = np.arange(number + 1, len(found))
        sums = [
            np.minimum(_nats(shown, users[name], group, number, others), CAP)
            for name, shown in (("techniques", techniques), ("software", software))
        ]
        rows.append(np.column_stack([*sums, np.log(np.minimum(size[number], size[others]))]))
    return np.concatenate(rows)


def _nats(shown: Matrix, users: Matrix, group: Ints, number: int, others: Ints) -> Matrix:
    mine = np.flatnonzero(shown[number])
    held = users[:, mine]
    # Without the two groups; a group that is both goes once.
    twice = (group[others] == group[number])[:, None]
    count = held.sum(0) - held[group[number]] - np.where(twice, 0, held[group[others]])
    groups = len(users) - np.where(twice, 1, 2)
    share = (count + UNSEEN) / (groups + 2 * UNSEEN)
    return np.asarray(shared(shown[others][:, mine], share, np.ones(1)).sum(1), float)


def scores(features: Matrix, same: NDArray[np.bool_], left: Ints, right: Ints) -> Matrix:
    """Log-odds of one actor for each pair, from a logistic fitted on pairs of groups in other folds than both of its
    own."""
    groups = np.unique(np.concatenate([left, right]))
    fold = np.random.default_rng(0).permutation(len(groups)) % FOLDS
    place = dict(zip(groups.tolist(), fold.tolist(), strict=True))
    a = np.array([place[one] for one in left.tolist()])
    b = np.array([place[one] for one in right.tolist()])
    odds = np.empty(len(features))
    for first in range(FOLDS):
        for second in range(first, FOLDS):
            asked = ((a == first) & (b == second)) | ((a == second) & (b == first))
            known = ~np.isin(a, [first, second]) & ~np.isin(b, [first, second])
            weights = null.fit(features[known], same[known].astype(float))
            odds[asked] = features[asked] @ weights[:-1] + weights[-1]
    return odds


def reason(features: Matrix) -> NDArray[np.bool_]:
    """Pairs that may join: techniques and software each say something. Techniques alone never do."""
    return np.asarray((features[:, 0] >= STRONG) & (features[:, 1] >= STRONG))


def _shown(found: Sequence[Observation], name: str, corpus: Corpus) -> Matrix:
    width = len(corpus.techniques if name == "techniques" else corpus.software)
    shown = np.zeros((len(found), width))
    for number, seen in enumerate(found):
        shown[number, getattr(seen, name)] = 1
    return shown


def _users(own: NDArray[np.bool_], pair_group: Ints, groups: int) -> Matrix:
    """groups x values: who is known to have what."""
    table = np.zeros((groups, own.shape[1]), bool)
    np.logical_or.at(table, pair_group, own)
    return table.astype(float)


def _result(name: str, held: Ints, group: Ints) -> Result:
    several = [held == number for number, count in enumerate(np.bincount(held)) if count > 1]
    false = sum(len(np.unique(group[mask])) > 1 for mask in several)
    draw = np.random.default_rng(1)
    groups = np.unique(group)
    rows = [np.flatnonzero(group == one) for one in groups]
    drawn: dict[str, list[float]] = {"ari": [], "bcubed_f1": [], "pair_precision": []}
    for _ in range(DRAWS):
        # A group that is drawn twice counts once: twice, it would seem a false merge of itself.
        some = np.concatenate([rows[i] for i in np.unique(draw.integers(0, len(rows), len(rows)))])
        found = agreement(held[some], group[some])
        for measure, values in drawn.items():
            value = getattr(found, measure)
            if value is not None:
                values.append(value)
    intervals = {
        measure: (float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))
        for measure, values in drawn.items()
        if values
    }
    return Result(name, len(several), false, agreement(held, group), v_measure(held, group), intervals)


def v_measure(found: Ints, true: Ints) -> float:
    """Harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg, "V-measure", 2007).

    >>> v_measure(np.array([0, 0, 1, 1]), np.array([5, 5, 6, 6]))
    1.0
    """
    table = np.zeros((found.max() + 1, true.max() + 1))
    np.add.at(table, (found, true), 1)
    share = table / table.sum()

    def entropy(p: Matrix) -> float:
        p = p[p > 0]
        return float(-(p * np.log(p)).sum())

    of_found, of_true, both = entropy(share.sum(1)), entropy(share.sum(0)), entropy(share.ravel())
    homogeneous = 1 - (both - of_found) / of_true if of_true else 1.0
    complete = 1 - (both - of_true) / of_found if of_found else 1.0
    return 2 * homogeneous * complete / (homogeneous + complete) if homogeneous + complete else 0.0
