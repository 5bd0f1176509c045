"""Texts for Arrow: one long array that grows, and forms for what UTF-8 or a column cannot hold."""

from __future__ import annotations

import json

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
    """Arrays of texts, one after the other. Each is copied while it is still in the processor's cache, and its memory
    used again for the next."""

    def __init__(self) -> None:
        self._data = np.empty(_ROOM, np.uint8)
        self._used = 0
        self._ends: list[npt.NDArray[np.int32]] = []
        self._nulls: list[npt.NDArray[np.int64]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        return self._used + 4 * self._length

    def add(self, array: pa.StringArray) -> npt.NDArray[np.int64]:
        """Where the nulls of ``array``, which is no slice, are among all texts. Raises MemoryError for more than 2 GiB,
        which no worker may hold."""
        _, ends, data = array.buffers()
        of_array = np.frombuffer(ends, np.int32, len(array) + 1)[1:] if len(array) else np.empty(0, np.int32)
        length = int(of_array[-1]) if len(array) else 0
        end = self._used + length
        if end > _MOST:
            raise MemoryError("more than 2 GiB of texts")
        if end > len(self._data):
            self._data = np.concatenate([self._data[: self._used], np.empty(end, np.uint8)])
        if length:
            self._data[self._used : end] = np.frombuffer(data, np.uint8, length)
        self._ends.append(of_array + np.int32(self._used))
        self._used = end
        nulls = np.empty(0, np.int64)
        if array.null_count:
            nulls = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)) + self._length
            self._nulls.append(nulls)
        self._length += len(array)
        return nulls

    def array(self) -> pa.StringArray:
        """All texts; none can be added any more."""
        ends = np.concatenate([np.zeros(1, np.int32), *self._ends])
        validity = None
        if self._nulls:
            valid = np.ones(self._length, bool)
            valid[np.concatenate(self._nulls)] = False
            validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
        return pa.StringArray.from_buffers(
            self._length, pa.py_buffer(ends), pa.py_buffer(self._data[: self._used]), validity
        )


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
