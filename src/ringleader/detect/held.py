"""The columns of some rows, as they were read until somebody asks for the distinct values of one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.int32]
Encoded = tuple[Codes, pa.StringArray]
"""The code of each row, -1 for missing, and the values that the codes stand for, distinct unless they are long."""


class Piece:
    """Rows of a column that follow each other. ``start``: the first one's place. ``words``: their values, which
    :attr:`codes` refer to."""

    def __init__(self, start: int, values: pa.Array) -> None:
        self.start = start
        self.end = start + len(values)
        self.coded = pa.types.is_dictionary(values.type)
        self.words: pa.StringArray = values.dictionary if self.coded else values
        self._indices = values.indices if self.coded else values
        self.values = values

    @classmethod
    def whole(cls, encoded: Encoded) -> Piece:
        """A column that is encoded already."""
        codes, words = encoded
        made = cls.__new__(cls)
        made.start, made.end, made.coded, made.words, made.codes = 0, len(codes), True, words, codes
        return made

    @cached_property
    def codes(self) -> Codes:
        """The place of each row's value among the words, -1 for missing."""
        indices = self._indices
        first, size = indices.offset, len(indices)
        if self.coded:
            found = np.frombuffer(indices.buffers()[1], np.int32)[first : first + size]
        else:
            found = np.arange(size, dtype=np.int32)
        if not indices.null_count:
            return found
        valid = np.unpackbits(np.frombuffer(indices.buffers()[0], np.uint8), count=first + size, bitorder="little")
        return np.where(valid[first:], found, np.int32(-1))


class Held(Mapping[str, Encoded]):
    """``pieces``: column to what was read of it; of rows in between it has no value. ``rows``: those of all columns."""

    def __init__(self, rows: int, pieces: dict[str, list[Piece]]) -> None:
        self._rows = rows
        self._pieces = pieces
        self._encoded: dict[str, Encoded] = {}

    def __getitem__(self, name: str) -> Encoded:
        found = self._encoded.get(name)
        if found is None:
            found = self._encoded[name] = self._encode(self._pieces[name])
            self._pieces[name] = [Piece.whole(found)]  # not kept in memory twice
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def pieces(self, name: str) -> Sequence[Piece]:
        """The values of a column for who only wants to look at some."""
        return self._pieces[name]

    def texts(self, name: str, rows: Sequence[int]) -> list[str | None]:
        """The values of some rows, which ascend."""
        out: list[str | None] = [None] * len(rows)
        for piece in self._pieces[name]:
            low, high = bisect_left(rows, piece.start), bisect_left(rows, piece.end)
            if low < high:
                codes = piece.codes[np.array(rows[low:high]) - piece.start].tolist()
                # Each distinct one once: a long text that many rows share must not become as many.
                known = {code: piece.words[code].as_py() for code in set(codes) if code >= 0}
                out[low:high] = map(known.get, codes)
        return out

    def _encode(self, pieces: Sequence[Piece]) -> Encoded:
        if len(pieces) == 1 and pieces[0].end - pieces[0].start == self._rows:
            return pieces[0].codes, pieces[0].words
        codes = np.full(self._rows, -1, np.int32)
        parts: list[pa.Array] = []
        known = 0
        coded = [piece for piece in pieces if piece.coded]
        if len(coded) > 1:
            unified = pa.chunked_array([piece.values for piece in coded]).unify_dictionaries()
            parts.append(unified.chunk(0).dictionary)
            known = len(parts[0])
            for piece, values in zip(coded, unified.chunks, strict=True):
                codes[piece.start : piece.end] = Piece(0, values).codes
        for piece in pieces:
            if not piece.coded or len(coded) == 1:
                codes[piece.start : piece.end] = np.where(piece.codes >= 0, piece.codes + np.int32(known), -1)
                known += len(piece.words)
                parts.append(piece.words)
        return codes, parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
