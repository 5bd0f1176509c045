"""Kinds with few events share a file, and every event is in one file as it was."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from strategies import batches
from test_columns import events_of, expected, stored

from ringleader.ingest import sharing
from ringleader.schema.batch import Batch
from ringleader.store.layout import MIXED


def of(kind: str, rows: int, *fields: str) -> tuple[str, pa.Table]:
    events = [dict.fromkeys(fields, str(row)) for row in range(rows)]
    return kind, stored([(0, Batch([kind] * rows, events, list(range(rows))))])[kind]


@settings(max_examples=200, deadline=None)
@given(batches())
def test_all_events_are_there_as_they_were(batch: Batch) -> None:
    shared = list(sharing.files(stored([(0, batch)]).items()))
    assert len(shared) <= 1
    assert events_of({str(number): one.table for number, one in enumerate(shared)}) == expected([(0, batch)])
    for one in shared:
        kinds = one.table["kind"].to_pylist()
        assert one.kinds == {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        assert one.kind == (MIXED if len(one.kinds) > 1 else kinds[0])


def test_a_kind_with_many_events_has_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SMALL", 2)
    found = sharing.files([of("k/1", 1, "a"), of("k/2", 3, "a"), of("k/3", 2, "b")])
    assert [(one.kind, one.kinds) for one in found] == [("k/2", {"k/2": 3}), (MIXED, {"k/1": 1, "k/3": 2})]


def test_a_mixed_file_has_bounded_columns_and_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [of(f"k/{n}", 2, f"a{n}", f"b{n}") for n in range(6)]
    monkeypatch.setattr(sharing, "COLUMNS", 4)
    assert [list(one.kinds) for one in sharing.files(tables)] == [["k/0", "k/1"], ["k/2", "k/3"], ["k/4", "k/5"]]
    monkeypatch.setattr(sharing, "COLUMNS", 100)
    monkeypatch.setattr(sharing, "CELLS", 6 * 6)
    assert [len(one.kinds) for one in sharing.files(tables)] == [3, 3]


def test_the_same_events_in_other_pieces_are_the_same_file() -> None:
    tables = [of("k/1", 3, "b", "a"), of("k/2", 2, "c", "a")]
    pieces = [(kind, pa.concat_tables([table.slice(0, 1), table.slice(1)])) for kind, table in tables]
    (one,), (other,) = sharing.files(tables), sharing.files(pieces)
    assert one.table.schema == other.table.schema
    assert one.table.equals(other.table)
    assert one.table.column_names[-3:] == ["a", "b", "c"]
