"""The ``evtx`` package and nothing else: every record as JSON text. ``python evtx_alone.py WORKERS FILE...``"""

from __future__ import annotations

import multiprocessing
import sys

from evtx import PyEvtxParser


def records(path: str) -> int:
    count = 0
    parsed = PyEvtxParser(path, number_of_threads=1).records_json()
    while True:
        try:
            next(parsed)
        except StopIteration:
            return count
        except RuntimeError:  # a damaged record
            continue
        count += 1


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(int(sys.argv[1])) as pool:
        print(sum(pool.imap_unordered(records, sys.argv[2:])))
