"""The protocol of a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from ringleader.assess.ground import Ground
from ringleader.assess.statement import Aspect, Statement


class Question(Protocol):
    """``aspects`` are those of the rows that it answers with, ``what`` says what it asks. ``keys`` are the keys of
    ``data`` by aspect, each with its meaning, for the reference."""

    @property
    def aspects(self) -> tuple[Aspect, ...]: ...
    @property
    def what(self) -> str: ...
    @property
    def keys(self) -> Mapping[str, Mapping[str, str]]: ...

    def ask(self, ground: Ground) -> Iterator[Statement]:
        """What can be said, and what cannot: a row of confidence ``unknown`` with the reason."""
        ...
