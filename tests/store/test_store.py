"""The store: what a whole manifest line names is there, and nothing else."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringleader.errors import CaseBusy, StoreError, UsageError
from ringleader.schema import tables
from ringleader.store import File, Store, manifest, transaction
from ringleader.store.layout import MIXED, column_name, events_path, field_name, kind_of


def rows(*codes: str) -> pa.Table:
    return pa.Table.from_pylist([{"path": "p", "code": code, "offset": 1} for code in codes], tables.REJECTS)


def codes(store: Store) -> list[str]:
    return sorted(store.read("rejects")["code"].to_pylist())


def put(store: Store, *found: str) -> None:
    with store.transaction() as tx:
        tx.write("rejects", "r", rows(*found))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, create=True)


def test_what_is_written_is_read_in_any_way(store: Store) -> None:
    put(store, "b", "a")
    assert codes(store) == ["a", "b"]
    assert store.sql("SELECT code, count(*) AS n FROM rejects GROUP BY code ORDER BY code").to_pylist() == [
        {"code": "a", "n": 1},
        {"code": "b", "n": 1},
    ]
    assert store.sql("SELECT count(*) AS n FROM findings").to_pylist() == [{"n": 0}]
    assert codes(Store.open(store.layout.root.parent)) == ["a", "b"]


def test_no_store_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert caught.value.hint


def test_an_exception_inside_a_transaction_changes_nothing(store: Store) -> None:
    put(store, "a")
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.write("rejects", "r", rows("b"))
        tx.drop_table("rejects")
        raise ZeroDivisionError
    assert codes(store) == ["a"]
    assert store.verify() == []


def test_replacing_a_table_is_one_step(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    before = store.files("rejects")
    with store.transaction() as tx:
        tx.drop_table("rejects")
        tx.write("rejects", "r", rows("c"))
    assert codes(store) == ["c"]
    assert not any(path.exists() for path in before)


def test_writing_the_same_rows_again_is_no_change(store: Store) -> None:
    put(store, "a")
    before = store.layout.manifest.read_bytes()
    with store.transaction() as tx:
        tx.drop_table("rejects")
        tx.write("rejects", "r", rows("a"))
    assert store.layout.manifest.read_bytes() == before
    assert codes(store) == ["a"]


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_torn_last_line_counts_as_not_written(store: Store, cut: int) -> None:
    put(store, "a")
    put(store, "b")
    content = store.layout.manifest.read_bytes()
    store.layout.manifest.write_bytes(content[:-cut])
    again = Store.open(store.layout.root.parent)
    assert codes(again) == ["a"]
    put(again, "c")
    assert codes(Store.open(store.layout.root.parent)) == ["a", "c"]
    assert again.verify() == []


def test_damage_inside_the_manifest_is_told(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    content = store.layout.manifest.read_bytes()
    store.layout.manifest.write_bytes(content.replace(b'"rows":1', b'"rows":7', 1))
    with pytest.raises(StoreError, match="line 1"):
        Store.open(store.layout.root.parent)


def test_a_line_that_is_missing_in_the_middle_is_told(store: Store) -> None:
    for code in "abc":
        put(store, code)
    lines = store.layout.manifest.read_bytes().splitlines(keepends=True)
    store.layout.manifest.write_bytes(lines[0] + lines[2] + lines[2])
    with pytest.raises(StoreError, match="line 2"):
        Store.open(store.layout.root.parent)


def test_a_newer_format_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "VERSION", 99)
        put(store, "a")
    with pytest.raises(StoreError, match="newer"):
        Store.open(store.layout.root.parent)


def test_files_of_dead_writers_are_not_seen_and_swept(store: Store) -> None:
    put(store, "a")
    orphan = store.layout.table("rejects") / "orphan.parquet"
    orphan.write_bytes(store.files("rejects")[0].read_bytes())
    left = store.layout.temporary / "tx-1-dead"
    left.mkdir()
    assert codes(store) == ["a"]
    assert [item.code for item in store.verify()] == ["stray"]
    put(store, "b")
    assert not orphan.exists()
    assert not left.exists()
    assert store.verify() == []


def test_verify_finds_changed_and_missing_files(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    first, second = store.files("rejects")
    content = bytearray(first.read_bytes())
    content[100] ^= 1
    first.write_bytes(content)
    second.unlink()
    assert {(item.path, item.code) for item in store.verify()} == {
        (f"rejects/{first.name}", "changed"),
        (f"rejects/{second.name}", "missing"),
    }


def _hold(case: Path, ready: multiprocessing.synchronize.Event, stop: multiprocessing.synchronize.Event) -> None:
    with Store.open(case).writing():
        ready.set()
        stop.wait(60)


def test_a_second_writer_is_told_who_writes(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(store.layout.root.parent, ready, stop))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(CaseBusy, match=str(other.pid)):
            put(store, "a")
    finally:
        stop.set()
        other.join(60)
    put(store, "a")
    assert codes(store) == ["a"]


@pytest.mark.parametrize("where", ["write", "rename", "manifest"])
def test_a_full_disk_leaves_the_old_state(store: Store, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    put(store, "a")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if where == "write":
            patch.setattr(transaction.pq.ParquetWriter, "write_table", full)
        elif where == "rename":
            patch.setattr(Path, "replace", full)
        else:
            patch.setattr(manifest.os, "fsync", full)
            patch.setattr(transaction, "sync_file", lambda _: None)
            patch.setattr(transaction, "sync_folder", lambda _: None)
        with pytest.raises(StoreError, match="full") as caught:
            put(store, "b")
    assert caught.value.hint
    assert codes(Store.open(store.layout.root.parent)) == ["a"]
    put(store, "c")
    assert codes(store) == ["a", "c"]
    assert store.verify() == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    case = tmp_path / "small"
    case.mkdir()
    if os.system(f"mount -t tmpfs -o size=256k tmpfs {case} 2>/dev/null"):
        pytest.skip("mounting is not allowed here")
    try:
        store = Store.open(case, create=True)
        put(store, "a")
        with pytest.raises(StoreError, match="full"):
            put(store, *(os.urandom(200).hex() for _ in range(5000)))
        assert codes(Store.open(case)) == ["a"]
        put(store, "b")
        assert codes(store) == ["a", "b"]
    finally:
        os.system(f"umount {case}")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY rejects TO '{folder}/out.csv'",
        "ATTACH '{folder}/new.db'",
        "SET enable_external_access = true",
        "no such thing",
    ],
)
def test_sql_can_only_ask(store: Store, tmp_path: Path, query: str) -> None:
    put(store, "a")
    with pytest.raises(UsageError):
        store.sql(query.replace("{folder}", str(tmp_path)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_a_case_folder_with_an_odd_name(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "it's [a] *case*", create=True)
    put(store, "a")
    assert store.sql("SELECT code FROM rejects").to_pylist() == [{"code": "a"}]


def test_kinds_and_columns_have_an_inverse() -> None:
    for kind in ("windows/sysmon/1", "web/iis"):
        assert kind_of(events_path(kind, "x")) == kind
    for name in ("host", "Image", "field:host", "field:field:x", "kind", ""):
        assert field_name(column_name(name)) == name
    assert column_name("host") != column_name("field:host")


def test_a_mixed_file_gives_the_rows_of_the_kinds_asked_for(store: Store) -> None:
    fixed = dict.fromkeys(tables.EVENTS.names)
    events = [
        fixed | {"event_id": "1", "kind": "zeek/conn", "a": "x", "b": None},
        fixed | {"event_id": "2", "kind": "web/iis", "a": None, "b": "y"},
        fixed | {"event_id": "3", "kind": "zeek/dns", "a": "z", "b": None},
    ]
    schema = pa.schema([*tables.EVENTS, ("a", pa.string()), ("b", pa.string())])
    table = pa.Table.from_pylist(events, schema)
    with store.transaction() as tx:
        path = tx.folder / "some.parquet"
        pq.write_table(table, path)
        digest, size = transaction.sha256_file(path)
        counts = {"web/iis": 1, "zeek/conn": 1, "zeek/dns": 1}
        tx.adopt(path, File(events_path(MIXED, "p"), digest, size, 3, counts))
    again = Store.open(store.layout.root.parent)
    assert again.kinds() == counts
    assert len(again.entries("events", "zeek")) == 1
    assert again.entries("events", "linux") == []
    zeek = again.read("events", kind_prefix="zeek")
    assert zeek["event_id"].to_pylist() == ["1", "3"]
    assert zeek["a"].to_pylist() == ["x", "z"]
    assert "b" not in zeek.column_names
    assert again.read("events", ["event_id"], kind_prefix="web/iis").to_pylist() == [{"event_id": "2"}]
    assert again.sql("SELECT b FROM events WHERE kind = 'web/iis'").to_pylist() == [{"b": "y"}]
    assert again.verify() == []


def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "store" / "manifest.jsonl").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"cannot read .*manifest\.jsonl"):
        Store.open(tmp_path)
