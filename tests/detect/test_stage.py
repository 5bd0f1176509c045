"""The stage over stored events: the same findings as ``scan``, confirmed by the oracle, whole after any kill."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringleader.detect import ruleset
from ringleader.detect import stage as detect
from ringleader.engines import Engine, Failure, Local
from ringleader.engines.progress import Silent
from ringleader.ingest import run as ingest
from ringleader.scan import scan
from ringleader.schema import tables
from ringleader.store import Store

RULES = [ruleset.BUILTIN]
KILLS = 30
SEED = 20261124


@pytest.fixture(scope="module")
def case(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stage") / "case"
    store = Store.open(folder, create=True)
    ingest.ingest(store, [demo], engine=Local(workers=2), progress=Silent())
    detect.run(store, RULES, engine=Local(workers=2))
    return folder


def found(folder: Path) -> list[dict[str, object]]:
    return Store.open(folder).read("findings").to_pylist()


def test_scan_finds_what_the_stage_finds(case: Path, demo: Path) -> None:
    ids = {row["evidence_id"]: row["path"] for row in Store.open(case).read("evidence").to_pylist()}

    def key(path: str, event_id: str, rule: str, values: dict[str, str], *rest: object) -> tuple[object, ...]:
        return path, int(event_id.rpartition("-")[2].rpartition("#")[2]), rule, tuple(sorted(values.items())), *rest

    stored = Counter(
        key(
            ids[row["evidence_id"]], row["event_id"], row["rule_id"], dict(row["values"]), row["detector"],
            row["kind"], row["host"], row["account"], row["time"] and int(row["time"].timestamp() * 1e6),
        )
        for row in found(case)
    )  # fmt: skip
    scanned = Counter(
        key(
            f.evidence_id, f.event_id, f.rule.id, f.values, f.detector,
            f.kind, f.host, f.account, f.time,
        )
        for f in scan([demo], RULES, engine=Local(workers=1))
    )  # fmt: skip
    assert scanned == stored
    assert len(stored) > 20


def test_the_oracle_confirms_the_kernel(case: Path) -> None:
    summary = detect.run(Store.open(case), RULES, engine=Local(workers=2), check=True)
    assert summary.checked is not None
    assert summary.checked > 1_000


def test_running_again_gives_the_same_bytes(case: Path) -> None:
    before = [(entry.path, entry.sha256) for entry in Store.open(case).entries("findings")]
    detect.run(Store.open(case), RULES, engine=Local(workers=1))
    assert [(entry.path, entry.sha256) for entry in Store.open(case).entries("findings")] == before


class Failing:
    """An engine whose every unit dies."""

    workers = 1

    def prepare(self, opened: object, argument: str) -> None: ...

    def map(self, kernel: object, units: Iterator[object], **_: object) -> Iterator[tuple[object, Failure]]:
        for unit in units:
            yield unit, Failure("died", "killed by signal 9")


def test_files_that_cannot_be_matched_are_named(case: Path) -> None:
    engine: Engine = Failing()  # type: ignore[assignment]
    summary = detect.run(Store.open(case), RULES, engine=engine)
    assert summary.findings == 0
    assert summary.failures
    rejects = Store.open(case).read("rejects").to_pylist()
    assert [row["code"] for row in rejects if row["stage"] == "detect"] == ["not-matched"] * len(summary.failures)
    detect.run(Store.open(case), RULES, engine=Local(workers=2))
    assert not [row for row in Store.open(case).read("rejects").to_pylist() if row["stage"] == "detect"]


def test_a_kill_at_any_moment_leaves_the_old_findings_or_the_new(case: Path) -> None:
    """The findings of one rule set replace those of another; killed at random moments, either is there as a whole."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom ringleader.detect import stage as detect\n"
        "from ringleader.engines import Local\n"
        "from ringleader.store import Store\n"
        "if __name__ == '__main__':\n"
        "    detect.run(Store.open(Path(sys.argv[1])), [Path(sys.argv[2])], engine=Local(workers=1))\n"
    )
    some = ruleset.BUILTIN / "credentials"
    detect.run(Store.open(case), [some], engine=Local(workers=1))
    fewer = found(case)
    start = time.monotonic()
    detect.run(Store.open(case), RULES, engine=Local(workers=1))
    length = time.monotonic() - start + 0.5
    whole = found(case)
    assert len(fewer) < len(whole)
    moments = random.Random(SEED)
    for number in range(KILLS):
        rules = some if number % 2 else ruleset.BUILTIN
        child = subprocess.Popen([sys.executable, "-c", code, str(case), str(rules)], start_new_session=True)
        time.sleep(moments.uniform(0.2, length))
        child.send_signal(signal.SIGKILL)
        child.wait()
        now = found(case)
        assert now in (fewer, whole), f"kill {number}: {len(now)} findings"
        assert {item.code for item in Store.open(case).verify()} <= {"stray"}  # the next writer sweeps it away
    detect.run(Store.open(case), RULES, engine=Local(workers=1))
    assert found(case) == whole
    assert Store.open(case).verify() == []


def test_findings_fit_their_schema(case: Path) -> None:
    table = Store.open(case).read("findings")
    assert table.schema.equals(tables.FINDINGS)
    assert table["finding_id"].to_pylist() == list(dict.fromkeys(table["finding_id"].to_pylist()))
