"""Long texts cut into lines, without a string of Python's for each: script blocks and context dumps repeat nearly all
of their lines, so hundreds of megabytes come down to a few thousand distinct ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

_FEED = ord("\n")

Key = tuple[tuple[int, ...], int, int]
"""What the lines of a text were numbered, each number but 0 once and ascending; the first line's and the last's."""


class Lines:
    """``distinct``: the lines of all ``texts``, each with the line feed that ends it."""

    def __init__(self, texts: pa.StringArray) -> None:
        _, offsets, content = texts.buffers()
        bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        low, high = int(bounds[0]), int(bounds[-1])
        feeds = np.flatnonzero(np.frombuffer(content, np.uint8)[low:high] == _FEED)
        cuts = np.sort(np.concatenate([bounds, (feeds + (low + 1)).astype(np.int32)]), kind="stable")  # merges the two
        cuts = cuts[np.diff(cuts, prepend=-1) > 0]
        coded = pa.StringArray.from_buffers(len(cuts) - 1, pa.py_buffer(cuts), content).dictionary_encode()
        self.sizes = np.diff(bounds)
        self.distinct: list[str] = coded.dictionary.to_pylist()
        self._codes = coded.indices.to_numpy()
        self._bounds = np.searchsorted(cuts, bounds)

    def keys(self, number: Callable[[str], int]) -> list[Key | None]:
        """What each text's lines are numbered; None for a text in which any number is negative."""
        of_line = np.fromiter(map(number, self.distinct), np.int64, len(self.distinct))
        numbers = np.append(of_line[self._codes], 0)  # the last for texts without any line
        told = np.flatnonzero(numbers)
        width = int(numbers.max(initial=0)) + 2
        owners = np.searchsorted(self._bounds, told, side="right") - 1
        pairs = np.unique(owners * width + numbers[told] + 1)
        found: list[list[int]] = [[] for _ in self.sizes]
        for owner, each in zip((pairs // width).tolist(), (pairs % width - 1).tolist(), strict=True):
            found[owner].append(each)
        ends = np.stack([self._bounds[:-1], self._bounds[1:] - 1])
        first, last = numbers[np.where(self.sizes > 0, ends, -1)].tolist()
        return [
            None if mine and mine[0] < 0 else (tuple(mine), one, other)
            for mine, one, other in zip(found, first, last, strict=True)
        ]
