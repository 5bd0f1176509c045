"""Evidence to tables: nothing lost, nothing twice, the same bytes however it was done."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import samples

from ringleader.detect.ruleset import BUILTIN
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.errors import StoreError
from ringleader.ingest import survey
from ringleader.ingest.limits import Limits
from ringleader.ingest.run import ingest
from ringleader.ingest.stream import Stream, read
from ringleader.scan import scan
from ringleader.store import Store


def test_every_record_is_stored_or_rejected(tmp_path: Path) -> None:
    evidence = samples.folder(tmp_path / "evidence", files=5, count=20)
    store, summary = samples.run(tmp_path / "case", evidence)
    assert (summary.files, summary.evidence, summary.records) == (5, 5, 100)
    assert summary.rejected == {"bad-json": 5}
    assert store.rows("events") == 100
    assert store.rows("rejects") == 5
    rows = store.read("evidence").to_pylist()
    assert [row["records"] + row["rejected"] for row in rows] == [21] * 5
    assert {row["format"] for row in rows} == {"windows-json"}
    assert all(row["first_time"] <= row["last_time"] for row in rows)
    events = store.sql("SELECT host, kind, EventID, Image, Computer FROM events").to_pylist()
    assert {event["host"] for event in events} == {f"ws{n}.example.org" for n in range(3)}
    assert all(event["kind"].endswith(event["EventID"]) for event in events)
    json.dumps(dataclasses.asdict(summary))


def test_ids_say_where_an_event_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(samples.events(9))
    store, _ = samples.run(tmp_path / "case", path)
    content = path.read_bytes()
    for row in store.sql("SELECT event_id, evidence_id, Number FROM events").to_pylist():
        identity, _, offset = row["event_id"].rpartition("-")
        assert row["evidence_id"].startswith(identity)
        assert json.loads(content[int(offset) :].split(b"\n")[0])["Number"] == int(row["Number"])


def test_reading_again_changes_nothing(tmp_path: Path) -> None:
    evidence = samples.folder(tmp_path / "evidence")
    (evidence / "unknown.bin").write_bytes(b"\x00\x01\x02")
    (evidence / "twice.json").write_bytes((evidence / "sub0" / "0.json").read_bytes())
    store, _ = samples.run(tmp_path / "case", evidence)
    before, manifest = samples.state(store), store.layout.manifest.read_bytes()
    again, summary = samples.run(tmp_path / "case", evidence)
    assert (summary.evidence, summary.known, summary.records, summary.rejected) == (0, 12, 0, {})
    assert samples.state(again) == before
    assert store.layout.manifest.read_bytes() == manifest


def test_the_same_bytes_twice_count_once(tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for name in ("b.json", "a.json", "c.json"):
        (evidence / name).write_bytes(samples.events(3))
    store, summary = samples.run(tmp_path / "case", evidence / "c.json", evidence)
    assert summary.records == 3
    assert samples.rejected(store) == [("b.json", "duplicate"), ("c.json", "duplicate")]
    assert store.read("evidence")["path"].to_pylist() == [str(evidence / "a.json")]


@pytest.mark.parametrize("package", [2_000, 9_000, 1 << 20])
def test_order_and_workers_play_no_part(tmp_path: Path, package: int) -> None:
    evidence = samples.folder(tmp_path / "evidence")
    with zipfile.ZipFile(evidence / "more.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.json", samples.events(10, 100 + number))
    (evidence / "large.json").write_bytes(samples.events(60, 99))
    limits = Limits(package=package)
    inputs = sorted(evidence.iterdir())
    first, _ = samples.run(tmp_path / "1", *inputs, engine=Local(1), limits=limits)
    second, _ = samples.run(tmp_path / "2", *reversed(inputs), engine=Local(3), limits=limits)
    assert samples.state(first) == samples.state(second)
    assert first.rows("events") == 12 * 20 + 5 * 10 + 60


def test_a_small_spool_changes_nothing(tmp_path: Path) -> None:
    """Archives larger than the disk that may be used are read in several goes."""
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for name in "ab":
        with zipfile.ZipFile(evidence / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(8):
                archive.writestr(f"{number}.json", samples.events(30, ord(name) * 100 + number))
    plenty, _ = samples.run(tmp_path / "1", evidence, limits=Limits(package=20_000))
    little, _ = samples.run(tmp_path / "2", evidence, limits=Limits(package=20_000, spool=30_000))
    assert samples.state(plenty) == samples.state(little)
    assert plenty.rows("events") == 2 * 8 * 30
    assert not any(little.layout.spool.rglob("*.json"))


def test_evidence_added_later_joins(tmp_path: Path) -> None:
    evidence = samples.folder(tmp_path / "evidence", files=3)
    samples.run(tmp_path / "case", evidence)
    (evidence / "new.json").write_bytes(samples.events(7, 50))
    store, summary = samples.run(tmp_path / "case", evidence)
    assert (summary.evidence, summary.known, summary.records) == (1, 3, 7)
    assert store.rows("events") == 67


@pytest.mark.parametrize(
    ("word", "code"),
    [("DIE", "parser-died"), ("HANG", "parser-timeout"), ("EAT", "parser-memory"), ("RAISE", "parser-error")],
)
def test_evidence_that_stops_its_parser_costs_only_itself(tmp_path: Path, word: str, code: str) -> None:
    evidence = samples.folder(tmp_path / "evidence", files=4, count=10)
    (evidence / "bad.json").write_bytes(samples.events(5) + f"{word}-HERE".encode())
    limits = Limits(seconds=3)
    store, _ = samples.run(tmp_path / "case", evidence, engine=samples.Sabotaged(2), limits=limits)
    assert samples.rejected(store) == [("bad.json", code)]
    assert store.rows("events") == 40
    assert store.rows("evidence") == 5
    _, again = samples.run(tmp_path / "case", evidence, engine=samples.Sabotaged(2), limits=limits)
    assert (again.known, again.rejected) == (5, {})


class Here(Local):
    """Works in this process, where it can be tampered with."""

    def map(self, kernel: Any, units: Any, **_: object) -> Any:
        return ((unit, kernel(unit)) for unit in units)


def test_a_full_disk_while_unpacking_is_no_fault_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.json", samples.events(20))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(survey.os, "utime", full)
        with pytest.raises(StoreError, match="no room for unpacked members"):
            samples.run(tmp_path / "case", tmp_path / "logs.zip", engine=Here(1))
    store, _ = samples.run(tmp_path / "case", tmp_path / "logs.zip", engine=Here(1))
    assert samples.rejected(store) == []
    assert store.rows("events") == 20


class Told(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize(
    ("word", "code"), [("DIE", "died"), ("HANG", "timeout"), ("EAT", "memory"), ("RAISE", "error")]
)
def test_evidence_that_stops_a_scan_costs_only_itself(tmp_path: Path, word: str, code: str) -> None:
    evidence = samples.folder(tmp_path / "evidence", files=4, count=10)
    (evidence / "bad.json").write_bytes(samples.events(5) + f"{word}-HERE".encode())
    told = Told()
    engine, limits = samples.Sabotaged(2), Limits(package=1 << 20, seconds=8)
    list(scan([evidence], [BUILTIN], engine=engine, progress=told, limits=limits))
    assert told.said[0].startswith(f"{evidence / 'bad.json'}: {code}: ")
    assert told.said[1] == f"not read: 4 x bad-json, such as in {evidence / 'sub0' / '0.json'}"
    assert told.said[2].startswith("40 events, ")


def test_a_part_of_large_evidence_that_stops_its_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ringleader.ingest.readers import BLOCK

    line = samples.events(1).splitlines()[0]
    filler = (line[:-1] + b', "Message": "' + b"x" * 9000 + b'"}\n') * (BLOCK // 9000)
    path = tmp_path / "large.json"
    path.write_bytes(filler + b"DIE-HERE\n" + filler)
    store, _ = samples.run(tmp_path / "case", path, engine=samples.Sabotaged(2), limits=Limits(package=4 * BLOCK // 3))
    rows = store.read("rejects").to_pylist()
    assert [(row["code"], row["offset"]) for row in rows] == [("parser-died", BLOCK)]
    assert 0 < store.rows("events") < 2 * (BLOCK // 9000)
    assert store.rows("evidence") == 1


def test_a_full_disk_in_a_worker_is_no_fault_of_the_evidence(tmp_path: Path) -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    evidence = samples.folder(tmp_path / "evidence", files=6, count=400)
    case = tmp_path / "case"
    case.mkdir()
    if os.system(f"mount -t tmpfs -o size=128k tmpfs {case} 2>/dev/null"):
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(StoreError) as caught:
            ingest(
                Store.open(case, create=True), [evidence], engine=Local(2), progress=Silent(), limits=Limits(package=1)
            )
        assert caught.value.hint
        os.system(f"mount -o remount,size=64m {case}")
        store, _ = samples.run(case, evidence, limits=Limits(package=1))
        fresh, _ = samples.run(tmp_path / "fresh", evidence, limits=Limits(package=1))
        assert samples.state(store) == samples.state(fresh)
    finally:
        os.system(f"umount {case} 2>/dev/null || umount -l {case}")  # busy at times: it must not outlive the test


SEEDS = range(2100, 2125)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], float]:
    """Evidence, the state of a store that holds it, and the seconds that this took."""
    root = tmp_path_factory.mktemp("undisturbed")
    evidence = samples.folder(root / "evidence", files=24, count=15)
    with zipfile.ZipFile(evidence / "some.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"{number}.json", samples.events(10, 200 + number))
    (evidence / "large.json").write_bytes(samples.events(150, 99))
    started = time.monotonic()
    _subprocess(root / "case", evidence).wait()
    took = time.monotonic() - started
    store = Store.open(root / "case")
    assert store.rows("events") == 24 * 15 + 60 + 150
    return evidence, samples.state(store), took


def _subprocess(case: Path, evidence: Path) -> subprocess.Popen[bytes]:
    script = Path(samples.__file__)
    return subprocess.Popen([sys.executable, str(script), str(case), "9000", str(evidence)], start_new_session=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, undisturbed: tuple[Path, dict[str, str], float], seed: int
) -> None:
    evidence, wanted, took = undisturbed
    delay = random.Random(seed).uniform(0.2, 1) * took
    print(f"seed {seed}: killed after {delay:.3f} s of {took:.3f} s")
    run = _subprocess(tmp_path, evidence)
    time.sleep(delay)
    run.send_signal(signal.SIGKILL)
    run.wait()
    if (tmp_path / "store" / "manifest.jsonl").exists():
        partly = Store.open(tmp_path)
        assert samples.state(partly).items() <= wanted.items()
        assert {item.code for item in partly.verify()} <= {"stray"}
    store, _ = samples.run(tmp_path, evidence, limits=Limits(package=9000))
    assert samples.state(store) == wanted


def test_scan_reads_what_ingest_stores(tmp_path: Path) -> None:
    evidence = samples.folder(tmp_path / "evidence", files=5)
    with zipfile.ZipFile(evidence / "more.zip", "w") as archive:
        archive.writestr("x.json", samples.events(10, 100))
    found: list[int] = []
    with Stream([evidence], engine=Local(1), limits=Limits(package=1000)) as stream:
        for piece in stream.pieces():
            found.append(sum(len(batch) for batch in read(piece)))
            stream.done(piece)
        assert not [path for path in stream._folder.rglob("*") if path.is_file()]
    assert sum(found) == 5 * 20 + 10
    assert not stream._folder.exists()


@pytest.mark.slow
def test_recordings_of_several_formats(tmp_path: Path, shared: Path) -> None:
    store, summary = samples.run(tmp_path / "case", shared / "iis", shared / "zeek", shared / "evtx", engine=Local(2))
    counted = store.sql("SELECT sum(records)::BIGINT AS records FROM evidence").to_pylist()[0]
    assert counted["records"] == store.rows("events") == summary.records > 0
    assert {"w3c", "zeek", "zeek-json", "evtx"} <= summary.formats.keys()


def test_a_member_of_an_archive_keeps_its_time_which_tells_the_year(tmp_path: Path) -> None:
    """RFC 3164 has no year: that of the file is all there is."""
    line = b"<34>Mar  1 10:00:0%d gw sshd[7]: Accepted password for root from 192.0.2.7 port 22 ssh2\n"
    changed = datetime(2019, 3, 2, tzinfo=UTC)
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "a.gz").write_bytes(gzip.compress(line % 1, mtime=changed.timestamp()))
    with tarfile.open(evidence / "b.tar", "w") as archive:
        info = tarfile.TarInfo("log")
        info.size, info.mtime = len(line % 2), int(changed.timestamp())
        archive.addfile(info, io.BytesIO(line % 2))
    with zipfile.ZipFile(evidence / "c.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("log", (2019, 3, 2, 0, 0, 0)), line % 3)
    (evidence / "d.gz").write_bytes(gzip.compress(line % 4, mtime=0))
    store, _ = samples.run(tmp_path / "case", evidence)
    times = store.sql("SELECT time FROM events ORDER BY time").to_pylist()
    assert [row["time"] for row in times] == [datetime(2019, 3, 1, 10, 0, n, tzinfo=UTC) for n in (1, 2, 3)] + [None]
    assert sorted(store.read("rejects")["code"].to_pylist()) == ["no-year"] + ["year-from-file-time"] * 3


@pytest.mark.parametrize("mtime", [-1, 1e30, float("nan")])
def test_an_absurd_time_of_a_member_is_none(tmp_path: Path, mtime: float) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as packed:
        info = tarfile.TarInfo("a.json")
        content = samples.events(3)
        info.size, info.pax_headers = len(content), {"mtime": str(mtime)}
        packed.addfile(info, io.BytesIO(content))
    (tmp_path / "a.tar").write_bytes(archive.getvalue())
    _, summary = samples.run(tmp_path / "case", tmp_path / "a.tar")
    assert summary.records == 3


def test_the_evidence_says_how_many_sensor_times_were_not_believed(tmp_path: Path) -> None:
    rows = [
        {"EventID": 3, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "a",
         "TimeCreated": f"2024-03-10T12:00:0{n}Z", "UtcTime": f"2024-03-{day} 12:00:0{n}.000"}
        for n, day in enumerate(["10", "01", "10", "02"])
    ]  # fmt: skip
    (tmp_path / "a.json").write_text("\n".join(map(json.dumps, rows)))
    store, _ = samples.run(tmp_path / "case", tmp_path / "a.json")
    assert store.read("evidence")["clock"].to_pylist() == ['{"UtcTime not believed":2}']
    times = store.sql("SELECT time FROM events ORDER BY time").to_pylist()
    assert [row["time"] for row in times] == [datetime(2024, 3, 10, 12, 0, n, tzinfo=UTC) for n in range(4)]
