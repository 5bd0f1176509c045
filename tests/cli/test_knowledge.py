from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringleader import cli

sys.path.insert(0, str(Path(__file__).parent.parent / "knowledge"))
from bundle import bundle

runner = CliRunner()


def run(*arguments: object) -> Result:
    done = runner.invoke(cli.app, ["knowledge", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_show_names_relations_and_reports() -> None:
    text = run("show", "gallium").stdout
    assert "GALLIUM (G0093, group)" in text
    assert "Cybereason Soft Cell June 2019 (2019-06-25)" in text
    [entry] = json.loads(run("show", "GALLIUM", "--json").stdout)
    assert entry["id"] == "G0093"
    assert "S0020" in {row["id"] for row in entry["related"]["software"]}


def test_show_says_where_sources_disagree() -> None:
    assert "sources do not agree" in run("show", "Salt Typhoon").stdout


def test_list_by_technique_and_software() -> None:
    rows = json.loads(run("list", "--technique", "T1505.003", "--json").stdout)
    assert "G0093" in {row["id"] for row in rows}
    both = json.loads(run("list", "--technique", "T1505.003", "--software", "China Chopper", "--json").stdout)
    assert {row["id"] for row in both} < {row["id"] for row in rows}
    assert "T1505.003" in run("list", "--kind", "technique").stdout


@pytest.mark.parametrize(
    "arguments", [("show", "nobody at all"), ("list", "--technique", "S0020"), ("list", "--technique", "T0")]
)
def test_wrong_names_are_wrong_use(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_build_replaces_the_knowledge(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(bundle()))
    done = run("build", tmp_path / "bundle.json", "--out", tmp_path / "made", "--json")
    assert json.loads(done.stdout)["kinds"]["group"] == 2
    [entry] = json.loads(run("show", "red fox", "--knowledge", tmp_path / "made", "--json").stdout)
    assert entry["id"] == "G0001"
    assert run("show", "red fox", "--knowledge", tmp_path).exit_code == 8
    assert run("build", tmp_path / "none.json", "--out", tmp_path / "made").exit_code == 8
