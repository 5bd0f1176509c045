"""Stories as a whole: the same bytes however they are told, evidence that the readers take, truth that fits it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from stories import setup, told

from ringleader import case
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.errors import UsageError
from ringleader.ingest import run as ingest
from ringleader.scenario import simulate, truth
from ringleader.store import Store

DATED = "year-from-file-time"
"""Syslog stamps have no year: the time of the archive's member tells it, and that is said."""


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    one = setup(3, days=9)
    told(tmp_path / "one", one, workers=1)
    told(tmp_path / "three", one, workers=3)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "three")


def test_another_seed_is_another_story(tmp_path: Path) -> None:
    told(tmp_path / "a", setup(3, days=8))
    told(tmp_path / "b", setup(4, days=8))
    a, b = _bytes(tmp_path / "a"), _bytes(tmp_path / "b")
    assert not {name for name in a if name in b and a[name] == b[name]}


def test_every_record_is_read(tiny: Path, tmp_path: Path) -> None:
    case_folder = tiny / "alpha" / "case"
    case.Case.open(case_folder)  # its file has no mistakes
    store = Store.open(tmp_path / "case", create=True)
    summary = ingest.ingest(store, [tiny / "alpha" / "evidence"], engine=Local(2), progress=Silent())
    assert set(summary.rejected) <= {DATED}
    assert summary.records < 100_000
    lines = truth.read(tiny / "truth" / "alpha").lines
    store.refresh()
    known = set(store.read("events", ["event_id"])["event_id"].to_pylist())
    assert not [line for line in lines if line.event_id not in known]


def test_truth_points_at_the_lines_that_it_means(tiny: Path) -> None:
    found = truth.read(tiny / "truth" / "alpha")
    files: dict[str, list[bytes]] = {}
    for line in found.lines:
        if line.path not in files:
            raw = (tiny / "alpha" / "evidence" / line.path).read_bytes()
            files[line.path] = (gzip.decompress(raw) if line.path.endswith(".gz") else raw).split(b"\n")
        text = files[line.path][line.line - 1]
        offset = sum(len(each) + 1 for each in files[line.path][: line.line - 1])
        assert int(line.event_id.split("-")[1]) == offset
        if line.path.startswith("windows/"):
            # Clocks may be wrong by an hour and a half, and what a deed leaves elsewhere comes with it.
            assert abs(datetime.fromisoformat(json.loads(text)["@timestamp"]) - line.time) < timedelta(hours=2)


def test_every_actor_takes_part_and_steps_leave_lines(tiny: Path) -> None:
    found = truth.read(tiny / "truth" / "alpha")
    assert {actor.id for actor in found.story.actors} == {path.stem for path in ACTORS.glob("*.yml")}
    steps = {(a.id, i.id, s.step) for a in found.story.actors for i in a.intrusions for s in i.steps}
    lines = Counter((line.actor, line.intrusion, line.step) for line in found.lines)
    assert set(lines) <= steps
    assert len(lines) > 0.9 * len(steps)  # some hosts have no sensor
    heron = next(actor for actor in found.story.actors if actor.id == "tin-heron")
    assert len(heron.intrusions) == 4
    assert [item.left for item in heron.persistence].count(True) >= 1
    assert heron.subscribers


ACTORS = Path(str(files("ringleader.scenario").joinpath("data/actors")))


def test_coordination_changes_nothing_but_times_and_targets() -> None:
    def story(coordinated: bool) -> tuple[Counter[str], dict[str, list[str]], list[int]]:
        _, plot = simulate._stage(setup(5, coordinated=coordinated))
        visits = [visit for visits in plot.days.values() for visit in visits if not visit.quiet]
        return Counter(v.what for v in visits), plot.wanted, sorted(v.time for v in visits if v.actor.id == "tin-heron")

    kinds_together, wanted_together, times_together = story(True)
    kinds_apart, wanted_apart, times_apart = story(False)
    assert kinds_together == kinds_apart
    assert times_together != times_apart
    common = set(wanted_together["tin-heron"]) & set(wanted_together["glass-otter"])
    assert len(common) > len(set(wanted_apart["tin-heron"]) & set(wanted_apart["glass-otter"]))


def test_no_line_names_who_wrote_it(tiny: Path) -> None:
    names = [path.stem.encode() for path in ACTORS.glob("*.yml")]
    for path in (tiny / "alpha").rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            plain = gzip.decompress(raw) if path.suffix == ".gz" else raw
            assert not [name for name in names if name in plain], path


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        told(tmp_path, setup(days=7))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
