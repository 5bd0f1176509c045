from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ringleader import cli
from ringleader.cli.scan import inert

runner = CliRunner()

# One rule that matches what the events below say, so that hostile values reach the output.
RULE = """
title: "=cmd|' /C calc'!A0 \\e[31m"
logsource: {product: windows, service: sysmon}
detection:
  any: {EventID: 1}
  condition: any
level: high
"""


def scan(*arguments: object) -> Result:
    done = runner.invoke(cli.app, ["scan", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Evidence and rule whose texts attack terminals and spreadsheets."""
    event = {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Hostname": "=HYPERLINK(1)",
        "SourceName": "Microsoft-Windows-Sysmon",
        "UtcTime": "2021-03-04 02:00:00.000",
        "User": "@SUM(1)\x1b[2J\u202e",
        "Image": "C:\\a.exe",
    }
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "a.json").write_text(json.dumps(event) + "\n")
    (tmp_path / "rule.yml").write_text(RULE)
    return tmp_path


@pytest.mark.parametrize("shape", ["table", "csv", "jsonl"])
def test_nothing_in_evidence_or_rules_reaches_the_terminal(hostile: Path, shape: str) -> None:
    done = scan(hostile / "evidence", "--no-builtin", "-r", hostile / "rule.yml", "-f", shape)
    assert done.exit_code == 0
    assert "1 finding: 1 high" in done.stderr
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output


def test_no_cell_of_csv_is_a_formula(hostile: Path) -> None:
    done = scan(hostile / "evidence", "--no-builtin", "-r", hostile / "rule.yml", "-f", "csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell[:1] in "=+-@\t\r" and cell]
    assert rows[1][rows[0].index("rule")].startswith("'=cmd")


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_inert(value: str) -> None:
    assert inert(value).startswith("'")
    assert inert("a" + value)[0] == "a"


def test_formats_agree(demo: Path) -> None:
    lines = [json.loads(line) for line in scan(demo, "-f", "jsonl").stdout.splitlines()]
    rows = list(csv.DictReader(io.StringIO(scan(demo, "-f", "csv").stdout)))
    table = scan(demo).stdout.splitlines()
    assert len(lines) == len(rows) == len(table) - 1 > 20
    assert [line["event_id"] for line in lines] == [row["event_id"] for row in rows]


def test_levels_are_counted_and_left_out(demo: Path) -> None:
    every = scan(demo, "--min-level", "informational", "-f", "jsonl").stdout.splitlines()
    grave = scan(demo, "--min-level", "critical", "-f", "jsonl").stdout.splitlines()
    assert 0 < len(grave) < len(every)
    assert {json.loads(line)["level"] for line in grave} == {"critical"}
    assert set(grave) <= set(every)


def test_workers_do_not_change_the_answer(demo: Path) -> None:
    assert scan(demo, "-f", "csv", "-w", 1).stdout == scan(demo, "-f", "csv", "-w", 3).stdout


def test_output_appears_when_complete(demo: Path, tmp_path: Path) -> None:
    done = scan(demo, "-f", "csv", "-o", tmp_path / "out.csv")
    assert done.stdout == ""
    assert (tmp_path / "out.csv").read_text().startswith("time,level,rule")
    assert scan(demo, "-o", tmp_path / "nowhere" / "out.csv").exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_nothing_but_damage_is_an_error(tmp_path: Path) -> None:
    whole = '{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\\\a.exe"}'
    (tmp_path / "damaged.json").write_text(whole[:-9] + "\n" + whole[:-9] + "\n")
    done = scan(tmp_path, "-o", tmp_path / "out.csv", "-f", "csv")
    assert done.exit_code == 4
    assert "2 x bad-json" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_what_could_not_be_read_is_told(demo: Path) -> None:
    told = scan(demo).stderr
    assert "1 x bad-json" in told
    assert re.search(r"not read: 1 x unknown-format, such as in \S*/", told)
    assert scan(demo, "--quiet").stderr == ""


def test_a_folder_is_no_place_to_write_to_which_is_told_at_once(demo: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, "."):
        done = scan(demo, "-o", folder)
        assert done.exit_code == 2
        assert f"{folder} is a folder" in done.stderr
        assert "events" not in done.stderr


def test_rules_that_cannot_be_used_are_told(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("title: no log source\ndetection: {a: {b: c}, condition: a}")
    done = scan(demo, "--rules", tmp_path / "bad.yml")
    assert done.exit_code == 0
    assert re.search(r"not used: 1 of the rules, such as \S+bad.yml:\d+: .*; see: ringleader rules check", done.stderr)
