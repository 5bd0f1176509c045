"""Values of stored events that no column holds: lists, explicit nulls, and fields beyond a file's number of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

Rows = npt.NDArray[np.int64]
Cells = tuple[Rows, Rows, list[Any]]
"""Rows, ascending; for each the place of its value in the list."""


class Loose:
    """``rows`` ascend; in each the field ``names`` has the value that ``texts`` says as JSON."""

    def __init__(self, rows: Rows, names: pa.StringArray, texts: pa.StringArray) -> None:
        self.rows = rows
        self.texts = texts
        coded = names.dictionary_encode()
        self._names = coded.indices.to_numpy()
        self._numbers = {name: number for number, name in enumerate(coded.dictionary.to_pylist())}
        self._known: dict[str, Cells] = {}

    @classmethod
    def of_column(cls, column: pa.ChunkedArray) -> Loose:
        """From the column ``rest`` of some rows."""
        rows, names, texts = [np.empty(0, np.int64)], [pa.array([], pa.string())], [pa.array([], pa.string())]
        start = 0
        for chunk in column.chunks:
            offsets = np.asarray(chunk.offsets)
            counts = np.where(np.asarray(chunk.is_valid()), np.diff(offsets), 0)
            rows.append(np.repeat(np.arange(start, start + len(chunk)), counts))
            low, high = int(offsets[0]), int(offsets[-1])
            names.append(chunk.keys.slice(low, high - low))
            texts.append(chunk.items.slice(low, high - low))
            start += len(chunk)
        return cls(np.concatenate(rows), pa.concat_arrays(names), pa.concat_arrays(texts))

    def cells(self, name: str) -> Cells:
        """The values of one field."""
        known = self._known.get(name)
        if known is None:
            number = self._numbers.get(name, -1)
            known = self._known[name] = self.at(np.flatnonzero(self._names == number) if number >= 0 else _NOWHERE)
        return known

    def at(self, places: Rows) -> Cells:
        """The values at some places, each distinct one once."""
        if not len(places):
            return _NOWHERE, _NOWHERE, []
        coded = self.texts.take(pa.array(places)).dictionary_encode()
        contents = [orjson.loads(text) for text in coded.dictionary.to_pylist()]
        return self.rows[places], coded.indices.to_numpy(), contents

    def event(self, row: int) -> dict[str, Any]:
        """All values of one row."""
        low, high = np.searchsorted(self.rows, [row, row + 1]).tolist()
        names = list(self._numbers)
        return {names[self._names[place]]: orjson.loads(self.texts[place].as_py()) for place in range(low, high)}


_NOWHERE = np.empty(0, np.int64)
