"""export, share and taxii as a user meets them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringleader import cli

sys.path.insert(0, str(Path(__file__).parent.parent / "export"))
import exported

runner = CliRunner()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("case")
    exported.case(root)
    return root


def run(*arguments: object) -> Result:
    done = runner.invoke(cli.app, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_formats_are_listed_without_a_case() -> None:
    done = run("export", "--list")
    assert done.exit_code == 0
    for name in ("stix", "misp", "navigator", "timesketch-csv", "timesketch-jsonl", "csv", "sigma", "blocklist"):
        assert f"\n{name} " in done.stdout
    assert len(json.loads(run("export", "--list", "--json").stdout)) == 8


def test_a_format_lands_in_the_cases_reports(case: Path) -> None:
    done = run("export", case, "navigator", "--tlp", "amber+strict")
    assert done.exit_code == 0
    path = case / "reports" / "export.navigator.json"
    assert str(path) in done.stdout and "TLP:AMBER+STRICT" in done.stdout
    assert json.loads(path.read_text(encoding="utf-8"))[0]["description"].startswith("TLP:AMBER+STRICT")


def test_stdout_is_only_the_export(case: Path) -> None:
    done = run("export", case, "stix", "-o", "-")
    assert json.loads(done.stdout)["type"] == "bundle"


def test_names_are_left_out_unless_asked_for(case: Path) -> None:
    assert "ex01" not in run("export", case, "stix", "-o", "-").stdout
    assert "ex01" in run("export", case, "stix", "-o", "-", "--with-victims").stdout
    assert "ex01" in run("export", case, "csv", "-o", "-").stdout
    assert "ex01" not in run("export", case, "csv", "-o", "-", "--redact").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a case"),
        (("CASE",), "name a case"),
        (("CASE", "pdf"), "no format is called"),
        (("CASE", "csv", "--redact", "--with-victims"), "contradict"),
        (("CASE", "csv", "-o", "FOLDER"), "is a folder"),
    ],
)
def test_wrong_calls_say_what_to_do(arguments: tuple[str, ...], said: str, case: Path, tmp_path: Path) -> None:
    named = {"CASE": case, "FOLDER": tmp_path}
    done = run("export", *[named.get(word, word) for word in arguments])
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_later_time_is_written(case: Path) -> None:
    done = run("export", case, "stix", "-o", "-", "--as-of", "2030-01-02T03:04:05")
    assert "2030-01-02T03:04:05.000Z" in done.stdout


def test_share_says_what_stays(case: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 32)
    done = run("share", case, "-o", tmp_path / "p.json", "--hash-key-file", tmp_path / "key")
    assert done.exit_code == 0
    assert "hashed with key" in done.stdout and "host-hour" in done.stdout
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["hashed"]
    data = json.loads(run("share", case, "-o", tmp_path / "p.json", "--json").stdout)
    assert data["intrusions"] == 3 and data["left_out"]


def test_share_refuses_a_bad_key(case: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short")
    done = run("share", case, "--hash-key-file", tmp_path / "key")
    assert done.exit_code == 2 and "too short" in done.stderr
    assert not (case / "reports" / "profiles.json").exists()


def test_taxii_takes_no_password_on_the_command_line(case: Path) -> None:
    done = run("taxii", "push", case, "https://me:secret@ti.example/r/collections/c/")
    assert done.exit_code == 2
    assert "secret" not in done.output and "RINGLEADER_TAXII_PASSWORD" in done.stderr


def test_a_server_that_is_not_there_has_its_exit_code(tmp_path: Path) -> None:
    done = run("taxii", "pull", "http://127.0.0.1:9/r/collections/c/", "-o", tmp_path / "b.json")
    assert done.exit_code == 9
    assert not (tmp_path / "b.json").exists()


def test_an_export_is_marked_no_less_than_the_report(case: Path) -> None:
    run("report", case, "--tlp", "red")
    assert "TLP:RED" in run("export", case, "navigator", "-o", "-").stdout
    assert "TLP:GREEN" in run("export", case, "navigator", "-o", "-", "--tlp", "green").stdout
    run("report", case, "--tlp", "clear")
    assert "TLP:AMBER" in run("export", case, "navigator", "-o", "-").stdout
