"""Order, and doing only what is new, on a store of real tables and stages that count how often they run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ringleader import pipeline
from ringleader.case import Case, parse
from ringleader.detect import stage as detect
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.pipeline import Run, Stage
from ringleader.schema import tables
from ringleader.schema.tlp import Tlp
from ringleader.store import Store


def test_each_stage_reads_only_what_an_earlier_one_wrote_or_the_user_gave() -> None:
    given = {"evidence files", "rules", "case", "knowledge", "decisions"}
    for stage in pipeline.STAGES:
        assert set(stage.reads) <= given, stage.name
        given |= set(stage.writes)


def test_every_table_is_written_by_a_stage() -> None:
    written = {name for stage in pipeline.STAGES for name in stage.writes}
    analysts = {"decisions"}
    assert set(tables.ALL) == written - {"reports"} | analysts


class Counting:
    """Stages in the shape of the real ones; ``detect`` writes one finding per row of ``events``."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.stages = (
            Stage("ingest", ("evidence files",), ("evidence", "events"), "reads", self._ingest),
            Stage("detect", ("events", "rules"), ("findings", "rejects"), "matches", self._detect),
            Stage("report", ("findings", "case"), ("reports",), "writes", self._report),
        )

    def _ingest(self, run: Run) -> Any:
        self.calls.append("ingest")
        if run.evidence:
            rows = [{"event_id": path.name, "kind": "web/iis"} for path in run.evidence]
            with run.store.transaction() as tx:
                tx.write("events", "web/iis/events", pa.Table.from_pylist(rows, tables.EVENTS))

    def _detect(self, run: Run) -> Any:
        self.calls.append("detect")
        rows = [{"finding_id": one} for one in run.store.read("events")["event_id"].to_pylist()]
        with run.store.transaction() as tx:
            tx.drop_table("findings")
            tx.write("findings", "findings", pa.Table.from_pylist(rows, tables.FINDINGS))
        return len(rows)

    def _report(self, run: Run) -> Any:
        self.calls.append("report")
        run.case.reports.mkdir(exist_ok=True)
        (run.case.reports / "report.html").write_text("x")


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    stages = Counting()
    monkeypatch.setattr(pipeline, "STAGES", stages.stages)
    yield stages


def run(tmp_path: Path, *evidence: str, rules: str = "title: a", case: str = "") -> Run:
    (tmp_path / "rules.yml").write_text(rules)
    return Run(
        case=Case(tmp_path, parse(case)),
        store=Store.open(tmp_path, create=True),
        engine=Local(1),
        progress=Silent(),
        evidence=[Path(name) for name in evidence],
        rules=[tmp_path / "rules.yml"],
    )


def hunted(counting: Counting, run: Run) -> list[str]:
    """Names of the stages that did something."""
    counting.calls.clear()
    outcomes = list(pipeline.hunt(run))
    assert [one.stage.name for one in outcomes] == ["ingest", "detect", "report"]
    assert [one.stage.name for one in outcomes if not one.skipped] == counting.calls
    return counting.calls


def test_nothing_new_nothing_done(tmp_path: Path, counting: Counting) -> None:
    assert hunted(counting, run(tmp_path, "a")) == ["ingest", "detect", "report"]
    assert hunted(counting, run(tmp_path)) == []
    assert hunted(counting, run(tmp_path, "a")) == ["ingest"]


def test_new_evidence_runs_all(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    assert hunted(counting, run(tmp_path, "b")) == ["ingest", "detect", "report"]


def test_other_rules_run_what_depends_on_them(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    # The findings come out the same, so the report stands.
    assert hunted(counting, run(tmp_path, rules="title: b")) == ["detect"]


def test_another_case_file_runs_the_report(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    assert hunted(counting, run(tmp_path, case='organisation.name = "Example"')) == ["report"]


def test_what_somebody_removed_is_made_again(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    (tmp_path / "reports" / "report.html").unlink()
    assert hunted(counting, run(tmp_path)) == ["report"]


def test_a_score_beside_the_report_is_no_reason_to_write_it_again(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    (tmp_path / "reports" / "score.json").write_text("{}")
    assert hunted(counting, run(tmp_path)) == []


def test_a_redacted_report_is_no_report(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    pipeline.perform(pipeline.STAGES[-1], replace(run(tmp_path), redact=True, marking=Tlp.CLEAR))
    assert hunted(counting, run(tmp_path)) == ["report"]
    assert pipeline.marking_before(tmp_path / "store") is None


def test_damaged_notes_cost_time_only(tmp_path: Path, counting: Counting) -> None:
    hunted(counting, run(tmp_path, "a"))
    (tmp_path / "store" / "stages.json").write_text("[")
    assert hunted(counting, run(tmp_path)) == ["ingest", "detect", "report"]
    assert run(tmp_path).store.rows("findings") == 1


def test_fingerprint_is_of_content(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "one.yml").write_text("1")
    (tmp_path / "b" / "other.yml").write_text("1")
    assert pipeline.fingerprint([tmp_path / "a"]) == pipeline.fingerprint([tmp_path / "b" / "other.yml"])
    (tmp_path / "a" / "two.yml").write_text("2")
    assert pipeline.fingerprint([tmp_path / "a"]) != pipeline.fingerprint([tmp_path / "b"])


def test_the_report_knows_the_unusable_rules_of_the_run_that_made_the_findings(tmp_path: Path) -> None:
    good = "title: x\nlogsource: {category: process_creation}\ndetection: {a: {b: c}, condition: a}\n"
    first = run(tmp_path, rules=good + "---\ntitle: broken\nlogsource: {category: process_creation}\ndetection: text\n")
    stages = {stage.name: stage for stage in pipeline.STAGES}
    assert detect.unusable(first.store) is None
    found = pipeline.perform(stages["detect"], first).summary.problems
    problems = detect.unusable(first.store)
    assert problems is not None
    assert [(p.path, p.line, p.code, p.message) for p in problems] == [
        (p.path, p.line, p.code, p.message) for p in found
    ]
    assert problems
    (row,) = first.store.read("rejects").to_pylist()
    assert row["detail"].startswith(f"{tmp_path / 'rules.yml'}:{problems[0].line}: ")
    other = run(tmp_path, rules=good)
    pipeline.perform(stages["report"], other)
    assert problems[0].code in (other.case.reports / "report.html").read_text(encoding="utf-8")
    pipeline.perform(stages["detect"], other)
    assert detect.unusable(other.store) == []
