"""Texts for Arrow: one long array that grows, and forms for what UTF-8 or a column cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ringleader.schema import value

_MOST = 2**31 - 1
"""Bytes that the offsets of an Arrow array of texts can reach."""
_ROOM = 80 << 20
"""Bytes that are enough for most packages. Room costs nothing until it is used, growing is a copy."""


class Texts:
    """Texts that become one Arrow array. They are copied by the batch, while they are in the processor's cache."""

    def __init__(self) -> None:
        self._data = np.empty(_ROOM, np.uint8)
        self._used = 0
        self._ends: list[npt.NDArray[np.int32]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        return self._used + 4 * self._length

    def add(self, texts: list[str]) -> None:
        """Raises TypeError or UnicodeEncodeError, and takes none, if any is no text or has half a surrogate pair.
        Raises MemoryError for more than 2 GiB, which no worker may hold."""
        joined = "".join(texts)
        if joined.isascii():
            ends = np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), dtype=np.int32)
        else:
            # Arrow counts their bytes fastest.
            ends = np.frombuffer(pa.array(texts, pa.string()).buffers()[1], np.int32, len(texts) + 1)[1:]
        data = joined.encode()
        end = self._used + len(data)
        if end > _MOST:
            raise MemoryError("more than 2 GiB of texts")
        if end > len(self._data):
            self._data = np.concatenate([self._data[: self._used], np.empty(end, np.uint8)])
        self._data[self._used : end] = np.frombuffer(data, np.uint8)
        self._ends.append(ends + np.int32(self._used))
        self._used = end
        self._length += len(texts)

    def array(self, nulls: Iterable[int]) -> pa.StringArray:
        """All texts, those at the places ``nulls`` taken for null; none can be added any more."""
        ends = np.concatenate([np.zeros(1, np.int32), *self._ends])
        valid = np.ones(self._length, bool)
        valid[np.fromiter(nulls, np.int64)] = False
        validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
        data = pa.py_buffer(self._data[: self._used])
        return pa.StringArray.from_buffers(self._length, pa.py_buffer(ends), data, validity)


def is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str) -> str:
    """``text`` with half surrogate pairs, which UTF-8 cannot hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def to_json(text: value.Text) -> str:
    """JSON for the column ``rest``; half surrogate pairs as escapes."""
    try:
        return orjson.dumps(text).decode()
    except TypeError:
        return json.dumps(text, separators=(",", ":"))
