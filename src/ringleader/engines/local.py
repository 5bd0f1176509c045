"""Processes on this machine, through pebble, which replaces a process that hangs or dies without losing the other
units."""

from __future__ import annotations

import ctypes
import gc
import json
import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as UnitTimeout
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from ringleader.engines.base import Failure

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Units handed out beyond one for each worker, so that no worker waits for the parent."""

PREPARE = "RINGLEADER_PREPARE"
"""The variable by which the fork server learns what to open."""

_FRAME = re.compile(r'File ".*?([^/\\"]+)", line (\d+), in (\S+)')

# Arrow's own allocators reserve address space by the gigabyte and keep what was freed; the C library's can be limited
# and trimmed.
_ENVIRONMENT = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class Local:
    """``workers`` processes, by default one for each core that this process may use; one worker is a process too."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()
        self._prepared = ""

    def prepare(self, opened: Callable[[str], object], argument: str) -> None:
        """Takes effect if the fork server does not run yet."""
        self._prepared = json.dumps([opened.__module__, opened.__name__, argument])

    def map(
        self,
        kernel: Callable[[T], R],
        units: Iterable[T],
        *,
        timeout: float | Callable[[T], float] | None = None,
        memory: int | None = None,
        most: int | None = None,
    ) -> Iterator[tuple[T, R | Failure]]:
        limit = timeout if callable(timeout) else lambda _: timeout
        workers = min(self.workers, most or self.workers)
        pool = ProcessPool(
            max_workers=workers,
            context=_context(kernel.__module__, self._prepared),
            initializer=_start_worker,
            initargs=(memory,),
        )
        running: deque[tuple[T, Any]] = deque()
        try:
            with _no_interrupt():
                # Asking starts the workers. Interrupted in the middle, the pool would not know all of them, and those
                # would print what they miss.
                pool.active  # noqa: B018
            for unit in units:
                running.append((unit, pool.schedule(_run, args=(kernel, unit), timeout=limit(unit))))
                if len(running) >= workers + AHEAD:
                    yield _answer(*running.popleft())
            while running:
                yield _answer(*running.popleft())
        finally:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _answer(unit: T, future: Any) -> tuple[T, Any | Failure]:
    try:
        return unit, future.result()
    except UnitTimeout:
        return unit, Failure("timeout", "stopped at the limit of time")
    except ProcessExpired as error:
        return unit, Failure("died", f"process ended with code {error.exitcode}")
    except MemoryError:
        return unit, Failure("memory", "went beyond the limit of memory")
    except Exception as error:  # noqa: BLE001  (whatever a kernel raises is this unit's failure, not the run's)
        return unit, Failure("error", f"{type(error).__name__}: {error}"[:500] + _origin(error))


def _origin(error: Exception) -> str:
    """Where in the worker ``error`` was raised, innermost last, so that a bug can be found from what a run says."""
    places = _FRAME.findall(getattr(error, "traceback", None) or "")[-3:]
    return f" (at {', '.join(f'{file}:{line} {name}' for file, line, name in places)})" if places else ""


def _run(kernel: Callable[[T], R], unit: T) -> R:
    try:
        return kernel(unit)
    finally:
        # Off while a kernel runs: decoded events hold no cycles, and the collector would walk millions of them. Only
        # what is new since the last unit is looked at: what a kernel keeps from unit to unit would be walked each time.
        gc.collect(0)
        _give_back_memory()


def _start_worker(memory: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if memory is not None and resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    """A killed run must not leave workers behind that still write."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _give_back_memory() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _context(module: str, prepared: str) -> BaseContext:
    """Forking this process is unsafe once Arrow has threads, and starting Python anew for each worker is slow. A fork
    server is a clean process that has imported what is needed and forks workers in a millisecond, also those after a
    death; what it has opened they share."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ringleader.engines.local", module, "ringleader.engines.nursery"])
    # Ctrl-C reaches every process of a terminal. The fork server inherits this mask, so that it and the workers that
    # have not come to ignore the signal yet do not print a traceback each.
    resource_tracker.ensure_running()  # which the fork server would start, and that would undo the mask
    os.environ[PREPARE] = prepared
    with _no_interrupt():
        forkserver.ensure_running()
    del os.environ[PREPARE]
    return context


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Ctrl-C waits until the end of this.

    Blocked for the processes that start here, and kept back in this one: another thread may receive the signal, and
    Python would run its handler in the main thread all the same.
    """
    kept: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda number, _: kept.append(number)) if main else None
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if main:
            signal.signal(signal.SIGINT, handler)
    if kept:
        signal.raise_signal(signal.SIGINT)
