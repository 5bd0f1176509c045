"""The limit: every line through ``orjson.loads`` and nothing else. ``python limit.py WORKERS KEEP FILE...``

KEEP 0: each event is dropped at once, the strictest limit. KEEP 1: the events of a block of 16 MB are kept until the
block ends, as anything that looks at events in batches must.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import orjson

BLOCK = 16 << 20
Unit = tuple[str, int, int]


def dropped(unit: Unit) -> int:
    count = 0
    loads = orjson.loads
    for line in _lines(unit):
        if line:
            loads(line)
            count += 1
    return count


def kept(unit: Unit) -> int:
    return len(list(map(orjson.loads, filter(None, _lines(unit)))))


def _lines(unit: Unit) -> list[bytes]:
    """The lines that begin in ``[start, end)`` of the file."""
    path, start, end = unit
    with Path(path).open("rb") as source:
        if start:
            source.seek(start - 1)
            start += len(source.readline()) - 1
        data = source.read(max(end - start, 0))
        data += source.readline() if data and not data.endswith(b"\n") else b""
    return data.split(b"\n")


def main(workers: int, keep: bool, files: list[str]) -> None:
    units = [
        (path, start, min(start + BLOCK, size))
        for path in files
        for size in [Path(path).stat().st_size]
        for start in range(0, size, BLOCK)
    ]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        print(sum(pool.imap_unordered(kept if keep else dropped, units)))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "1", sys.argv[3:])
