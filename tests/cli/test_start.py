"""What every call goes through: start, help, errors and how a run ends."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ringleader import __version__, cli, errors, pipeline
from ringleader.cli import screen
from ringleader.detect.ruleset import BUILTIN

runner = CliRunner()


def verbs() -> list[list[str]]:
    root: Any = typer.main.get_command(cli.app)
    found: list[list[str]] = []
    for name, command in root.commands.items():
        found += [[name, inner] for inner in command.commands] if hasattr(command, "commands") else [[name]]
    return found


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_explains_itself(verb: list[str]) -> None:
    done = runner.invoke(cli.app, [*verb, "--help"])
    assert done.exit_code == 0
    assert "Usage: " in done.output


def test_stages_are_verbs_in_their_order() -> None:
    names = [verb[0] for verb in verbs()]
    stages = [stage.name for stage in pipeline.STAGES]
    assert [name for name in names if name in stages] == stages


def test_version() -> None:
    assert runner.invoke(cli.app, ["--version"]).stdout == f"ringleader {__version__}\n"


def test_start_imports_nothing_heavy() -> None:
    heavy = {"pyarrow", "numpy", "duckdb", "sigma", "pydantic", "evtx", "altair", "jinja2", "yaml", "re2", "msgspec"}
    code = f"import sys, ringleader.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_scan_imports_nothing_for_tables() -> None:
    heavy = {"pyarrow", "numpy", "duckdb", "sigma", "pydantic"}
    code = f"import sys, ringleader.scan.work; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["status", "nowhere"], 3, "ringleader init nowhere"),
        (["status", "nowhere"], 3, "ringleader hunt nowhere EVIDENCE..."),
        (["hunt", "nowhere"], 3, "ringleader init nowhere"),
        (["hunt", "nowhere"], 3, "ringleader hunt nowhere EVIDENCE..."),
        (["hunt", "case", "things"], 4, "things/file: "),
        (["init", "things/file"], 2, "things/file is a file; a case is a folder"),
        (["scan", "things/file"], 4, "none of the evidence could be read"),
        (["scan", "things/file", "--timezone", ""], 2, "no time zone is called"),
        (["rules", "check", "things"], 5, "there is no Sigma rule in things"),
        (["rules", "check", "nowhere.yml"], 2, "no rules at nowhere.yml"),
        (["ingest", "case"], 2, "ingest [OPTIONS] CASE EVIDENCE..."),
        (["hunt", "case", "things", "--rules", "missing.zip"], 2, "no rules at missing.zip"),
        (["hunt", "case", "things", "--no-builtin"], 2, "no rules to use"),
        (["hunt", "case", "things", "--timezone", "Mars/Olympus"], 2, "Mars/Olympus"),
        (["hunt", "things", "things"], 2, "name a case before the evidence"),
        (["hunt", "things/file", "things"], 2, "name a case before the evidence"),
        (["hunt", "case", "typo"], 2, "no evidence at typo"),
        (["scan", "typo"], 2, "no evidence at typo"),
        (["rules", "check", "bad.yml"], 7, "cannot be used"),
        (["nothing"], 2, "No such command"),
        (["ingest", "case"], 2, "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_told_on_stderr(
    arguments: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "file").write_text("x")
    (tmp_path / "bad.yml").write_text(
        "title: x\nlogsource: {category: webserver}\ndetection: {a: {b|nothing: c}, condition: a}\n"
    )
    done = runner.invoke(cli.app, arguments)
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert not list(tmp_path.rglob("ringleader.toml"))
    assert not (tmp_path / "case").exists()


def _raising(problem: BaseException) -> Any:
    def verb(*_: object, **__: object) -> None:
        raise problem

    return verb


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.RingleaderError)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not errors.ConfigError])
def test_each_error_has_its_exit_code_and_shows_its_hint(
    kind: type[errors.RingleaderError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringleader.case.Case.create", _raising(kind("it \x1b[31mbroke", hint="mend \u202eit")))
    done = runner.invoke(cli.app, ["init", "case"])
    assert done.exit_code == kind.exit_code
    assert done.stdout == ""
    assert done.stderr == "error: it \\x1b[31mbroke\n  try: mend \\u202eit\n"


def test_ctrl_c_says_that_the_run_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringleader.case.Case.create", _raising(KeyboardInterrupt()))
    done = runner.invoke(cli.app, ["init", "case"])
    assert done.exit_code == cli.INTERRUPTED
    assert "same command goes on" in done.stderr


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m ringleader rules list --json | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout in (f"{cli.BROKEN_PIPE}\n", "0\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a shell that closes a stream")
def test_a_stdout_that_is_closed_is_no_error() -> None:
    command = f"{sys.executable} -m ringleader rules list --no-builtin --rules {BUILTIN} >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_quiet_does_not_stick() -> None:
    runner.invoke(cli.app, ["status", "nowhere", "--quiet"])
    runner.invoke(cli.app, ["status", "nowhere"])
    assert screen.quiet is False


def test_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "ringleader", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ringleader {__version__}\n"


def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "case/store")
    monkeypatch.setattr("ringleader.case.Case.create", _raising(full))
    done = runner.invoke(cli.app, ["init", "case"])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: case/store: No space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("verb", ["rules list", "rules list --json"])
def test_output_that_cannot_be_written_is_told(verb: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m ringleader {verb} > /dev/full"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
