"""``ringleader cluster`` and ``decide`` as people see them; hostile texts stay text."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner, Result

from ringleader import cli

sys.path.insert(0, str(Path(__file__).parent.parent / "cluster"))
from cluster_world import HERON, OTTER, write

runner = CliRunner()


def call(*arguments: object, code: int = 0) -> Result:
    done = runner.invoke(cli.app, list(map(str, arguments)))
    assert done.exit_code == code, done.output + repr(done.exception)
    return done


@pytest.fixture
def case(tmp_path: Path) -> Path:
    write(tmp_path / "case", {"heron-1": HERON, "otter-1": OTTER, "heron-2": HERON, "otter-2": OTTER})
    return tmp_path / "case"


def test_what_a_hunter_sees(case: Path, snapshot: SnapshotAssertion) -> None:
    """When it is meant to look otherwise: pytest --snapshot-update tests/cli, and read the difference."""
    assert call("cluster", case).stdout == snapshot


def test_json_has_everything(case: Path) -> None:
    told = json.loads(call("cluster", case, "--json").stdout)
    assert told["summary"]["campaigns"] == len(told["campaigns"]) == 2
    (overlap,) = told["overlaps"]
    assert {one["name"] for one in overlap["hypotheses"]["hypotheses"]} >= {"one-actor", "one-tasking"}
    assert overlap["contributions"][0]["reason"]


def test_several_cases_and_a_case_for_the_result(case: Path, tmp_path: Path) -> None:
    write(tmp_path / "b", {"heron-9": HERON})
    both = json.loads(call("cluster", case, tmp_path / "b", "--json").stdout)
    assert ["heron-1", "heron-2", "b:heron-9"] in [sorted(c["intrusion_ids"], key=len) for c in both["campaigns"]]
    call("cluster", case, "--out", tmp_path / "new", "--quiet")
    assert (tmp_path / "new" / "store" / "campaigns").is_dir()
    call("cluster", case, tmp_path / "b", "--out", tmp_path / "new", "--quiet")
    call("decide", tmp_path / "new", "different", "heron-1", "b:heron-9")
    apart = json.loads(call("cluster", case, tmp_path / "b", "--out", tmp_path / "new", "--json").stdout)
    assert not [c for c in apart["campaigns"] if {"heron-1", "b:heron-9"} <= set(c["intrusion_ids"])]
    call("cluster", case, case, code=2)
    call("cluster", case, tmp_path / "nothing", code=2)


def test_decide_lists_keeps_and_takes_back(case: Path) -> None:
    call("cluster", case)
    assert "no decisions" in call("decide", case).stdout
    call("decide", case, "different", "heron-1", "heron-2", "--note", "shift \x1b[31mlog", "--who", "ann")
    shown = call("decide", case).stdout
    assert "ann" in shown and "different" in shown and "\x1b" not in shown
    (made,) = json.loads(call("decide", case, "--json").stdout)
    assert made["note"] == "shift \x1b[31mlog"
    assert len(json.loads(call("cluster", case, "--json").stdout)["campaigns"]) == 3
    against = call("decide", case, "same", "heron-1", "heron-2", code=2)
    assert f"undo {made['decision_id']}" in against.stderr, "what is kept can be taken back, the new one cannot"
    call("decide", case, "undo", made["decision_id"])
    assert len(json.loads(call("cluster", case, "--json").stdout)["campaigns"]) == 2


@pytest.mark.parametrize(
    "arguments", [("maybe", "a", "b"), ("same",), ("same", "heron-1"), ("undo", "x"), ("split", "q")]
)
def test_decide_says_what_is_wrong(case: Path, arguments: tuple[str, ...]) -> None:
    call("cluster", case)
    assert call("decide", case, *arguments, code=2).stderr.startswith("error: ")


def test_hostile_values_stay_text(tmp_path: Path) -> None:
    bad = "\x1b]0;x\x07\u202e<b>[red]\nrar a -r -hp<secret> -m5 -v<number>m"
    shown = {**HERON, "command-template": [bad]}
    write(tmp_path, {"\x1b[31mone": shown, "two\u202e": shown})
    out = call("cluster", tmp_path, "--all").stdout
    assert not [c for c in out if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")]
