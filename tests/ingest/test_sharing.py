"""Kinds with few events share a file, and every event is in one file as it was."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from strategies import batches
from test_columns import IDS, events_of, expected, placed

from ringleader.ingest import sharing
from ringleader.ingest.assemble import Assembly
from ringleader.ingest.columns import Columns
from ringleader.ingest.sharing import Shared
from ringleader.schema.batch import Batch
from ringleader.store.layout import MIXED


def shared(*found: Batch) -> list[tuple[Shared, pa.Table]]:
    made = Columns()
    for batch in found:
        made.add(batch, 0)
        made.place(placed(batch))
    return [
        (one, events.table(one.rows, one.budget))
        for taken in made.take()
        for events in [Assembly(taken, IDS)]
        for one in sharing.files(events)
    ]


def of(kinds: dict[str, tuple[int, list[str]]]) -> Batch:
    """Events of each kind: how many, with which fields."""
    told = [(kind, dict.fromkeys(fields, str(n))) for kind, (number, fields) in kinds.items() for n in range(number)]
    return Batch([kind for kind, _ in told], [event for _, event in told], list(range(len(told))))


@settings(max_examples=200, deadline=None)
@given(batches())
def test_all_events_are_there_as_they_were(batch: Batch) -> None:
    found = shared(batch)
    assert len(found) <= 1
    assert events_of({str(number): table for number, (_, table) in enumerate(found)}) == expected([(0, batch)])
    for one, table in found:
        kinds = table["kind"].to_pylist()
        assert one.kinds == {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        assert one.kind == (MIXED if len(one.kinds) > 1 else kinds[0])


def test_a_kind_with_many_events_has_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SMALL", 2)
    found = shared(of({"k/1": (1, ["a"]), "k/2": (3, ["a"]), "k/3": (2, ["b"])}))
    assert [(one.kind, one.kinds) for one, _ in found] == [("k/2", {"k/2": 3}), (MIXED, {"k/1": 1, "k/3": 2})]


def test_a_mixed_file_has_bounded_columns_and_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = of({f"k/{n}": (2, [f"a{n}", f"b{n}"]) for n in range(6)})
    monkeypatch.setattr(sharing, "COLUMNS", 4)
    assert [list(one.kinds) for one, _ in shared(batch)] == [["k/0", "k/1"], ["k/2", "k/3"], ["k/4", "k/5"]]
    monkeypatch.setattr(sharing, "COLUMNS", 100)
    monkeypatch.setattr(sharing, "CELLS", 6 * 6)
    assert [len(one.kinds) for one, _ in shared(batch)] == [3, 3]


def test_kinds_without_end_make_no_files_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = of({f"k/{n}": (2, [f"a{n}", f"b{n}"]) for n in range(9)})
    monkeypatch.setattr(sharing, "COLUMNS", 2)
    monkeypatch.setattr(sharing, "FILES", 3)
    found = shared(batch)
    assert [len(one.kinds) for one, _ in found] == [1, 1, 1, 6]
    assert events_of({str(number): table for number, (_, table) in enumerate(found)}) == expected([(0, batch)])


def test_the_same_events_in_other_pieces_are_the_same_file() -> None:
    whole = of({"k/1": (3, ["b", "a"]), "k/2": (2, ["c", "a"])})
    pieces = [
        Batch(whole.kinds[at : at + 2], whole.events[at : at + 2], whole.offsets[at : at + 2]) for at in range(0, 5, 2)
    ]
    ((_, one),), ((_, other),) = shared(whole), shared(*pieces)
    assert one.schema == other.schema
    assert one.equals(other)
    assert one.column_names[-3:] == ["a", "b", "c"]
