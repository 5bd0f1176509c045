"""Which events of a package share a file. A kind with many events has its own; those with few, of which a package has
dozens, go together: opening a file costs as much as reading thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.schema import tables
from ringleader.store.layout import MIXED

SMALL = 500
"""Events of a kind up to which it has no file of its own."""
COLUMNS = 1000
"""Columns of the sources' own fields in a mixed file, at most: beyond that, Parquet's metadata outweighs the rows."""
CELLS = 8 << 20
"""Rows times columns of a mixed file, at most: most cells are null and cost nothing there, but four bytes once read."""

_FIXED = len(tables.EVENTS)


@dataclass(frozen=True, slots=True)
class Shared:
    """What one file is to hold. ``kind`` is :data:`MIXED` for several kinds; ``kinds`` counts the events of each."""

    kind: str
    table: pa.Table
    kinds: dict[str, int]


def files(found: Iterable[tuple[str, pa.Table]]) -> Iterator[Shared]:
    """``found`` gives a table of events for each kind, in an order that follows from the events; so does this."""
    some: list[pa.Table] = []
    names: set[str] = set()
    rows = 0
    for kind, table in found:
        if table.num_rows > SMALL and kind != MIXED:
            yield Shared(kind, table, {kind: table.num_rows})
            continue
        wider = names.union(table.column_names[_FIXED:])
        if some and (len(wider) > COLUMNS or len(wider) * (rows + table.num_rows) > CELLS):
            yield _together(some)
            some, wider, rows = [], set(table.column_names[_FIXED:]), 0
        some.append(table)
        names = wider
        rows += table.num_rows
    if some:
        yield _together(some)


def _together(some: list[pa.Table]) -> Shared:
    """One table with the columns of all, in order of their names; a row is null in what its kind does not have."""
    joined = pa.concat_tables(some, promote_options="default")
    fixed, own = joined.column_names[:_FIXED], joined.column_names[_FIXED:]
    table = joined.select([*fixed, *sorted(own)]).unify_dictionaries().combine_chunks()
    counts = pc.value_counts(table["kind"].cast(pa.string())).to_pylist()
    kinds = {item["values"]: item["counts"] for item in sorted(counts, key=lambda item: str(item["values"]))}
    return Shared(next(iter(kinds)) if len(kinds) == 1 else MIXED, table, kinds)
