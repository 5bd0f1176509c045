from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringleader import cli

sys.path.insert(0, str(Path(__file__).parent.parent / "knowledge"))
from bundle import bundle

runner = CliRunner()
TRAITS = "T1505.003,T1003.001,S0020,S0040,T1190"


def run(*arguments: object) -> Result:
    done = runner.invoke(cli.app, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_json_has_candidates_with_reasons() -> None:
    data = json.loads(run("attribute", "--traits", TRAITS, "--json").stdout)
    candidates = data["candidates"]
    assert sum(c["probability"] for c in candidates) == pytest.approx(1)
    assert {"id", "name", "probability", "verdict", "contributions"} <= set(candidates[0])
    assert "unknown" in {c["id"] for c in candidates}
    assert {"kind", "value", "weight", "reason"} == set(candidates[0]["contributions"][0])


def test_text_shows_all_that_must_always_be_shown() -> None:
    text = run("attribute", "--traits", TRAITS).stdout
    for part in ("verdict", "probability", "Confidence in the evidence is", "Candidates", "unknown", "Why ",
                 "all technique", "all software", "were planted", "Look for next"):  # fmt: skip
        assert part in text, part
    assert text.count("Why ") == 2, "the runner-up has its waterfall too"


def test_what_is_not_known_is_said() -> None:
    done = run("attribute", "--traits", "T1505.003,T9999")
    assert "T9999" in done.stderr
    assert run("attribute", "--traits", "T9999").exit_code == 2


def test_hostile_traits_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("T1505.003,\x1b[2Jx\u202e\n")
    assert "\x1b" not in run("attribute", "--traits", tmp_path / "t").output


def test_own_knowledge_has_its_own_model(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(bundle()))
    assert run("knowledge", "build", tmp_path / "bundle.json", "--out", tmp_path / "k").exit_code == 0
    done = run("attribute", "--traits", "T1001,S0001", "--knowledge", tmp_path / "k", "--json")
    candidates = json.loads(done.stdout)["candidates"]
    assert {c["id"] for c in candidates} == {"G0001", "G0002", "unknown"}
    assert candidates[0]["id"] == "unknown", "there is nothing to fit a model on"
    assert "too few reports" in done.stderr
    (tmp_path / "k" / "model.json").unlink()
    assert run("attribute", "--traits", "T1001", "--knowledge", tmp_path / "k").exit_code == 8


@pytest.mark.slow
def test_the_answer_comes_in_two_seconds() -> None:
    def once() -> float:
        start = time.perf_counter()
        run("attribute", "--traits", TRAITS)
        return time.perf_counter() - start

    assert min(once() for _ in range(3)) < 2
