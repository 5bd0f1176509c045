"""The values of a block in which keywords may occur: sought once, for all who ask about its rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ringleader.detect.held import Held, Piece
from ringleader.detect.keywords import Prefilter
from ringleader.detect.loose import Cells, Loose, Rows

_SMALL = 1 << 16
"""Bytes of values up to which those of several columns are searched together: a search costs as much as some of it."""


class Suspects:
    def __init__(self, plain: Held, loose: Loose) -> None:
        self._plain = plain
        self._loose = loose
        self._found: dict[Prefilter, list[Cells]] = {}

    def among(self, sieve: Prefilter) -> list[Cells]:
        """The values, with the rows that have them."""
        if sieve not in self._found:
            self._found[sieve] = [*self._in_columns(sieve), self._loose.at(_places(sieve, self._loose.texts))]
        return self._found[sieve]

    def _in_columns(self, sieve: Prefilter) -> Iterator[Cells]:
        small: list[Piece] = []
        for name in self._plain:
            for piece in self._plain.pieces(name):
                if piece.words.nbytes <= _SMALL:
                    small.append(piece)
                elif len(places := _places(sieve, piece.words)):
                    yield _cells(piece, places)
        if small:
            found = _places(sieve, pa.concat_arrays([piece.words for piece in small]))
            ends = np.cumsum([len(piece.words) for piece in small])
            owners = np.searchsorted(ends, found, side="right")
            for owner in np.unique(owners).tolist():
                piece = small[owner]
                yield _cells(piece, found[owners == owner] - (int(ends[owner]) - len(piece.words)))


def _places(sieve: Prefilter, words: pa.StringArray) -> Rows:
    return np.array(sieve.suspects(words), np.int64)


def _cells(piece: Piece, places: Rows) -> Cells:
    """The rows whose value is at one of ``places``."""
    codes = piece.codes
    rows = np.flatnonzero(np.isin(codes, places))
    return piece.start + rows, np.searchsorted(places, codes[rows]), piece.words.take(pa.array(places)).to_pylist()
