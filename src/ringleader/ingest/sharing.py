"""Which events of a package share a file. A kind with many events has its own; those with few, of which a package has
dozens, go together: opening a file costs as much as reading thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringleader.ingest.assemble import BUDGET, Assembly
from ringleader.store.layout import MIXED

SMALL = 2000
"""Events of a kind up to which it has no file of its own."""
COLUMNS = 1000
"""Columns of the sources' own fields in a mixed file, at most: beyond that, Parquet's metadata outweighs the rows."""
CELLS = 8 << 20
"""Rows times columns of a mixed file, at most: most cells are null and cost nothing there, but four bytes once read."""
FILES = 2000
"""Files of a package after which all that is left goes into one: made-up kinds must not make files without end."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What one file is to hold. ``kind`` is :data:`MIXED` for several kinds; ``kinds`` counts the events of each;
    ``rows`` are those of the assembly, and ``budget`` the columns that they may have."""

    kind: str
    rows: npt.NDArray[np.int64]
    kinds: dict[str, int]
    budget: int


def files(events: Assembly) -> Iterator[Shared]:
    """In an order that follows from the events alone."""
    some: dict[str, npt.NDArray[np.int64]] = {}
    names: set[str] = set()
    rows_so_far = made = 0
    for kind, rows in events.kinds():
        last = made >= FILES
        own = events.names(rows) if len(rows) <= SMALL or last else set()
        if not last and (len(rows) > SMALL or len(own) > BUDGET):
            yield Shared(kind, rows, {kind: len(rows)}, BUDGET)
            made += 1
            continue
        wider, total = names | own, rows_so_far + len(rows)
        if some and not last and (len(wider) > COLUMNS or len(wider) * total > CELLS):
            yield _together(some)
            made += 1
            some, wider, total = {}, own, len(rows)
        some[kind] = rows
        names, rows_so_far = wider, total
    if some:
        yield _together(some)


def _together(some: dict[str, npt.NDArray[np.int64]]) -> Shared:
    kinds = {kind: len(rows) for kind, rows in some.items()}
    if len(kinds) == 1:
        ((kind, rows),) = some.items()
        return Shared(kind, rows, kinds, BUDGET)
    return Shared(MIXED, np.concatenate(list(some.values())), kinds, COLUMNS)
