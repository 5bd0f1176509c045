"""The main job from end to end, on the evidence of ``make demo``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ringleader import cli
from ringleader.cli import summary
from ringleader.pipeline import STAGES
from ringleader.store import Store

runner = CliRunner()


def call(*arguments: object, code: int = 0) -> Result:
    done = runner.invoke(cli.app, list(map(str, arguments)))
    assert done.exit_code == code, done.output + repr(done.exception)
    return done


@pytest.fixture(scope="module")
def hunted(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    case = tmp_path_factory.mktemp("hunted") / "case"
    return case, call("hunt", case, demo)


def test_summary_says_what_was_read_and_found(hunted: tuple[Path, Result]) -> None:
    case, done = hunted
    assert "not read    2 (1 bad-json, 1 unknown-format)" in done.stdout
    assert "ex01" in done.stdout
    assert "dc01" in done.stdout
    assert str(case / "reports" / "report.html") in done.stdout
    assert (case / "reports" / "report.html").stat().st_size > 10_000


def test_demo_shows_the_way_from_mail_server_to_domain_controller(hunted: tuple[Path, Result]) -> None:
    intrusions = Store.open(hunted[0]).read("intrusions").sort_by([("score", "descending")]).to_pylist()
    assert intrusions[0]["hosts"][:2] == ["ex01.telco.example", "dc01.telco.example"]
    assert {"initial-access", "credential-access", "lateral-movement"} <= set(intrusions[0]["tactics"])


def test_every_event_is_stored_or_rejected(hunted: tuple[Path, Result], demo: Path) -> None:
    store = Store.open(hunted[0])
    rows = store.sql(
        "SELECT sum(records)::BIGINT AS records, sum(rejected)::BIGINT AS rejected FROM evidence"
    ).to_pylist()
    lines = (demo / "winlogbeat" / "dc01.ndjson").read_bytes().count(b"\n")
    dc = store.sql("SELECT records + rejected AS n FROM evidence WHERE path LIKE '%dc01.ndjson'").to_pylist()
    assert dc == [{"n": lines}]
    assert rows[0] == {"records": store.rows("events"), "rejected": 1}


def test_report_is_marked_and_names_nobody_where_asked(hunted: tuple[Path, Result]) -> None:
    case, _ = hunted
    done = call("report", case, "--tlp", "amber+strict", "--redact")
    assert str(case / "reports" / "report-redacted.html") in done.stdout
    told = (case / "reports" / "report-redacted.md").read_text(encoding="utf-8")
    assert told.startswith("**TLP:AMBER+STRICT**")
    assert "ex01" not in told and "telco.example" not in told
    assert "ex01.telco.example" in (case / "pseudonyms.json").read_text(encoding="utf-8")
    assert "TLP" not in (case / "reports" / "report.md").read_text(encoding="utf-8")
    call("report", case, "--tlp", "purple", code=2)
    call("report", case, "--tlp", "red", "--unmarked", code=2)
    for path in (case / "reports").glob("report-redacted.*"):
        path.unlink()
    call("report", case)


def test_a_marking_stays_until_it_is_taken_away(hunted: tuple[Path, Result]) -> None:
    case, _ = hunted

    def marked() -> bool:
        return "TLP:RED" in (case / "reports" / "report.md").read_text(encoding="utf-8")

    assert "TLP:RED" in call("report", case, "--tlp", "red").stdout
    call("hunt", case, "--timezone", "Asia/Tokyo")  # writes the report again
    assert marked() and "Asia/Tokyo" in (case / "reports" / "report.md").read_text(encoding="utf-8")
    call("report", case)
    assert marked()
    call("report", case, "--unmarked")
    assert not marked()
    call("hunt", case)
    assert not marked()


def test_second_hunt_does_nothing_and_says_so(hunted: tuple[Path, Result]) -> None:
    case, _ = hunted
    before = {path: path.read_bytes() for path in (case / "store").rglob("*.parquet")}
    again = call("hunt", case)
    assert f"Nothing new for: {', '.join(one.name for one in STAGES)}" in again.stderr
    assert {path: path.read_bytes() for path in (case / "store").rglob("*.parquet")} == before


def test_same_evidence_again_is_not_counted_twice(hunted: tuple[Path, Result], demo: Path) -> None:
    case, _ = hunted
    rows = Store.open(case).rows("events")
    again = call("hunt", case, demo)
    assert Store.open(case).rows("events") == rows
    assert f"Nothing new for: {', '.join(one.name for one in STAGES[1:])}" in again.stderr


def test_json_for_machines(hunted: tuple[Path, Result]) -> None:
    done = call("hunt", hunted[0], "--json")
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["evidence"]["events"] > 8000
    assert answer["findings"]["critical"] > 0
    assert list(answer["stages"]) == [one.name for one in STAGES]
    assert answer["report"].endswith("report.html")


def test_quiet_says_nothing_beside_the_result(hunted: tuple[Path, Result]) -> None:
    assert call("hunt", hunted[0], "--quiet").stderr == ""


def test_status_and_verify(hunted: tuple[Path, Result]) -> None:
    case, _ = hunted
    told = call("status", case, "--timezone", "Asia/Kuala_Lumpur").stdout
    for word in ("exchange/httpproxy", "windows/sysmon/1", "dc01.telco.example", "bad-json", "unknown-format", "+0800"):
        assert word in told
    assert json.loads(call("status", case, "--json").stdout)["kinds"]
    assert "0 differences" in call("verify", case).stdout


def test_status_tells_what_is_lost_from_what_is_only_noted(tmp_path: Path) -> None:
    event = '{"EventID": 1, "Channel": "Security", "@timestamp": "2021-03-04T02:00:00Z"}\n'
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(event)
    call("ingest", tmp_path / "case", tmp_path / "a.json", tmp_path / "b.json")
    lost, _, noted = call("status", tmp_path / "case").stdout.partition("Noted")
    assert "all that was given was read" in lost
    assert "duplicate" in noted and "duplicate" not in lost
    (tmp_path / "a.json").write_text(event + "{\n")
    call("ingest", tmp_path / "case", tmp_path / "a.json")
    lost, _, noted = call("status", tmp_path / "case").stdout.partition("Noted")
    assert "bad-json" in lost and "duplicate" in noted


def test_verify_finds_a_changed_table(demo: Path, tmp_path: Path) -> None:
    call("ingest", tmp_path / "case", demo / "exchange")
    table = next((tmp_path / "case" / "store" / "events").rglob("*.parquet"))
    table.write_bytes(table.read_bytes()[:-1] + b"\0")
    assert "changed" in call("verify", tmp_path / "case", code=7).stdout


def test_detect_check_agrees_with_the_oracle(hunted: tuple[Path, Result]) -> None:
    call("detect", hunted[0], "--check")


def test_evidence_that_nobody_can_read(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\x00\x01nothing")
    done = call("hunt", tmp_path / "case", tmp_path / "noise", code=4)
    assert "could be read: " in done.stderr
    assert "unknown-format" in done.stderr.split("try:")[0]
    assert [path.name for path in tmp_path.iterdir()] == ["noise"]


def test_a_case_that_was_there_stays_when_evidence_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\x00\x01nothing")
    call("init", tmp_path / "case")
    call("hunt", tmp_path / "case", tmp_path / "noise", code=4)
    assert (tmp_path / "case" / "ringleader.toml").exists()


def test_link_says_what_is_left_as_leads(hunted: tuple[Path, Result]) -> None:
    done = call("link", hunted[0])
    assert "leads       " in done.stdout
    rows = Store.open(hunted[0])
    more = rows.rows("intrusions") > summary.TOP
    assert ("more in the report" in done.stdout) == more
    answer = json.loads(call("link", hunted[0], "--json").stdout)
    assert sum(answer["leads"].values()) == rows.rows("findings") - rows.rows("steps")


def test_scan_and_hunt_find_the_same(hunted: tuple[Path, Result], demo: Path) -> None:
    scanned = call("scan", demo, "--min-level", "informational", "-f", "jsonl").stdout.splitlines()
    found = Store.open(hunted[0]).read("findings", ["rule_id", "kind", "time"]).to_pylist()
    left = sorted((row["rule_id"], row["time"].isoformat()) for row in found)
    assert sorted((row["rule_id"], row["time"]) for row in map(json.loads, scanned)) == left


@pytest.mark.slow
def test_ctrl_c_and_on(hunted: tuple[Path, Result], demo: Path, tmp_path: Path) -> None:
    """A real interrupt at several moments; the same command then ends with the same tables."""
    # Python's own start can be interrupted by nobody but Python: the first moment is when ours is loaded.
    start = "from ringleader.cli import main; print('ready', flush=True); main()"
    command = [sys.executable, "-c", start, "hunt", str(tmp_path / "case"), str(demo)]
    for delay in (0.05, 0.35, 0.75):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, talk = process.communicate(timeout=200)
        # Under -c, interrupted inside an exec (imports make dataclasses by one), CPython ends by the signal,
        # also when the interrupt was caught: to a shell that is 130 as well.
        assert process.returncode in (cli.INTERRUPTED, -signal.SIGINT, 0), talk.decode()
        assert b"Traceback" not in talk
    subprocess.run(command, check=True, capture_output=True)
    question = "SELECT * EXCLUDE (path) FROM evidence ORDER BY evidence_id"
    ours, theirs = Store.open(tmp_path / "case"), Store.open(hunted[0])
    assert ours.sql(question).equals(theirs.sql(question))
    for table in ("findings", "intrusions", "steps"):
        assert [entry.sha256 for entry in ours.entries(table)] == [entry.sha256 for entry in theirs.entries(table)]


RULE = """
title: Anything by W3WP
id: 5e2d6b1e-9f5c-4f6a-8a55-0c3f7f2a1d10
logsource: {product: windows, category: process_creation}
detection: {selection: {ParentImage|endswith: w3wp.exe}, condition: selection}
level: low
"""


def test_rules_of_the_last_run_are_used_again(demo: Path, tmp_path: Path) -> None:
    case, rules = tmp_path / "case", tmp_path / "own.yml"
    rules.write_text(RULE, encoding="utf-8")
    call("hunt", case, demo, "--rules", rules)
    assert "Anything by W3WP" in titles(case)
    again = call("hunt", case)
    assert "Rules as in the last run" in again.stderr and "Nothing new for" in again.stderr
    call("detect", case)
    assert "Anything by W3WP" in titles(case)
    call("hunt", case, "--rules", "builtin")
    assert "Anything by W3WP" not in titles(case)
    call("hunt", case, "--rules", rules)
    rules.unlink()
    assert "rules of the last run are gone" in call("hunt", case, code=2).stderr
    call("report", case)


def titles(case: Path) -> set[str]:
    return set(Store.open(case).read("findings", ["rule_title"])["rule_title"].to_pylist())


def test_what_a_stage_could_not_do_is_said(hunted: tuple[Path, Result], tmp_path: Path) -> None:
    case, _ = hunted
    broken = tmp_path / "broken.yml"
    broken.write_text("title: x\nlogsource: {product: windows}\ndetection: {a: {B|nosuch: c}, condition: a}\n")
    case = shutil.copytree(case, tmp_path / "case")
    said = call("detect", case, "--rules", broken, "--check").stderr
    assert "1 rule cannot be used" in said and "reference matcher confirms" in said
