"""The protocol of an exporter, and what all of them are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from ringleader.case import Config
from ringleader.export import rare, subject
from ringleader.export.victims import Victims
from ringleader.schema.tlp import Tlp
from ringleader.store import Store


@dataclass(frozen=True, slots=True)
class Options:
    """``victims``: names of the operator's hosts and accounts may go in; None for what the format is used for.
    ``named``: the organisation's own name may. ``as_of``: the time that goes in as that of the last change, by default
    that of the latest event. ``outside``: most matches outside any intrusion that a value may have to be exported as an
    indicator."""

    tlp: Tlp = Tlp.AMBER
    victims: bool | None = None
    named: bool = True
    as_of: datetime | None = None
    outside: int = 0


class Source:
    """A case, read as far as an exporter asks."""

    def __init__(self, store: Store, config: Config) -> None:
        self.store = store
        self.config = config

    @cached_property
    def material(self) -> subject.Material:
        return subject.read(self.store, self.config)

    @cached_property
    def victims(self) -> Victims:
        return Victims.of(self.store, self.config)

    @cached_property
    def history(self) -> rare.History:
        return rare.count(self.store, self.material, self.config)


class Exporter(Protocol):
    """``name`` is that of the command line, ``what`` says what it is for, ``suffix`` ends the file's name, ``internal``
    formats are for the operator's own people and name its hosts and accounts unless told otherwise."""

    @property
    def name(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def internal(self) -> bool: ...

    def write(self, source: Source, options: Options) -> Iterable[str]:
        """The file, in pieces. The same case and options give the same text."""
        ...

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        """What the user should know of this export: what is missing or was left out. Called after ``write``."""
        ...
