"""What speaks for each group, as a dozen numbers per group: matches, the best single report, and size.

A match is :func:`ringleader.compare.contribution.shared`, for all groups at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute.corpus import Corpus, Floats, Ints, Standing
from ringleader.compare.background import UNSEEN
from ringleader.compare.contribution import shared

Matrix = NDArray[np.float64]

MATCHING = (
    "technique",  # sum of log-likelihood ratios of shared techniques
    "fresh",  # the same, of techniques that no observed tool implies
    "parent",  # techniques of which the group is known for the parent or a sibling only
    "credited",  # techniques that the group is known for only through its software
    "software",  # sum of log-likelihood ratios of shared software
    "unique",  # shared software that no other group uses
    "rare",  # shared software that one other group uses
    "report-technique",  # likeness (idf cosine) to the group's most similar report, by techniques
    "report-software",  # the same, by software
    "report-both",  # the same, by both at once
    "report-overlap",  # likeness (weighted Jaccard, software three times) to the most similar report
)
"""Features that speak for a group when they grow: their weights are held at zero or above."""

SIZE = (
    "technique-size",  # the part of the Dirichlet likelihood that depends on the profile's size alone
    "software-size",
    "techniques",  # log of the number of techniques of the profile
    "reports",  # log of the number of reports
)
"""So that a group does not win, or lose, because much is written about it. Their weights may have either sign."""

NAMES = MATCHING + SIZE
PRIOR_SIZE = 50.0
SOFTWARE_PRIOR_SIZE = 10.0
SOFTWARE_COUNTS = 3.0
UNSEEN_ITEMS = 4.0
"""Added to the union of a report and the evidence: one technique is not the same operation as a report that names just
that one. Chosen over none by cross-validation on the first two protocols of evaluation."""
UNSEEN_TECHNIQUES = 2.0
UNSEEN_SOFTWARE = 2 / 3
"""The same for each side of a cosine, in average items of its kind."""


@dataclass(frozen=True)
class Evidence:
    """Rows of techniques and software of the corpus, each with its trust between 0 and 1."""

    techniques: Ints
    software: Ints
    technique_trust: Matrix
    software_trust: Matrix

    @classmethod
    def of(cls, techniques: Sequence[int] | Ints, software: Sequence[int] | Ints) -> Evidence:
        """Evidence that is fully trusted."""
        t, s = np.asarray(techniques, np.int64), np.asarray(software, np.int64)
        return cls(t, s, np.ones(len(t)), np.ones(len(s)))

    def only(self, techniques: NDArray[np.bool_], software: NDArray[np.bool_]) -> Evidence:
        """The part of it that the masks keep."""
        return Evidence(
            self.techniques[techniques],
            self.software[software],
            self.technique_trust[techniques],
            self.software_trust[software],
        )

    def faded(self, factor: float) -> Evidence:
        """Every technique's trust times ``factor``."""
        return Evidence(self.techniques, self.software, self.technique_trust * factor, self.software_trust)

    @property
    def size(self) -> int:
        return len(self.techniques) + len(self.software)

    @property
    def worth(self) -> tuple[float, float]:
        """How many techniques, and how much software, this is by trust: ten that are real with one chance in ten are
        one."""
        return float(self.technique_trust.sum()), float(self.software_trust.sum())


@dataclass(frozen=True)
class Matches:
    """The features before they are summed. G groups, t techniques and s software of the evidence, P pairs."""

    technique: Matrix  # G x t
    fresh: Matrix  # G x t
    parent: Matrix  # G x t
    credited: Matrix  # G x t
    software: Matrix  # G x s
    unique: Matrix  # G x s
    rare: Matrix  # G x s
    by_report: Matrix  # P x 4, in the order of the last four of MATCHING
    size: Matrix  # G x 4, in the order of SIZE

    def table(self, corpus: Corpus) -> Matrix:
        """G x K, columns as in NAMES."""
        per_item = (self.technique, self.fresh, self.parent, self.credited, self.software, self.unique, self.rare)
        summed = [part.sum(1) for part in per_item]
        return np.column_stack([*summed, best_by_group(corpus, self.by_report), self.size])


def table(standing: Standing, evidence: Evidence) -> Matrix:
    """G x K: the features of every group, known or not. Columns as in NAMES."""
    return matches(standing, evidence).table(standing.corpus)


def matches(standing: Standing, evidence: Evidence) -> Matches:
    """Everything that the features are sums or maxima of."""
    t, s = evidence.techniques, evidence.software
    known = float(standing.known.sum())
    technique = shared(
        standing.technique[:, t].astype(float), _share(standing.technique_holders)[t], evidence.technique_trust
    )
    software = shared(
        standing.software[:, s].astype(float), _share(standing.software_holders)[s], evidence.software_trust
    )
    has, uses = standing.technique[:, t] > 0, standing.software[:, s] > 0
    implied = (standing.implied_reports[s][:, t] > 0).any(0)
    through = standing.software @ (standing.implied_reports[:, t] > 0).astype(np.float32) > 0
    parent = standing.corpus.parent
    family = standing.family
    kin = family[:, parent[t]] > 0
    holders = standing.software_holders[s]
    return Matches(
        technique=technique,
        fresh=technique * ~implied,
        parent=(kin & ~has) * evidence.technique_trust * _rarity(known, family.sum(0)[parent[t]]),
        credited=(through & ~has) * evidence.technique_trust * _rarity(known, through.sum(0)),
        software=software,
        unique=(uses & (holders == 1)) * evidence.software_trust,
        rare=(uses & (holders == 2)) * evidence.software_trust,
        by_report=_reports(standing, evidence, known),
        size=np.column_stack(
            [
                -evidence.worth[0] * np.log1p(standing.technique.sum(1) / PRIOR_SIZE),
                -evidence.worth[1] * np.log1p(standing.software.sum(1) / SOFTWARE_PRIOR_SIZE),
                np.log1p(standing.technique.sum(1)),
                np.log1p(standing.reports),
            ]
        ).astype(float),
    )


def best_by_group(corpus: Corpus, pairs: Matrix) -> Matrix:
    """G x n: each group's greatest value among its pairs (P x n), 0 for groups without a pair."""
    found = np.zeros((len(corpus.groups), pairs.shape[1]))
    # Pairs are in order of groups.
    present, starts = np.unique(corpus.pair_group, return_index=True)
    if len(present):
        found[present] = np.maximum.reduceat(pairs, starts, axis=0)
    return found


def _reports(standing: Standing, evidence: Evidence, known: float) -> Matrix:
    """P x 4: likeness of the evidence to each report, 0 for those that do not stand."""
    corpus, t, s = standing.corpus, evidence.techniques, evidence.software
    technique_weight = _rarity(known, standing.technique_holders) ** 2
    software_weight = _rarity(known, standing.software_holders) ** 2
    # What is hardly believed is hardly there: it neither matches nor makes the evidence larger.
    ours_t = technique_weight[t] @ evidence.technique_trust
    ours_s = software_weight[s] @ evidence.software_trust
    theirs_t, theirs_s = _norms(corpus.pair_technique, technique_weight), _norms(corpus.pair_software, software_weight)
    more_t = UNSEEN_TECHNIQUES * _average(technique_weight, standing.technique_holders)
    more_s = UNSEEN_SOFTWARE * _average(software_weight, standing.software_holders)
    hit_t, hit_s = corpus.pair_technique[:, t], corpus.pair_software[:, s]
    both_t = hit_t @ (technique_weight[t] * evidence.technique_trust)
    both_s = hit_s @ (software_weight[s] * evidence.software_trust)
    common = hit_t @ evidence.technique_trust + SOFTWARE_COUNTS * (hit_s @ evidence.software_trust)
    either = (
        evidence.worth[0] + SOFTWARE_COUNTS * evidence.worth[1]
        + corpus.pair_technique.sum(1) + SOFTWARE_COUNTS * corpus.pair_software.sum(1)
        - common
    )  # fmt: skip
    found = np.column_stack(
        [
            _ratio(both_t, np.sqrt((theirs_t + more_t) * (ours_t + more_t))),
            _ratio(both_s, np.sqrt((theirs_s + more_s) * (ours_s + more_s))),
            _ratio(both_t + both_s, np.sqrt((theirs_t + theirs_s + more_t) * (ours_t + ours_s + more_t))),
            _ratio(common, either + UNSEEN_ITEMS),
        ]
    )
    return found * standing.kept[:, None]


def _average(weight: Matrix, holders: Floats) -> float:
    """Of what groups use, each as often as it is used."""
    return float(weight @ holders / max(float(holders.sum()), 1.0))


def _norms(pairs: Floats, weight: Matrix) -> Matrix:
    return (pairs @ weight.astype(np.float32)).astype(float)


def _ratio(above: Matrix, below: Matrix) -> Matrix:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def _share(holders: Floats) -> Matrix:
    """As :meth:`ringleader.compare.background.Background.share`, for all values of a kind."""
    smoothed = holders.astype(float) + UNSEEN
    return smoothed / smoothed.sum()  # type: ignore[no-any-return]


def _rarity(known: float, holders: NDArray[np.floating] | NDArray[np.integer]) -> Matrix:
    """Inverse document frequency: minus log of the share of groups that have it, smoothed; never negative."""
    return np.log((known + 1) / (np.minimum(holders, known) + UNSEEN))  # type: ignore[no-any-return]
