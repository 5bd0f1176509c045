"""``ringleader show``: the story on the terminal, as JSON, with hostile texts, and its errors."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from made import Made, tale
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from ringleader import cli, profile

runner = CliRunner()
SOURCE = "aa11bb22cc33dd44"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    store, config = tale().store(tmp_path)
    # The numbers as they are: a key that is another for each case would make another page each time.
    profile.run(store, tmp_path, config, clear_subscribers=True)
    return tmp_path


def test_the_story(case: Path, snapshot: SnapshotAssertion) -> None:
    """When the page is meant to look otherwise: pytest --snapshot-update tests/cli/test_show.py, and read the diff."""
    done = runner.invoke(cli.app, ["show", str(case), "aa11"])
    assert done.exit_code == 0, done.output
    assert done.stdout == snapshot


def test_without_an_intrusion_all_are_listed(case: Path) -> None:
    done = runner.invoke(cli.app, ["show", str(case)])
    assert done.exit_code == 0 and "aa11" in done.stdout
    listed = json.loads(runner.invoke(cli.app, ["show", str(case), "--json"]).stdout)
    assert [row["intrusion_id"][:4] for row in listed] == ["aa11", "aa99"]


def test_everything_is_more(case: Path) -> None:
    some = runner.invoke(cli.app, ["show", str(case), "aa11"]).stdout
    everything = runner.invoke(cli.app, ["show", str(case), "aa11", "--all"]).stdout
    assert "and 1 more" in some and "more" not in everything.split("Traits:")[1]
    assert "c:\\windows\\system32\\cmd.exe" in everything


def test_times_in_another_zone(case: Path) -> None:
    done = runner.invoke(cli.app, ["show", str(case), "aa11", "--timezone", "Asia/Kuala_Lumpur"])
    assert "2026-03-02 09:00:00 +0800" in done.stdout


def test_json_is_the_story(case: Path) -> None:
    told = json.loads(runner.invoke(cli.app, ["show", str(case), "aa11", "--json"]).stdout)
    assert told["intrusion_id"] == SOURCE and told["weakest"]["weight"] == 2.25
    assert {"entry", "phases", "hosts", "accounts", "touched", "traits"} <= set(told)
    assert any(one["kind"] == "archive-habit" and one["findings"] == ["f0000003"] for one in told["traits"])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("aa", "2 intrusions begin with aa"), ("zz", "no intrusion is called zz"), ("\x1b[31m", "no intrusion is called")],
)
def test_errors_say_what_to_try(case: Path, wanted: str, said: str) -> None:
    done = runner.invoke(cli.app, ["show", str(case), wanted])
    assert done.exit_code == 2 and not done.stdout
    assert said in done.stderr and SOURCE in done.stderr and "\x1b[31m" not in done.stderr


def test_no_text_of_evidence_reaches_the_terminal_as_it_is(tmp_path: Path) -> None:
    made = Made()
    odd = "\x1b[2J\x9b31m\u202e\r\n\x00"
    made.step(
        "i1", "windows/sysmon/1", 0, f"host{odd}", f"rule{odd}", technique=f"T{odd}", tactic=f"tactic{odd}",
        account=f"a\\b{odd}", Image=f"C:\\Temp\\{odd}.exe", CommandLine=f"x {odd} --y {odd}", Hashes=odd,
    )  # fmt: skip
    made.step("i1", "windows/system/7045", 1, f"h{odd}", "r", ServiceName=odd + "s", join=("f0000000", odd, odd, 1.0))
    store, config = made.store(tmp_path)
    profile.run(store, tmp_path, config)
    for more in ([], ["--all"]):
        done = runner.invoke(cli.app, ["show", str(tmp_path), "i1", *more])
        assert done.exit_code == 0, done.output
        wrong = {char for char in done.stdout if unicodedata.category(char) in ("Cc", "Cf", "Cs")} - {"\n"}
        assert not wrong
    json.loads(runner.invoke(cli.app, ["show", str(tmp_path), "i1", "--json"]).stdout)


def test_profile_is_a_verb(case: Path) -> None:
    done = runner.invoke(cli.app, ["profile", str(case)])
    assert done.exit_code == 0 and done.stdout.startswith("traits ")
    hidden = json.loads(runner.invoke(cli.app, ["profile", str(case), "--json"]).stdout)
    assert hidden["traits"]["subscriber"] == 3 and hidden["stages"]["profile"]["summary"]["intrusions"] == 2
