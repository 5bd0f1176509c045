from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringleader import cli
from ringleader.attribute.observation import View
from ringleader.evaluate import attribution
from ringleader.evaluate.protocol import Protocol

runner = CliRunner()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One protocol, on every eighth report."""
    every = attribution.observations
    monkeypatch.setattr(attribution, "observations", lambda corpus: every(corpus)[::8])
    one = Protocol("held-out", "report held out", View(), {"top1": 0.0, "ece": 0.0}, (View(),))
    monkeypatch.setattr(attribution.evaluate, "__defaults__", ((one,), lambda _: None))


@pytest.mark.usefixtures("quick")
def test_figures_as_text_and_as_json(tmp_path: Path) -> None:
    done = runner.invoke(cli.app, ["evaluate", "attribution", "--json", "--charts", str(tmp_path)])
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    [result] = data["protocols"]
    assert 0 < result["measures"]["top1"] <= 1
    assert set(data["baselines"]) == {"Jaccard", "TF-IDF", "naive Bayes"}
    assert {path.name for path in tmp_path.iterdir()} == {"reliability.svg", "coverage.svg"}
    text = runner.invoke(cli.app, ["evaluate", "attribution"]).stdout
    assert "met" in text
    assert "above" in text, "a bar that is not reached is shown as well"
