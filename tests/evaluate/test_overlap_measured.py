"""Strangers are told from one actor by what was fitted to other groups alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ringleader import cli
from ringleader.attribute.corpus import Corpus
from ringleader.errors import KnowledgeError
from ringleader.evaluate import overlap
from ringleader.knowledge import Knowledge

runner = CliRunner()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.of(Knowledge.load())


def test_no_report_is_shown_of_two_groups(corpus: Corpus) -> None:
    pairs = overlap._usable(corpus)
    reports = corpus.pair_report[pairs]
    assert len(np.unique(reports)) == len(reports)
    assert set(np.bincount(corpus.pair_report)[reports]) == {1}


def test_halves_of_a_group_share_no_report_and_are_in_order_of_time(corpus: Corpus) -> None:
    halves = list(overlap._halves(corpus))
    assert len(halves) > 100
    for earlier, later in zip(halves[::2], halves[1::2], strict=True):
        assert earlier.group == later.group
    assert len({one.group for one in halves}) == len(halves) / 2


def test_nothing_is_fitted_to_a_group_that_is_tested(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list(overlap._halves(corpus))[:40]
    fitted: list[tuple[set[int], set[str]]] = []
    asked: list[tuple[int, str]] = []
    real, made = overlap._fit, overlap.Null.of.__func__  # type: ignore[attr-defined]

    def fit(corpus: Corpus, seen: list[overlap.Shown], *more: object) -> overlap.Null:
        null = real(corpus, seen, *more)  # type: ignore[arg-type]
        fitted.append(({one.group for one in seen}, {profile.name for profile in margins[-1]}))
        return null

    margins: list[list[overlap.Profile]] = []

    def of(cls: type, profiles: list[overlap.Profile], *more: object, **named: object) -> overlap.Null:
        margins.append(profiles)
        return made(cls, profiles, *more, **named)  # type: ignore[no-any-return]

    def p_values(null: overlap.Null, a: overlap.Profile, b: overlap.Profile, corpus: Corpus) -> list[float]:
        asked.extend((len(fitted) - 1, one.name) for one in (a, b))
        return [0.5] * len(overlap.METHODS)

    monkeypatch.setattr(overlap, "_fit", fit)
    monkeypatch.setattr(overlap.Null, "of", classmethod(of))
    monkeypatch.setattr(overlap, "_p_values", p_values)
    monkeypatch.setattr(overlap, "PAIRS", 40)
    overlap._measured("halves", "", corpus, shown)
    assert len(fitted) == overlap.FOLDS
    assert len(asked) > 80
    for number, name in asked:
        learnt, known = fitted[number]
        assert corpus.groups.index(name) not in learnt
        assert name not in known
        assert len(known) > 100


def test_rates_are_shares_and_a_pair_counts_as_often_as_both_groups_are_drawn() -> None:
    who = np.array([[0, 1], [1, 2], [0, 2]])
    own = np.array([[0, 0], [1, 1], [1, 1], [2, 2]])
    rates = overlap._rates("m", np.array([0.0, 0.5, 0.02, 0.0005]), own, np.array([0.5, 0.005, 0.9]), who)
    assert rates.size == {0.05: 1 / 3, 0.01: 1 / 3, 0.001: 0.0}
    assert rates.power == {0.05: 0.75, 0.01: 0.5, 0.001: 0.5}
    assert rates.power_by_group[0.05] == pytest.approx((1 + 0.5 + 1) / 3)
    assert rates.size_interval[0.001] == (0.0, 0.0)
    assert rates.power_interval[0.05][0] < 0.75 < rates.power_interval[0.05][1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pairs, and of each group its first reports."""
    every = overlap._reports
    monkeypatch.setattr(overlap, "_reports", lambda corpus: list(every(corpus))[::6])
    monkeypatch.setattr(overlap, "_halves", lambda corpus: list(every(corpus))[:40])
    monkeypatch.setattr(overlap, "PAIRS", 40)


@pytest.mark.usefixtures("quick")
def test_figures_as_text_and_as_json(tmp_path: Path) -> None:
    done = runner.invoke(cli.app, ["evaluate", "overlap", "--json", "--charts", str(tmp_path)])
    assert done.exit_code == 0, done.stderr
    reports, halves = json.loads(done.stdout)["protocols"]
    assert (reports["name"], halves["name"]) == ("reports", "halves")
    assert [one["method"] for one in reports["methods"]] == list(overlap.METHODS)
    assert 0 <= reports["methods"][0]["size"]["0.01"]["share"] < reports["methods"][3]["size"]["0.01"]["share"]
    assert {path.name for path in tmp_path.iterdir()} == {"overlap-reports.svg", "overlap-halves.svg"}
    assert "hypergeometric" in (tmp_path / "overlap-reports.svg").read_text()
    text = runner.invoke(cli.app, ["evaluate", "overlap"]).stdout
    assert "strangers called alike" in text
    assert "wanted" in text


def test_too_little_knowledge_is_refused(corpus: Corpus) -> None:
    with pytest.raises(KnowledgeError):
        overlap._measured("reports", "", corpus, list(overlap._reports(corpus))[:3])
