"""The contract of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

CODES = {
    "timeout": "the unit took longer than its limit and was stopped",
    "memory": "the unit needed more memory than its limit",
    "died": "the process working on the unit ended without an answer",
    "error": "the kernel raised an exception; the detail names it",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Stands for the result of a unit that has none. ``code`` is one of :data:`CODES`."""

    code: str
    detail: str


class Engine(Protocol):
    workers: int
    """How many units are worked on at the same time."""

    def map(
        self,
        kernel: Callable[[T], R],
        units: Iterable[T],
        *,
        timeout: float | Callable[[T], float] | None = None,
        memory: int | None = None,
        most: int | None = None,
    ) -> Iterator[tuple[T, R | Failure]]:
        """Results in the order of ``units``, which are drawn as they are needed and never far ahead.

        ``timeout`` (seconds, or a function of the unit) and ``memory`` (bytes of data of one process) bound one unit:
        one that goes beyond, or kills its process, gives a :class:`Failure`, and the others go on. ``kernel`` is a
        function of a module. Closing the iterator stops the work. ``most``: units at a time, if fewer than ``workers``
        are worth starting.
        """

    def prepare(self, opened: Callable[[str], object], argument: str) -> None:
        """Processes that work from now on are to have called ``opened(argument)``, so that they may share what it
        keeps. A hint: kernels must do without."""
