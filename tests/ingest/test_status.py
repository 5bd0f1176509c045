"""Status counts what is there; verify notices what is not as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import samples

from ringleader.ingest.status import status
from ringleader.ingest.verify import verify
from ringleader.store import Store


@pytest.fixture
def case(tmp_path: Path) -> tuple[Path, Store]:
    evidence = samples.folder(tmp_path / "evidence", files=3, count=20)
    (evidence / "x.bin").write_bytes(b"\x01\x02")
    with zipfile.ZipFile(evidence / "a!b.zip", "w") as archive:
        archive.writestr("in/ner.json", samples.events(5, 70))
    return evidence, samples.run(tmp_path / "case", evidence)[0]


def test_status_counts(case: tuple[Path, Store]) -> None:
    found = status(case[1])
    assert [(row.format, row.files, row.records, row.rejected) for row in found.evidence] == [
        ("windows-json", 4, 65, 4)
    ]
    assert sum(row.events for row in found.kinds) == sum(row.events for row in found.hosts) == 65
    assert {row.name for row in found.hosts} == {f"ws{n}.example.org" for n in range(3)}
    assert all(row.first and row.last and row.first <= row.last for row in found.kinds)
    assert {row.code: row.rows for row in found.rejects} == {"bad-json": 4, "unknown-format": 1}


def test_an_empty_store_has_a_status(tmp_path: Path) -> None:
    assert status(Store.open(tmp_path, create=True)).kinds == []


def test_verify_finds_nothing_where_nothing_changed(case: tuple[Path, Store]) -> None:
    found = verify(case[1], members=True)
    assert (found.files, found.tables, found.evidence, found.gone) == (4, [], [], [])


def test_verify_tells_changed_from_gone(case: tuple[Path, Store]) -> None:
    evidence, store = case
    (evidence / "sub0" / "0.json").write_bytes(b"{}")
    (evidence / "sub1" / "1.json").unlink()
    archive = evidence / "a!b.zip"
    archive.write_bytes(archive.read_bytes() + b"\x00")
    store.files("events")[0].write_bytes(b"")
    found = verify(store)
    assert [(Path(item.path).name, item.code) for item in found.evidence] == [
        ("a!b.zip", "changed"),
        ("0.json", "changed"),
    ]
    assert [Path(path).name for path in found.gone] == ["1.json"]
    assert [item.code for item in found.tables] == ["changed"]
