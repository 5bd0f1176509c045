"""Kernels for the tests of engines: a worker imports them by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


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


OPENED: list[str] = []


def open_here(argument: str) -> None:
    OPENED.append(f"{argument} by {os.getpid()}")


def opened(_: int) -> tuple[list[str], int, int]:
    """What the process that this one was forked from has opened, its id, and how many threads it has."""
    return OPENED, os.getppid(), len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))


def busy(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
