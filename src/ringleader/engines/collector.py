"""Python's search for cycles, off while millions of rows that hold none are in memory. Workers have it off anyway."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Rows come and go by their reference counts; walking them over and over costs a link two fifths
    of its time. What was there before is not walked again either."""
    was = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()
