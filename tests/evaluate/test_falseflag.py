"""What is planted is another group's, rare, and not in the report; nobody answers who could have seen either group."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from typer.testing import CliRunner

from ringleader import cli
from ringleader.attribute import Model
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.observation import Example, View, observations, removed
from ringleader.evaluate import falseflag
from ringleader.knowledge import BUILT_IN, Knowledge

runner = CliRunner()


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.of(Knowledge.load())


def test_what_is_planted_is_the_other_groups_alone(corpus: Corpus) -> None:
    groups = list(range(len(corpus.groups)))
    planted = 0
    for row, case in enumerate(observations(corpus)[:40]):
        standing = corpus.standing(*removed(corpus, case, View()))
        drawn = falseflag._planted(standing, case, groups, np.random.default_rng(row))
        assert drawn is not None
        other, tool, techniques = drawn
        assert other != case.group
        assert standing.software[other, tool] and not standing.software[case.group, tool]
        assert 1 <= standing.software_holders[tool] <= falseflag.RARE
        assert not set(techniques) & set(case.techniques)
        assert standing.technique[other, techniques].all()
        assert len(techniques) == max(falseflag.TECHNIQUES)
        planted += 1
    assert planted


def test_grades_are_those_that_they_say(corpus: Corpus) -> None:
    case = observations(corpus)[0]
    tempering = falseflag.Tempering("x", "A2", "A3", "D5")
    evidence = falseflag._evidence(case, tempering, 7, np.array([3, 4]))
    assert evidence.techniques[-2:].tolist() == [3, 4] and evidence.software[-1] == 7
    assert evidence.software_trust[-1] == pytest.approx(0.035)
    assert set(evidence.technique_trust) == {0.85}
    plain = falseflag._evidence(case, tempering, None, np.array([], np.int64))
    assert plain.software.tolist() == case.software.tolist()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[set[int]]]:
    """Few reports, and a model that is not fitted."""
    every = falseflag.observations
    learnt: dict[str, list[set[int]]] = {"trained": [], "asked": []}

    def train(found: Sequence[Example]) -> Model:
        learnt["trained"].append({one.group for one in found})
        return Model.load(BUILT_IN)

    real = falseflag._planted

    def planted(standing, case, groups, draw):  # type: ignore[no-untyped-def]
        drawn = real(standing, case, groups, draw)
        if drawn is not None:
            learnt["asked"].append({case.group, drawn[0]})
            assert not learnt["trained"][-1] & {case.group, drawn[0]}
        return drawn

    monkeypatch.setattr(falseflag, "observations", lambda corpus: every(corpus)[::7])
    monkeypatch.setattr(falseflag, "VIEWS", (View(),))
    monkeypatch.setattr(falseflag, "train", train)
    monkeypatch.setattr(falseflag, "_planted", planted)
    return learnt


def test_figures_as_json_and_as_text(quick: dict[str, list[set[int]]]) -> None:
    done = runner.invoke(cli.app, ["evaluate", "falseflag", "--json"])
    assert done.exit_code == 0, done.output
    rates = json.loads(done.stdout)["rates"]
    assert quick["asked"]
    assert len(rates) == len(falseflag.TEMPERINGS) * (1 + len(falseflag.TECHNIQUES))
    plain = {r["techniques"]: r for r in rates if r["tempering"] == falseflag.TEMPERINGS[0].name}
    doubted = {r["techniques"]: r for r in rates if r["tempering"] == falseflag.TEMPERINGS[-1].name}
    assert plain[None]["among_groups"] <= plain[0]["among_groups"] <= plain[6]["among_groups"]
    assert plain[6]["among_groups"] > doubted[6]["among_groups"]
    text = runner.invoke(cli.app, ["evaluate", "falseflag"]).stdout
    assert "a rare tool, 6 techniques" in text
