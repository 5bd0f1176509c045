"""Fitting the model on knowledge alone: observations are its own reports, folds never share a group."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import logit, null
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.features import MATCHING, NAMES
from ringleader.attribute.logit import OUT
from ringleader.attribute.model import Model
from ringleader.attribute.observation import Example, View, examples, observations

VIEWS = (View(), View(software=False), View(window=90), View(thinned=True))
"""In what views the built model sees each report: whole, techniques alone, without what else appeared then, thinned."""

FOLDS = 4
PENALTY = 5.0
FEWEST = 8
"""Groups with observations below which nothing can be fitted."""


def fit(corpus: Corpus, views: Sequence[View] = VIEWS) -> Model:
    """The model for a knowledge base. With too few observations it is one that always says ``unknown``."""
    found = observations(corpus)
    with one_thread():
        return train([item for view in views for item in examples(corpus, found, view)])


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra in one thread: on small matrices several wait for each other, and several processes the more."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)  # type: ignore[no-any-return]


def train(found: Sequence[Example], folds: int = FOLDS) -> Model:
    """Weights from all examples; temperature and null from examples whose group was not in the weights' folds."""
    groups = sorted({example.group for example in found if example.findable})
    if len(groups) < FEWEST:
        return Model(np.zeros(len(NAMES)), np.append(np.zeros(len(null.NAMES)), -10.0), 0)
    fold = fold_of(found, folds)
    held: list[Example] = []
    rows, rows_without = [], []
    for number in range(folds):
        inside = [e for e, f in zip(found, fold, strict=True) if f != number]
        outside = [e for e, f in zip(found, fold, strict=True) if f == number]
        weights = _weights(inside)
        held += outside
        rows += [_scores(e.table, e.known, weights) for e in outside]
        rows_without += [_scores(e.table_without, e.known_without, weights) for e in outside]
    scores, scores_without = np.array(rows), np.array(rows_without)
    findable = np.array([example.findable for example in held])
    chosen = np.array([example.group for example in held])
    heat = logit.temperature(scores[findable], chosen[findable])
    found_signs = [_signs(scores / heat, held, True), _signs(scores_without / heat, held, False)]
    known = np.concatenate([findable.astype(float), np.zeros(len(held))])
    return Model(_weights(found) / heat, null.fit(np.concatenate(found_signs), known), int(findable.sum()))


def fold_of(found: Sequence[Example], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """A fold for each example, the same for all of a group."""
    groups = sorted({example.group for example in found})
    drawn = np.random.default_rng(seed).permutation(len(groups)) % folds
    place = dict(zip(groups, drawn, strict=True))
    return np.array([place[example.group] for example in found])


def _weights(found: Sequence[Example]) -> NDArray[np.float64]:
    used = [example for example in found if example.findable]
    return logit.fit(
        np.stack([example.table for example in used]),
        np.stack([example.known for example in used]),
        np.array([example.group for example in used]),
        bounded=len(MATCHING),
        penalty=PENALTY,
    )


def _scores(table: NDArray[np.float64], known: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(known, table @ weights, OUT)


def _signs(scores: NDArray[np.float64], found: Sequence[Example], with_group: bool) -> NDArray[np.float64]:
    column = NAMES.index("report-both")
    likeness = [(e.table if with_group else e.table_without)[:, column] for e in found]
    techniques = np.array([e.techniques for e in found], float)
    software = np.array([e.software for e in found], float)
    return null.signs(scores, techniques, software, np.array(likeness))
