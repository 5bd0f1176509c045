"""What to look for next: techniques whose presence or absence would tell most between the groups that are left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute.corpus import Standing
from ringleader.attribute.features import Evidence

MOST = 8


@dataclass(frozen=True)
class Lead:
    """``gain`` is the expected information in nats; ``group`` the leading group that is best known for it."""

    technique: str
    gain: float
    group: str
    seen_in: int
    of: int


def leads(standing: Standing, evidence: Evidence, shares: NDArray[np.float64]) -> list[Lead]:
    """The most telling techniques that are not in the evidence, best first. ``shares`` (G) weigh the groups.

    The gain is the mutual information of the group and the technique's presence (Lindley, "On a measure of the
    information provided by an experiment", 1956), where a group shows a technique as often as its reports name it.
    """
    total = float(shares.sum())
    if total <= 0:
        return []
    weight = shares / total
    reports = standing.reports[:, None].astype(float)
    common = (standing.technique_reports.sum(0) + 0.5) / (reports.sum() + 1)
    shown = (standing.technique_reports + 2 * common) / (reports + 2)
    gain = _entropy(weight @ shown) - weight @ _entropy(shown)
    gain[evidence.techniques] = -1
    found = []
    for row in np.argsort(-gain, kind="stable")[:MOST]:
        group = int(np.argmax(weight * shown[:, row]))
        seen = int(standing.technique_reports[group, row])
        if gain[row] > 0 and seen:
            corpus = standing.corpus
            of = int(standing.reports[group])
            found.append(Lead(corpus.techniques[row], float(gain[row]), corpus.groups[group], seen, of))
    return found


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -(p * np.log(p) + (1 - p) * np.log(1 - p))
