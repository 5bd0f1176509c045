"""Stories as a whole: the same bytes however they are told, evidence that the readers take, truth that fits it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from stories import setup, told

from ringleader import case
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.errors import TruthError, UsageError
from ringleader.ingest import run as ingest
from ringleader.scenario import simulate, truth
from ringleader.scenario.cast import cast
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


def test_several_operators_are_visited_by_the_same_actors(tmp_path: Path) -> None:
    setups = [setup(7, days=21, operator=name) for name in ("alpha", "beta")]
    summary = simulate.simulate(tmp_path / "told", setups, engine=Local(2), progress=Silent())
    assert summary.operators == 2 and len(summary.cases) == len(summary.truth) == 2
    truths = {name: truth.read(tmp_path / "told" / "truth" / name) for name in ("alpha", "beta")}
    with pytest.raises(TruthError, match="2 operators: alpha, beta"):
        truth.read(tmp_path / "told" / "truth")
    actors = [{actor.id: actor for actor in found.story.actors} for found in truths.values()]
    assert set(actors[0]) == set(actors[1])
    # One actor with one kit, at work at different times, after different people.
    asked = [_stems(tmp_path / "told" / name / "evidence") for name in ("alpha", "beta")]
    heron = next(actor for actor in cast(()) if actor.id == "tin-heron")
    pages = [[page for page in heron.values["shell"] if page in stems] for stems in asked]
    assert len(pages[0]) == 1 and pages[0] == pages[1]
    times = [{step.time for step in found["tin-heron"].intrusions[0].steps} for found in actors]
    assert not times[0] & times[1]
    assert not set(actors[0]["tin-heron"].subscribers) & set(actors[1]["tin-heron"].subscribers)
    for name, found in truths.items():
        folder = tmp_path / "told" / name
        assert case.Case.open(folder / "case").config.organisation.name.startswith(name.title())
        for line in found.lines:
            assert (folder / "evidence" / line.path).is_file() and line.host.endswith(f".{name}.example")


def _stems(folder: Path) -> set[str]:
    lines = (line for path in folder.glob("iis/*/*/*.log") for line in path.read_text().splitlines())
    return {line.split(" ")[4] for line in lines if not line.startswith("#")}


def test_machines_change_their_names_and_names_their_machines(tmp_path: Path) -> None:
    one = setup(5, hosts=120, days=40)
    told(tmp_path / "told", one, workers=2)
    changes = truth.read(tmp_path / "told" / "truth" / "alpha").story.hosts_changed
    kinds = Counter(change.kind for change in changes)
    assert kinds["renamed"] >= 2 and kinds["replaced"] >= 2
    passed_on = {change.name for change in changes if change.kind == "replaced" and change.name != change.was}
    renamed = next(change for change in changes if change.kind == "renamed" and change.was not in passed_on)
    days, machines = _days_and_machines(tmp_path / "told" / "alpha" / "evidence")
    day = renamed.time.date().isoformat()
    assert max(days[renamed.was]) < day == min(days[renamed.name])
    events = _codes(tmp_path / "told" / "alpha" / "evidence")
    assert {6011, 4781, 4742, 4743, 4741} <= set(events)
    replaced = [change for change in changes if change.kind == "replaced" and change.name in machines]
    assert any(len(machines[change.name]) == 2 for change in replaced), "two machines under one name"


def _windows(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("windows/*/*.gz")):
        yield from map(json.loads, gzip.decompress(path.read_bytes()).splitlines())


def _days_and_machines(folder: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Of each host by name the days on which it wrote, and the machine parts of its processes' GUIDs."""
    days: dict[str, set[str]] = {}
    machines: dict[str, set[str]] = {}
    for event in _windows(folder):
        host = event["winlog"]["computer_name"].lower()
        days.setdefault(host, set()).add(event["@timestamp"][:10])
        if event["winlog"]["channel"].endswith("Sysmon/Operational") and "ProcessGuid" in event["winlog"]["event_data"]:
            machines.setdefault(host, set()).add(event["winlog"]["event_data"]["ProcessGuid"][:9])
    return days, machines


def _codes(folder: Path) -> Counter[int]:
    return Counter(event["winlog"]["event_id"] for event in _windows(folder))


def test_known_flaws_are_probed_for_from_the_first_days_on(tmp_path: Path) -> None:
    told(tmp_path / "told", setup(2, days=30, actors=False))
    probed = b"".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in (tmp_path / "told" / "alpha" / "evidence" / "exchange").rglob("*")
        if path.is_file()
    )
    assert b"windows/win.ini" in probed
