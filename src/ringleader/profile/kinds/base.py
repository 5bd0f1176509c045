"""The protocol of a kind of trait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from ringleader.profile.facts import Basis
from ringleader.profile.gather import Gathered
from ringleader.profile.sighting import Context, Sighting


class Mark(NamedTuple):
    """That an event shows ``value``, and what that rests on."""

    value: str
    basis: Basis


class Kind(Protocol):
    """``name`` is that of the column ``kind`` of traits, ``what`` its description in the docs, ``most`` how many values
    of an intrusion are kept. ``timeless``: the marks depend on the event's slots alone, so that equal ones are looked
    at once."""

    @property
    def name(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def most(self) -> int: ...
    @property
    def timeless(self) -> bool: ...

    def of(self, sighting: Sighting, context: Context) -> Iterable[Mark]:
        """What one event shows. The same value twice counts once."""
        ...

    def whole(self, found: Mapping[str, Gathered]) -> dict[str, Gathered]:
        """What all values of an intrusion say together; most kinds give back what they were given."""
        ...


class Plain:
    """What most kinds have in common."""

    most = 100
    timeless = True

    def whole(self, found: Mapping[str, Gathered]) -> dict[str, Gathered]:
        return dict(found)
