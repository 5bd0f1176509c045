from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ringleader.attribute import Model, fit, logit, null
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.features import MATCHING, NAMES
from ringleader.attribute.observation import View, examples, observations
from ringleader.errors import KnowledgeError
from ringleader.knowledge import BUILT_IN


def test_the_logit_finds_the_weights_that_made_the_choices() -> None:
    draw = np.random.default_rng(1)
    x = draw.normal(size=(3000, 6, 3))
    noise = draw.gumbel(size=(3000, 6))
    chosen = (x @ np.array([1.5, 0.0, -1.0]) + noise).argmax(1)
    found = logit.fit(x, np.ones((3000, 6), bool), chosen, bounded=2, penalty=0.01)
    assert found == pytest.approx([1.5, 0.0, -1.0], abs=0.15)
    held = logit.fit(x, np.ones((3000, 6), bool), chosen, bounded=3, penalty=0.01)
    assert held[2] == 0


def test_what_is_no_candidate_gets_nothing() -> None:
    shares = logit.softmax(np.array([[1.0, logit.OUT, 2.0]]))
    assert shares[0, 1] == 0
    assert shares.sum() == pytest.approx(1)


def test_the_temperature_cools_what_is_too_sure() -> None:
    draw = np.random.default_rng(2)
    true = draw.normal(size=(4000, 5))
    chosen = (true + draw.gumbel(size=true.shape)).argmax(1)
    assert logit.temperature(true * 2, chosen) == pytest.approx(2, rel=0.15)


@given(hnp.arrays(float, (4, 7), elements=st.floats(-50, 50)), st.integers(0, 6))
def test_signs_are_finite(scores: np.ndarray, out: int) -> None:
    scores[:, :out] = logit.OUT
    found = null.signs(scores, np.ones(4), np.zeros(4), np.zeros_like(scores))
    assert found.shape == (4, len(null.NAMES))
    assert np.isfinite(found).all()


def test_folds_never_share_a_group(corpus: Corpus) -> None:
    found = [e for view in (View(), View(software=False)) for e in examples(corpus, observations(corpus)[:60], view)]
    fold = fit.fold_of(found, 4)
    groups = np.array([example.group for example in found])
    for group in set(groups):
        assert len(set(fold[groups == group])) == 1


def test_the_temperature_and_the_null_never_see_weights_of_their_own_group(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(examples(corpus, observations(corpus)[:80], View()))
    seen: list[set[int]] = []
    plain = fit._weights
    monkeypatch.setattr(fit, "_weights", lambda part: (seen.append({e.group for e in part}), plain(part))[1])
    scored: list[int] = []
    score = fit._scores

    def spy(table, known, weights):  # type: ignore[no-untyped-def]
        owner = next(e for e in found if e.table is table or e.table_without is table)
        assert owner.group not in seen[-1]
        scored.append(owner.group)
        return score(table, known, weights)

    monkeypatch.setattr(fit, "_scores", spy)
    fit.train(found)
    assert len(scored) == 2 * len(found)


def test_with_next_to_nothing_the_answer_is_unknown(corpus: Corpus) -> None:
    model = fit.train([])
    _, unknown = model.probabilities(np.zeros((1, 3, len(NAMES))), np.ones((1, 3), bool), np.ones(1), np.zeros(1))
    assert unknown[0] > 0.99


def test_a_model_is_saved_and_read_back(tmp_path: Path) -> None:
    model = Model.load(BUILT_IN)
    model.save(tmp_path)
    again = Model.load(tmp_path)
    assert (again.weights == model.weights).all()
    assert (again.null == model.null).all()
    assert (model.weights[: len(MATCHING)] >= 0).all()
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(KnowledgeError):
        Model.load(tmp_path)


@pytest.mark.slow
def test_the_built_in_model_is_what_the_built_in_knowledge_gives(corpus: Corpus) -> None:
    fresh, kept = fit.fit(corpus), Model.load(BUILT_IN)
    assert fresh.fitted_on == kept.fitted_on
    np.testing.assert_allclose(fresh.weights, kept.weights, rtol=0.02, atol=0.02)
    np.testing.assert_allclose(fresh.null, kept.null, rtol=0.02, atol=0.02)
