"""Kernels for the tests of engines: a worker imports them by name."""

from __future__ import annotations

import os
import signal
import time


def square(number: int) -> int:
    return number * number


def slow_first(number: int) -> int:
    time.sleep(0.5 if number == 0 else 0)
    return number


def obey(order: str) -> str:
    if order == "hang":
        time.sleep(600)
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "eat":
        return str(len(b"x" * (4 << 30)))
    if order == "raise":
        raise ValueError("not today")
    if order == "pid":
        return str(os.getpid())
    return order


def busy(path: str) -> None:
    from pathlib import Path

    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
