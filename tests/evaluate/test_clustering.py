"""Clustering of reports: what a pair is scored with has not seen either group; measures are what they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ringleader.attribute.corpus import Corpus
from ringleader.attribute.observation import Observation, observations
from ringleader.evaluate.clustering import evaluate, pairs, scores, v_measure
from ringleader.knowledge import Knowledge


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.of(Knowledge.load())


def test_a_pair_does_not_see_what_its_own_groups_are_known_for(corpus: Corpus) -> None:
    found = observations(corpus)
    one = found[0]
    other = next(seen for seen in found if seen.group != one.group and set(seen.techniques) & set(one.techniques))
    before = pairs(corpus, [one, other])
    mine = np.isin(corpus.pair_group, [one.group, other.group])
    without = dataclasses.replace(
        corpus,
        own_technique=np.where(mine[:, None], True, corpus.own_technique),
        own_software=np.where(mine[:, None], True, corpus.own_software),
    )
    assert pairs(without, [one, other]) == pytest.approx(before)
    # What others are known for does count.
    all_have = dataclasses.replace(corpus, own_technique=np.ones_like(corpus.own_technique))
    assert pairs(all_have, [one, other])[0, 0] < before[0, 0]


def test_a_report_of_the_same_group_does_not_make_its_traits_common(corpus: Corpus) -> None:
    technique = np.array([3])
    seen = [Observation(7, (0,), technique, technique[:0], 0), Observation(7, (1,), technique, technique[:0], 0)]
    held = np.zeros_like(corpus.own_technique)
    assert pairs(dataclasses.replace(corpus, own_technique=held), seen)[0, 0] == pytest.approx(
        pairs(dataclasses.replace(corpus, own_technique=np.where(corpus.pair_group[:, None] == 7, True, held)), seen)[
            0, 0
        ]
    )


def test_scores_come_from_groups_in_other_folds() -> None:
    draw = np.random.default_rng(0)
    left, right = np.triu_indices(40, 1)
    group = np.repeat(np.arange(20), 2)
    features = draw.random((len(left), 3))
    same = group[left] == group[right]
    before = scores(features, same, group[left], group[right])
    # Labels of pairs with group 0 change: scores of pairs of group 0 with itself must not.
    touched = (group[left] == 0) | (group[right] == 0)
    after = scores(features, np.where(touched, ~same, same), group[left], group[right])
    own = (group[left] == 0) & (group[right] == 0)
    assert after[own] == pytest.approx(before[own])
    assert after[~touched] != pytest.approx(before[~touched])


def test_v_measure_of_extremes() -> None:
    true = np.array([0, 0, 1, 1, 2])
    assert v_measure(true, true) == pytest.approx(1)
    assert v_measure(np.zeros(5, np.int64), true) == pytest.approx(0)
    assert 0.5 < v_measure(np.arange(5), true) < 1


@pytest.mark.slow
def test_the_figures_of_the_page() -> None:
    found = evaluate(Knowledge.load())
    even, sure, alone = found.results
    assert alone.false == 0 and alone.agreement.pair_recall == 0
    assert even.agreement.bcubed_f1 > sure.agreement.bcubed_f1 > alone.agreement.bcubed_f1  # type: ignore[operator]
    assert sure.false <= 2 and found.ece < 0.01
