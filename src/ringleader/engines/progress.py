"""What long work tells whoever waits for it. The command line draws bars from it; ``Silent`` is for everyone else."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def begin(self, what: str, total: int | None = None, unit: str = "") -> None:
        """A new piece of work, such as ``Reading evidence``; ``total`` in ``unit`` (``bytes`` are shown as sizes)."""

    def advance(self, amount: int = 1) -> None:
        """So much more of the current piece is done."""

    def say(self, text: str) -> None:
        """Something that people should know now. Not for what a summary says later."""


class Silent:
    def begin(self, what: str, total: int | None = None, unit: str = "") -> None:
        pass

    def advance(self, amount: int = 1) -> None:
        pass

    def say(self, text: str) -> None:
        pass
