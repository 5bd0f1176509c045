"""Nothing is tested by a model that could have seen it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from ringleader.attribute import Model, fit
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.observation import Example, View, examples, observations
from ringleader.evaluate import attribution, baseline, chart
from ringleader.evaluate.protocol import PROTOCOLS, Protocol, campaigns
from ringleader.knowledge import BUILT_IN, Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load()


@pytest.fixture(scope="module")
def corpus(knowledge: Knowledge) -> Corpus:
    return Corpus.of(knowledge)


class Spy:
    """Stands for training and for answering: remembers what each model was made of."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.model = Model.load(BUILT_IN)
        self.made: dict[int, Sequence[Example]] = {}
        self.models: list[Model] = []
        self.asked: list[tuple[Example, Sequence[Example]]] = []
        monkeypatch.setattr(attribution, "train", self.train)
        self.row = attribution._row
        monkeypatch.setattr(attribution, "_row", self.answer)

    def train(self, found: Sequence[Example]) -> Model:
        model = Model(self.model.weights, self.model.null)
        self.models.append(model)
        self.made[id(model)] = found
        return model

    def answer(self, case: Example, model: Model, *, erased: bool) -> attribution.Row:
        self.asked.append((case, self.made[id(model)]))
        return self.row(case, model, erased=erased)


def test_no_model_ever_saw_the_group_it_is_asked_about(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Spy(monkeypatch)
    found = list(examples(corpus, observations(corpus)[:60], View()))
    result = attribution._reports(PROTOCOLS[0], found, found)
    assert len(spy.asked) == 2 * result.found
    for case, training in spy.asked:
        assert training
        assert case.group not in {example.group for example in training}


def test_forward_in_time_no_model_saw_anything_later(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Spy(monkeypatch)
    [forward] = [protocol for protocol in PROTOCOLS if protocol.forward]
    assert all(view.past for view in (forward.view, *forward.training))
    found = list(examples(corpus, observations(corpus)[::5], forward.view))
    attribution._reports(forward, found, found)
    assert spy.asked
    for case, training in spy.asked:
        assert all(example.day < case.day for example in training)
        assert case.group not in {example.group for example in training}


def test_campaigns_are_held_out_with_all_their_reports(
    knowledge: Knowledge, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy(monkeypatch)
    [protocol] = [protocol for protocol in PROTOCOLS if protocol.campaigns]
    held, found = campaigns(knowledge, corpus), observations(corpus)
    result = attribution._campaigns(protocol, held, corpus, found, list(examples(corpus, found[:120], View())))
    assert result.found == 22
    assert (result.outcomes.group[~result.outcomes.present] == -1).all(), "the unknowns are the real ones"
    for _, training in spy.asked:
        cited = {report for example in training for report in found[example.number].reports}
        assert not cited & {report for seen in held for report in seen.reports}
    for seen in held:
        standing = corpus.standing(seen.reports)
        assert not standing.kept[np.isin(corpus.pair_report, seen.reports)].any()


def test_a_group_of_which_nothing_is_left_is_counted_apart(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    Spy(monkeypatch)
    found = list(examples(corpus, observations(corpus), View()))
    result = attribution._reports(PROTOCOLS[0], found, found)
    assert result.found + result.lost == len(found)
    assert result.lost == sum(not example.findable for example in found) > 0
    assert result.overall <= result.values["top1"]


def test_more_unknowns_in_the_stream_make_no_known_case_vanish(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    Spy(monkeypatch)
    found = list(examples(corpus, observations(corpus)[:60], View()))
    result = attribution._reports(PROTOCOLS[0], found, found)
    assert result.streams[0.5] == pytest.approx(result.values)
    assert result.streams[0.9]["top1"] == result.values["top1"]
    assert result.streams[0.9]["precision"] <= result.values["precision"] + 1e-9


def test_equal_scores_do_not_help_the_true_group() -> None:
    table = np.zeros((3, len(fit.NAMES)))
    case = Example(0, 1, 1, 1, 0, table, np.ones(3, np.bool_), table, np.ones(3, np.bool_))
    assert attribution._row(case, Model.load(BUILT_IN), erased=False)[2] == 2


def test_single_scores_by_hand(corpus: Corpus) -> None:
    standing = corpus.standing()
    techniques = np.flatnonzero(standing.technique[7])
    jaccard, _, _ = baseline.scores(standing, techniques)
    for group in np.flatnonzero(standing.known)[:20]:
        other = set(np.flatnonzero(standing.technique[group]))
        assert jaccard[group] == pytest.approx(len(other & set(techniques)) / len(other | set(techniques)))


def test_charts_are_plain_svg(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    import xml.etree.ElementTree as tree

    Spy(monkeypatch)
    found = list(examples(corpus, observations(corpus)[:60], View()))
    result = attribution._reports(Protocol("x", "a & b", View(), {}), found, found)
    for path in chart.write(attribution.Evaluation((result,), {}), tmp_path):  # type: ignore[arg-type]
        root = tree.fromstring(path.read_text())
        assert not [node for node in root.iter() if node.tag.endswith(("script", "image"))]
        assert path.stat().st_size < 60_000


@pytest.mark.slow
def test_the_figures_in_the_docs_are_what_it_gives(knowledge: Knowledge) -> None:
    from pathlib import Path

    page = (Path(__file__).parent.parent.parent / "docs" / "evaluation.md").read_text(encoding="utf-8")
    evaluation = attribution.evaluate(knowledge)
    for result in evaluation.results:
        # The page's first table of the protocols.
        line = next(line for line in page.splitlines() if line.startswith(f"| {result.protocol.what} "))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name, cell in zip(("top1", "top3", "auroc", "ece"), cells[2:], strict=False):
            written, value = float(cell.split()[0].strip("*")), result.values[name]
            assert math.isclose(written, value, abs_tol=0.01), (result.protocol.name, name)
