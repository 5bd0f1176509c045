"""The stage over a store: what it writes, what it leaves alone, that a second run changes nothing."""

from __future__ import annotations

import stat
from pathlib import Path

from made import Made, tale

from ringleader import profile
from ringleader.case import KEY
from ringleader.store import Store


def test_traits_are_written_and_summed(tmp_path: Path) -> None:
    store, config = tale().store(tmp_path)
    summary = profile.run(store, tmp_path, config)
    assert summary.intrusions == 2
    assert sum(summary.traits.values()) == store.rows("traits") > 30
    rows = store.sql("SELECT value, grade FROM traits WHERE kind = 'supplier'").to_pylist()
    assert rows == [{"value": "Acme Billing", "grade": "A2"}]
    assert store.sql("SELECT DISTINCT owner_kind FROM traits").to_pylist() == [{"owner_kind": "intrusion"}]


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    store, config = tale().store(tmp_path)
    profile.run(store, tmp_path, config)
    before = [(file.path, file.sha256) for file in store.entries("traits")]
    profile.run(store, tmp_path, config)
    assert [(file.path, file.sha256) for file in Store.open(tmp_path).entries("traits")] == before


def test_subscribers_are_hidden_by_a_key_of_the_case_unless_asked(tmp_path: Path) -> None:
    store, config = tale().store(tmp_path)
    profile.run(store, tmp_path, config)
    key = tmp_path / KEY
    assert len(key.read_bytes()) == 32 and stat.S_IMODE(key.stat().st_mode) == 0o600
    hidden = store.sql("SELECT value FROM traits WHERE kind = 'subscriber' ORDER BY value")["value"].to_pylist()
    assert len(hidden) == 3 and all(value.startswith("hmac:") for value in hidden)
    assert not any(b"601280000001" in path.read_bytes() for path in store.files("traits"))
    profile.run(store, tmp_path, config, clear_subscribers=True)
    clear = store.sql("SELECT value FROM traits WHERE kind = 'subscriber' ORDER BY value")["value"].to_pylist()
    assert clear == ["601280000000", "601280000001", "601280000002"]


def test_a_case_without_databases_gets_no_key(tmp_path: Path) -> None:
    made = Made()
    made.step("i1", "windows/sysmon/1", 0, "a", "r", Image="C:\\x.exe")
    store, config = made.store(tmp_path)
    profile.run(store, tmp_path, config)
    assert not (tmp_path / KEY).exists()


def test_a_case_with_nothing_in_it(tmp_path: Path) -> None:
    store, config = Made().store(tmp_path)
    summary = profile.run(store, tmp_path, config)
    assert summary.intrusions == 0 and store.rows("traits") == 0
    empty = Store.open(tmp_path / "none", create=True)
    assert profile.run(empty, tmp_path / "none", config).traits == {}


def test_lists_in_a_field_are_looked_into(tmp_path: Path) -> None:
    made = Made()
    made.step("i1", "zeek/dns", 0, "a", "r", query="one.example")
    store, config = made.store(tmp_path)
    (entry,) = store.entries("events")
    assert entry.rows == 1
    table = next(store.batches("events"))
    import pyarrow as pa

    from ringleader.profile.sighting import Reader

    rest = pa.array([[("query", '["two.example", null, 7, "three.example"]')]], table.schema.field("rest").type)
    changed = pa.Table.from_batches([table]).drop_columns(["query", "rest"]).append_column("rest", rest)
    assert [dict(slots) for _, slots in Reader().rows(changed)] == [{"domain": ("two.example", "three.example")}]
    assert profile.run(store, tmp_path, config).traits["domain"] == 1
