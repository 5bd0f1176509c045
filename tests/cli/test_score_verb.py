"""``ringleader score``: text, JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import judged
import pytest
from typer.testing import CliRunner, Result

from ringleader import cli
from ringleader.case import Case
from ringleader.scenario import truth as truths

runner = CliRunner()


def score(*arguments: object) -> Result:
    done = runner.invoke(cli.app, ["score", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def case(tmp_path: Path) -> Path:
    found = [
        judged.finding("a", (judged.event(0), 0, ["T1505.003"])),
        judged.finding("b", (judged.event(2), 1, [])),
        judged.finding("d", (judged.event(6), 3, []), rule_title="a\x1b[2Jb\u202e"),
        judged.finding("x", ("ffffffffffffffff-0", 3, []), rule_title="c\x1b[2Jd\u202e", level="low"),
    ]
    judged.store(Case.create(tmp_path / "case").root, found, {"i1": ["a"], "i2": ["b", "d", "x"]})
    return tmp_path / "case"


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    whole = judged.truth()
    truths.write(tmp_path / "truth" / "alpha", whole.story, whole.lines)
    return tmp_path / "truth" / "alpha"


def test_text_has_every_section(case: Path, truth: Path) -> None:
    done = score(case, truth)
    assert done.exit_code == 0, done.output
    text = done.stdout
    assert "alpha, synthetic, scale tiny, seed 7, actors not coordinated" in text
    for said in (
        "never named: T1003, T1003.001, T1078",
        "lines of actors: 3 of 8 have a finding, recall 0.375",
        "merged: i2 of cobra, mole, 3 findings",
        "split: cobra cobra-1 in 2, the largest holds 0.500",
        "not yet: no stage has written the table campaigns",
        f"kept in     {case / 'reports' / 'score.json'}",
    ):
        assert said in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_json_is_what_is_kept(case: Path, truth: Path) -> None:
    done = score(case, truth.parent, "--json", "--quiet")
    assert done.exit_code == 0
    assert done.stderr == ""
    kept = json.loads((case / "reports" / "score.json").read_text(encoding="utf-8"))
    assert json.loads(done.stdout) == kept
    assert kept["sections"]["techniques"]["figures"]["everything"]["found"] == 3


def test_every_section_has_a_table() -> None:
    from ringleader.cli import figures
    from ringleader.scenario.score import SECTIONS

    assert list(figures._SECTIONS) == [section.name for section in SECTIONS]


def test_sections_of_later_stages_are_shown(case: Path, truth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa

    from ringleader.schema import tables
    from ringleader.store import Store

    rows = {
        "campaigns": [{"campaign_id": "c1", "intrusion_ids": ["i1", "i2"]}],
        "attributions": [{"campaign_id": "c1", "candidate": "G0093", "probability": 0.75}],
        "assessments": [{"subject_kind": "intrusion", "subject_id": "i1", "aspect": "re-entry", "data": "{}"}],
    }
    with Store.open(case).transaction() as tx:
        for name, content in rows.items():
            made = pa.Table.from_pylist(content)
            monkeypatch.setitem(tables.ALL, name, made.schema)
            tx.write(name, "test", made)
    text = score(case, truth).stdout
    assert "not yet" not in text
    assert "1 campaign, 0 false merges" in text
    assert "imitating a group: 1, first 1.000" in text
    assert "re-entries" in text


def test_errors_have_their_code_and_a_hint(case: Path, truth: Path, tmp_path: Path) -> None:
    for arguments, code, said in (
        ((tmp_path / "nowhere", truth), 3, "ringleader init"),
        ((case, tmp_path / "nowhere"), 2, "there is no truth in"),
        ((case,), 2, "TRUTH"),
    ):
        done = score(*arguments)
        assert done.exit_code == code
        assert said in done.stderr
    (truth / truths.STORY).write_text("{}", encoding="utf-8")
    done = score(case, truth)
    assert (done.exit_code, "story.json: " in done.stderr, "try: " in done.stderr) == (2, True, True)
    assert not (case / "reports" / "score.json").exists()
