"""One Arrow table per kind from the events of a package: the fixed columns of ``schema.tables.EVENTS``, then the
source's own.

Rows are the places of events among all that were taken, in the order of evidence and offset.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.ingest.columns import Taken
from ringleader.ingest.place import Placed
from ringleader.ingest.texts import printable, to_json
from ringleader.schema import tables

BUDGET = 300
"""Columns of the source's own fields in a file of one kind; the most frequent win, by name where they are even."""

_BLOCK = 512
"""Rows whose columns are gathered by one call: few enough for their values to stay in the processor's cache."""

Numbers = npt.NDArray[np.int64]
Rest = tuple[Numbers, pa.StringArray, pa.StringArray]
"""Cells of the column ``rest``: row of the table, name, JSON."""


class Assembly:
    """``evidence_ids`` are those of the package's evidence, by index."""

    def __init__(self, taken: Taken, evidence_ids: Sequence[str]) -> None:
        self._forms = taken.forms
        self._values = taken.values.array(taken.rest)
        self._shapes = np.array(taken.shapes, np.int32)
        widths = np.array([len(form.names) for form in taken.forms], np.int64)[self._shapes]
        self._starts = np.cumsum(widths) - widths
        kinds = pa.array(taken.kinds, pa.string()).dictionary_encode()
        self._kinds, self._names = kinds.indices.to_numpy(), kinds.dictionary
        index, events = zip(*taken.evidence, strict=True)
        evidence, offsets = np.repeat(np.array(index, np.int32), events), np.array(taken.offsets, np.int64)
        self._order = np.lexsort((offsets, evidence))
        self._fixed = _fixed(taken.placed, evidence, offsets, evidence_ids)
        self._rest = _Rest(taken, self._shapes, self._starts)

    def kinds(self) -> Iterator[tuple[str, Numbers]]:
        """Kind and the rows of its events, sorted by kind."""
        groups = self._kinds[self._order]
        by_group = self._order[np.argsort(groups, kind="stable")]
        ends = np.cumsum(np.bincount(groups))
        names = self._names.to_pylist()
        for group in sorted(range(len(ends)), key=names.__getitem__):
            yield names[group], by_group[ends[group - 1] if group else 0 : ends[group]]

    def names(self, rows: Numbers) -> set[str]:
        """The columns of the sources' own fields that these events would fill, without a bound on their number."""
        shapes = np.unique(self._shapes[rows]).tolist()
        return {name for shape in shapes for name in self._forms[shape].names if name is not None}

    def table(self, rows: Numbers, budget: int) -> pa.Table:
        """Events of one kind or of several, with at most ``budget`` columns of the sources' own fields."""
        present, local = np.unique(self._shapes[rows], return_inverse=True)
        places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # column to (shape, position)
        counts: Counter[str] = Counter()
        loose: list[tuple[int, int, str]] = []  # (shape, position, name) of what gets no column
        for index, (shape, events) in enumerate(zip(present.tolist(), np.bincount(local).tolist(), strict=True)):
            form = self._forms[shape]
            for position, name in enumerate(form.names):
                if name is None:
                    loose.append((index, position, form.shown[position]))
                else:
                    places[name].append((index, position))
                    counts[name] += events
        rest = [self._rest.of(rows, counts)]
        names = sorted(_most_frequent(counts, budget))
        for name in places.keys() - set(names):
            loose += [(index, position, name) for index, position in places[name]]
        starts = self._starts[rows]
        if loose:
            rest.append(self._loose(loose, local, starts))
        fixed = self._fixed.take(pa.array(rows))
        columns = {name: fixed[name] for name in fixed.schema.names}
        columns["kind"] = self._names.take(pa.array(self._kinds[rows]))
        for name in ("evidence_id", "kind", "host"):
            columns[name] = columns[name].dictionary_encode()
        columns["rest"] = _pairs(rest, len(rows))
        own = self._own([places[name] for name in names], len(present), local, starts)
        schema = pa.schema([*(f.remove_metadata() for f in tables.EVENTS), *((name, pa.string()) for name in names)])
        return pa.table([*(columns[name] for name in tables.EVENTS.names), *own], schema=schema)

    def _own(
        self, columns: Sequence[list[tuple[int, int]]], shapes: int, local: Numbers, starts: Numbers
    ) -> list[pa.ChunkedArray]:
        """An array of the values at the (shape, position) pairs of each of ``columns``."""
        positions = np.full((len(columns), shapes), -1, np.int32)
        for column, places in enumerate(columns):
            for shape, position in places:
                positions[column, shape] = position
        chunks: list[list[pa.Array]] = [[] for _ in columns]
        for at in range(0, len(starts), _BLOCK):
            some = starts[at : at + _BLOCK]
            of_row = positions[:, local[at : at + _BLOCK]]
            absent = (of_row < 0).ravel()
            index = (of_row + some).ravel()
            found = self._values.take(pa.array(index, mask=absent) if absent.any() else pa.array(index))
            for column, chunk in enumerate(chunks):
                chunk.append(found.slice(column * len(some), len(some)))
        return [pa.chunked_array(chunk, pa.string()) for chunk in chunks]

    def _loose(self, loose: list[tuple[int, int, str]], local: Numbers, starts: Numbers) -> Rest:
        """The plain texts at the (shape, position, name) triples."""
        by_shape, ends = np.argsort(local, kind="stable"), np.cumsum(np.bincount(local))
        each = [by_shape[ends[shape - 1] if shape else 0 : ends[shape]] for shape, _, _ in loose]
        rows = np.concatenate(each)
        number = [len(some) for some in each]
        found = self._values.take(pa.array(starts[rows] + np.repeat([position for _, position, _ in loose], number)))
        shown = pa.array([printable(name) for _, _, name in loose], pa.string())
        names = shown.take(pa.array(np.repeat(np.arange(len(loose)), number)))
        plain = found.is_valid()
        texts = pa.array([to_json(text) for text in found.filter(plain).to_pylist()], pa.string())
        return rows[plain.to_numpy(zero_copy_only=False)], names.filter(plain), texts


class _Rest:
    """What is no plain text in all events of a package, in the order of the events' places."""

    def __init__(self, taken: Taken, shapes: npt.NDArray[np.int32], starts: Numbers) -> None:
        places = np.fromiter(taken.rest, np.int64, len(taken.rest))
        order = np.argsort(places)
        places = places[order]
        # Of events that begin at one place all are empty but the last.
        rows = np.searchsorted(starts, places, "right") - 1
        known: dict[tuple[str | None, str], int] = {}
        codes = []
        for shape, position in zip(shapes[rows].tolist(), (places - starts[rows]).tolist(), strict=True):
            form = taken.forms[shape]
            codes.append(known.setdefault((form.names[position], form.shown[position]), len(known)))
        self._columns = [name for name, _ in known]
        self._shown = pa.array([shown for _, shown in known], pa.string())
        self._codes = np.array(codes, np.int64)
        self._texts = pa.array(list(taken.rest.values()), pa.string()).take(pa.array(order))
        self._number = np.bincount(rows, minlength=len(starts)) if codes else None
        self._begin = np.cumsum(self._number) - self._number if self._number is not None else None

    def of(self, rows: Numbers, counts: Counter[str]) -> Rest:
        """That of ``rows``, by their index; taken off ``counts``, the values of each column."""
        if self._number is None or self._begin is None:
            return _NOTHING
        number = self._number[rows]
        within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        index = np.repeat(self._begin[rows], number) + within
        codes = self._codes[index]
        for code, times in zip(*(each.tolist() for each in np.unique(codes, return_counts=True)), strict=True):
            name = self._columns[code]
            if name is not None:
                counts[name] -= times
        local = np.repeat(np.arange(len(rows)), number)
        return local, self._shown.take(pa.array(codes)), self._texts.take(pa.array(index))


_NOTHING: Rest = (np.empty(0, np.int64), pa.array([], pa.string()), pa.array([], pa.string()))


def _pairs(found: list[Rest], rows: int) -> pa.Array:
    """The column ``rest``: in each row the pairs sorted by name, null where there are none."""
    places, names, texts = zip(*found, strict=True)
    row = np.concatenate(places)
    if not len(row):
        return pa.nulls(rows, tables.MAP)
    coded = pa.concat_arrays(names).dictionary_encode()
    rank = np.empty(len(coded.dictionary), np.int64)
    rank[sorted(range(len(rank)), key=coded.dictionary.to_pylist().__getitem__)] = np.arange(len(rank))
    order = pa.array(np.lexsort((rank[coded.indices.to_numpy()], row)))
    number = np.bincount(row, minlength=rows)
    offsets = pa.array(np.concatenate([[0], np.cumsum(number)]), pa.int32(), mask=np.append(number == 0, False))
    return pa.MapArray.from_arrays(offsets, pa.concat_arrays(names).take(order), pa.concat_arrays(texts).take(order))


def _fixed(
    placed: Sequence[Placed], evidence: npt.NDArray[np.int32], offsets: Numbers, evidence_ids: Sequence[str]
) -> pa.RecordBatch:
    """The fixed columns in which the kind plays no part, all as plain texts."""
    ids, short = (pa.array(each, pa.string()) for each in (evidence_ids, [item[:16] for item in evidence_ids]))
    index = pa.array(evidence)
    columns = {
        "event_id": pc.binary_join_element_wise(short.take(index), pa.array(offsets).cast(pa.string()), _DASH),
        "evidence_id": ids.take(index),
        "time": pa.concat_arrays([item.time for item in placed]),
        "time_raw": pa.concat_arrays([item.time_raw for item in placed]),
        "host": pa.concat_arrays([item.host for item in placed]),
    }
    return pa.record_batch(columns)


_DASH = pa.scalar("-", pa.string())
# With types given throughout: where Arrow has to guess, it looks for dateutil on the disk, each time.


def _most_frequent(counts: Counter[str], most: int) -> list[str]:
    return sorted((name for name in counts if counts[name] > 0), key=lambda name: (-counts[name], name))[:most]
