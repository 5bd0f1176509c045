"""Stored events are matched as the oracle says, however their kinds share files and whatever is read together."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_kernel import CONDITIONS, detections, events, matcher, rule

from ringleader.detect import oracle, stored
from ringleader.detect.compiler import compile_rule
from ringleader.ingest import sharing
from ringleader.ingest.assemble import Assembly
from ringleader.ingest.columns import Columns
from ringleader.ingest.place import Placed
from ringleader.schema import tables, value
from ringleader.schema.batch import Batch
from ringleader.store import File
from ringleader.store.layout import events_path

KINDS = {"windows/test/7": 7, "windows/test/8": 8, "windows/other/7": 7, "windows/other/9": 9}
mixed = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), events), min_size=1, max_size=8)


def write(root: Path, package: int, found: list[tuple[str, dict[str, Any]]]) -> list[File]:
    """The events as one package's files; each event's offset is its place."""
    columns = Columns()
    batch = Batch([kind for kind, _ in found], [event for _, event in found], list(range(len(found))))
    none = pa.nulls(len(found), pa.string())
    columns.add(batch, 0)
    columns.place(Placed(pa.nulls(len(found), tables.TIME), none, none))
    files = []
    for assembly in (Assembly(taken, [f"{package:064}"]) for taken in columns.take()):
        for number, shared in enumerate(sharing.files(assembly)):
            table = assembly.table(shared.rows, shared.budget)
            file = File(events_path(shared.kind, f"{package}-{number}"), "", 0, table.num_rows, shared.kinds)
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, root / file.path)
            files.append(file)
    return files


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(detections, detections, st.sampled_from(CONDITIONS), st.lists(mixed, min_size=1, max_size=3), st.data())
def test_files_of_any_kinds_match_as_the_oracle_says(
    first: Any, second: Any, condition: str, packages: list[list[tuple[str, dict[str, Any]]]], data: st.DataObject
) -> None:
    sigma = rule(first, second, condition)
    if sigma is None:
        return
    packages = [[(kind, value.flatten(e | {"EventID": KINDS[kind]})) for kind, e in some] for some in packages]
    expected = {
        (package, place): oracle.matches(sigma, kind, event)
        for package, some in enumerate(packages)
        for place, (kind, event) in enumerate(some)
    }
    bounds = {"SMALL": data.draw(st.sampled_from([0, 1, 100])), "COLUMNS": data.draw(st.sampled_from([2, 100]))}
    own = matcher([compile_rule(sigma)])
    with TemporaryDirectory() as folder:
        with mock.patch.multiple(sharing, **bounds):
            files = [file for package, some in enumerate(packages) for file in write(Path(folder), package, some)]
        got = dict.fromkeys(expected, False)
        with mock.patch.object(stored, "CELLS", data.draw(st.sampled_from([1, 60, 1 << 20]))):
            for block in stored.read(Path(folder), files, own.plan, lambda kind: None):
                for group in block.groups(own.plan):
                    for place, rules in own.match_plan(group.plan, group.columns()):
                        row = group.row(place)
                        (fixed,) = block.fixed([row])
                        package, offset = int(fixed["evidence_id"]), int(fixed["event_id"].rpartition("-")[2])
                        assert block.kind(row) == packages[package][offset][0]
                        got[package, offset] = bool(rules)
    assert got == expected


def test_files_of_which_nothing_is_asked_are_not_opened(tmp_path: Path) -> None:
    own = matcher([])
    missing = File("events/zeek/conn/none.parquet", "", 0, 3)
    assert list(stored.read(tmp_path, [missing], own.plan, lambda kind: None)) == []


def test_an_event_has_the_fields_that_are_asked_for(tmp_path: Path) -> None:
    found = [("web/iis", {"a": "1", "b": "2", "c": ["x"]}), ("web/iis", {"b": "3"})]
    sigma = rule({"a": "1"}, {"b": "3"}, "a or b")
    assert sigma is not None
    own = matcher([compile_rule(sigma)])
    (block,) = stored.read(tmp_path, write(tmp_path, 0, found), own.plan, lambda kind: None)
    assert block.event(0) == {"a": "1", "b": "2", "c": ["x"]}
    assert block.event(0, {"b", "z"}) == {"b": "2", "c": ["x"]}
    assert block.event(1) == {"b": "3"}


@pytest.mark.parametrize("cells", [1, 1 << 20])
def test_what_is_read_together_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    sigma = rule({"a": "1"}, {"b": "3"}, "a or b")
    assert sigma is not None
    own = matcher([compile_rule(sigma)])
    files = [file for package in range(4) for file in write(tmp_path, package, [("web/iis", {"a": "1"})])]
    monkeypatch.setattr(stored, "CELLS", cells)
    sizes = [block.table.num_rows for block in stored.read(tmp_path, files, own.plan, lambda kind: None)]
    assert sizes == ([1] * 4 if cells == 1 else [4])
