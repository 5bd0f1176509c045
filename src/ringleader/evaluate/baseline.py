"""Single scores, so that a reader sees what the method adds: Jaccard, TF-IDF and naive Bayes over techniques."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ringleader.attribute.corpus import Corpus, Ints, Standing
from ringleader.attribute.observation import Observation, View, removed

NAMES = ("Jaccard", "TF-IDF", "naive Bayes")


def top1(corpus: Corpus, found: Iterable[Observation]) -> dict[str, float]:
    """Share of observations whose group is first by each score, report held out; ties share the place."""
    hits: list[list[float]] = []
    for seen in found:
        standing = corpus.standing(*removed(corpus, seen, View()))
        if standing.known[seen.group]:
            hits.append([_first(score, seen.group) for score in scores(standing, seen.techniques)])
    return dict(zip(NAMES, np.array(hits).mean(0).tolist(), strict=True))


def scores(standing: Standing, techniques: Ints) -> list[np.ndarray]:
    """One array (G) for each of NAMES; groups that are not known get minus infinity."""
    uses = standing.technique.astype(float)
    size, holders, known = uses.sum(1), uses.sum(0), standing.known.sum()
    common = uses[:, techniques].sum(1)
    jaccard = common / np.maximum(size + len(techniques) - common, 1)
    idf = np.log((known + 1) / (holders + 1)) + 1
    norm = np.sqrt(uses @ idf**2) * np.sqrt((idf[techniques] ** 2).sum())
    cosine = uses[:, techniques] @ idf[techniques] ** 2 / np.maximum(norm, 1e-12)
    share = (holders + 0.5) / (holders + 0.5).sum()
    bayes = np.log((uses[:, techniques] + 20 * share[techniques]) / (size[:, None] + 20)).sum(1)
    return [np.where(standing.known, score, -np.inf) for score in (jaccard, cosine, bayes)]


def _first(score: np.ndarray, group: int) -> float:
    best = score == score.max()
    return float(best[group] / best.sum())
