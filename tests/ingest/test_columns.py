"""Whatever an event holds comes back out of its table."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import batches

from ringleader.ingest import assemble
from ringleader.ingest.assemble import Assembly
from ringleader.ingest.columns import Columns
from ringleader.ingest.place import Placed
from ringleader.ingest.texts import Texts, is_utf8
from ringleader.schema import tables, value
from ringleader.schema.batch import Batch
from ringleader.store.layout import field_name

IDS = ["a" * 64, "b" * 64]


def placed(batch: Batch) -> Placed:
    return Placed(
        pa.array(batch.offsets, pa.int64()).cast(tables.TIME),
        pa.array([str(offset) for offset in batch.offsets], pa.string()),
        pa.array([f"h{offset % 3}" for offset in batch.offsets], pa.string()),
    )


def stored(found: list[tuple[int, Batch]]) -> dict[str, pa.Table]:
    made = Columns()
    for evidence, batch in found:
        made.add(batch, evidence)
        made.place(placed(batch))
    return {
        kind: assembly.table(rows, assemble.BUDGET)
        for taken in made.take()
        for assembly in [Assembly(taken, IDS)]
        for kind, rows in assembly.kinds()
    }


def events_of(by_kind: dict[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """Event id to fields in text form, read back as the table's documentation says."""
    out: dict[str, dict[str, Any]] = {}
    for table in by_kind.values():
        for row in table.to_pylist():
            fixed = {name: row.pop(name) for name in tables.EVENTS.names}
            fields = {field_name(name): text for name, text in row.items() if text is not None}
            fields |= {field_name(name): json.loads(text) for name, text in fixed["rest"] or ()}
            assert fixed["event_id"] not in out
            out[fixed["event_id"]] = fields
    return out


def expected(found: list[tuple[int, Batch]]) -> dict[str, dict[str, Any]]:
    return {
        f"{IDS[evidence][:16]}-{offset}": {batch_name(batch, name): value.text(item) for name, item in event.items()}
        for evidence, batch in found
        for event, offset in zip(batch.events, batch.offsets, strict=True)
    }


def batch_name(batch: Batch, name: str) -> str:
    return {theirs: ours for ours, theirs in batch.renames.items()}.get(name, name)


PAIRS = st.tuples(batches(), batches(100), batches()).map(lambda three: list(zip((0, 0, 1), three, strict=True)))


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_events_come_back_as_they_were(found: list[tuple[int, Batch]]) -> None:
    assert events_of(stored(found)) == expected(found)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_the_same_when_columns_are_few(found: list[tuple[int, Batch]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assemble, "BUDGET", 3)
        by_kind = stored(found)
    assert all(len(table.column_names) <= len(tables.EVENTS) + 3 for table in by_kind.values())
    assert events_of(by_kind) == expected(found)


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.integers(1, 50))
def test_batches_and_buffers_play_no_part(found: list[tuple[int, Batch]], size: int) -> None:
    cut = [
        (evidence, Batch(b.kinds[i : i + 1], b.events[i : i + 1], b.offsets[i : i + 1], consumed=size))
        for evidence, b in found
        for i in range(len(b))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assemble, "BUDGET", 4)
        pieces = stored(cut)
        whole = stored(found)
    assert pieces.keys() == whole.keys()
    for kind, table in whole.items():
        assert table.schema == pieces[kind].schema
        assert table.to_pylist() == pieces[kind].to_pylist()


def test_rows_lie_in_the_order_of_evidence_and_offset() -> None:
    later = Batch(["k"] * 3, [{"a": "1"}] * 3, [7, 5, 6])
    first = Batch(["k"] * 2, [{"a": "1"}] * 2, [9, 1])
    table = stored([(1, later), (0, first)])["k"]
    assert [item.partition("-")[::2] for item in table["event_id"].to_pylist()] == [
        ("a" * 16, "1"),
        ("a" * 16, "9"),
        ("b" * 16, "5"),
        ("b" * 16, "6"),
        ("b" * 16, "7"),
    ]


def test_names_of_exporters_become_canonical() -> None:
    batch = Batch(["k"], [{"Hostname": "ws01", "host": "x"}], [0], renames={"Computer": "Hostname"})
    table = stored([(0, batch), (1, Batch(["k"], [{"Computer": "ws02"}], [0]))])["k"]
    assert table["Computer"].to_pylist() == ["ws01", "ws02"]
    assert table["field:host"].to_pylist() == ["x", None]
    assert "Hostname" not in table.column_names


def test_a_field_that_changes_its_mind() -> None:
    values = ["text", 4688, 1.5, 2.0, True, None, ["a", None, 1], 2**80, "\ud800", ""]
    events = [{"f": item} for item in values] + [{}]
    batch = Batch(["k"] * len(events), events, list(range(len(events))))
    table = stored([(0, batch)])["k"]
    none = None
    assert table["f"].to_pylist() == ["text", "4688", "1.5", "2", "true", none, none, str(2**80), none, "", none]
    assert [None if row is None else json.loads(dict(row)["f"]) for row in table["rest"].to_pylist()] == [
        none, none, none, none, none, none, ["a", None, "1"], none, "\ud800", none, none,
    ]  # fmt: skip


def test_integers_and_then_a_fraction() -> None:
    """Arrow would cut the fraction off without a word."""
    batch = Batch(["k"] * 3, [{"n": 1}, {"n": 2}, {"n": 2.5}], [0, 1, 2])
    assert stored([(0, batch)])["k"]["n"].to_pylist() == ["1", "2", "2.5"]


def test_ten_thousand_field_names() -> None:
    chance = random.Random(7)
    events = [{f"f{chance.randrange(10_000)}": str(n), "always": "x"} for n in range(20_000)]
    batch = Batch(["k"] * len(events), events, list(range(len(events))))
    by_kind = stored([(0, batch)])
    assert len(by_kind["k"].column_names) == len(tables.EVENTS) + assemble.BUDGET
    assert by_kind["k"]["always"].null_count == 0
    assert events_of(by_kind) == expected([(0, batch)])


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.integers(0, 8))
def test_events_of_several_kinds_in_one_table(found: list[tuple[int, Batch]], budget: int) -> None:
    made = Columns()
    for evidence, batch in found:
        made.add(batch, evidence)
        made.place(placed(batch))
    for taken in made.take():
        assembly = Assembly(taken, IDS)
        rows = np.concatenate([rows for _, rows in assembly.kinds()])
        table = assembly.table(rows, budget)
        assert len(table.column_names) <= len(tables.EVENTS) + budget
        assert events_of({"all": table}) == expected(found)


@given(st.lists(st.lists(st.text(max_size=5))))
def test_texts_become_one_array(batches_of_texts: list[list[str]]) -> None:
    wanted = list[str | None]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ringleader.ingest.texts._ROOM", 1)
        texts = Texts()
        for some in batches_of_texts:
            try:
                texts.add(some)
            except UnicodeEncodeError:
                assert not all(map(is_utf8, some))
            else:
                wanted += some
    assert len(texts) == len(wanted)
    nulls = range(0, len(wanted), 3)
    for at in nulls:
        wanted[at] = None
    array = texts.array(nulls)
    array.validate(full=True)
    assert array.to_pylist() == wanted


def test_what_is_no_text_is_not_taken() -> None:
    texts = Texts()
    with pytest.raises(TypeError):
        texts.add(["a", 1])  # type: ignore[list-item]
    assert len(texts) == 0 == len(texts.array([]))
