"""From decoded events to the columns of a package: the values of a batch go into one long array of texts, event after
event, while they are still in the processor's cache. Of an event only its *shape* (its names, in their order) and its
place in that array are kept, from which :mod:`ringleader.ingest.assemble` gathers the columns.

This is the hot path of ingest: no event is looked at twice, and one array is cheap to build where many were not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any

from ringleader.ingest.place import Placed
from ringleader.ingest.texts import Texts, is_utf8, printable, to_json
from ringleader.schema import value
from ringleader.schema.batch import Batch, Event
from ringleader.store.layout import column_name

ROWS = 1_000_000
BYTES = 512 << 20
"""Events, and bytes of their values, after which :attr:`Columns.full` asks for :meth:`Columns.take`: what is small, or
long once unpacked, must not fill the memory."""

_LONGEST_NAME = 200


@dataclass(slots=True)
class Shape:
    """``names`` are the columns of an event's values, in its order; None for a name that no column can have, whose
    values go to ``rest``. ``shown`` are the names there. ``odd`` are positions that held something else than a
    string."""

    names: list[str | None]
    shown: list[str]
    odd: set[int]


@dataclass(slots=True)
class Taken:
    """Events in the order in which they came, one entry an event in ``shapes`` (places in ``forms``), ``offsets`` and
    ``kinds``. ``evidence`` has an index and a number of events by batch. ``rest`` is the JSON of values that are no
    plain text (lists, null), by their place in ``values``, which holds an empty text there."""

    forms: list[Shape] = field(default_factory=list)
    shapes: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    evidence: list[tuple[int, int]] = field(default_factory=list)
    values: Texts = field(default_factory=Texts)
    rest: dict[int, str] = field(default_factory=dict)
    placed: list[Placed] = field(default_factory=list)


class Columns:
    """Collects the events of one package."""

    def __init__(self) -> None:
        self._taken = Taken()
        # By the exporter's renames, then by an event's names.
        self._known: defaultdict[tuple[tuple[str, str], ...], dict[tuple[str, ...], int]] = defaultdict(dict)

    @property
    def full(self) -> bool:
        return len(self._taken.kinds) >= ROWS or self._taken.values.nbytes >= BYTES

    def add(self, batch: Batch, evidence: int) -> None:
        """Take a batch of the evidence with this index; :meth:`place` must follow, for one or several batches."""
        taken, events = self._taken, batch.events
        keys = list(map(tuple, events))
        known = self._known[tuple(sorted((theirs, ours) for ours, theirs in batch.renames.items()))]
        shapes = list(map(known.get, keys))
        if None in shapes:
            canonical = {theirs: ours for ours, theirs in batch.renames.items()}
            for names, event in zip(keys, events, strict=True):
                if names not in known:
                    known[names] = len(taken.forms)
                    taken.forms.append(_shape(event, canonical))
            shapes = list(map(known.__getitem__, keys))
        self._values(list(chain.from_iterable(map(dict.values, events))), shapes)  # type: ignore[arg-type]
        taken.shapes += shapes  # type: ignore[arg-type]
        taken.offsets += batch.offsets
        taken.kinds += batch.kinds
        taken.evidence.append((evidence, len(events)))

    def place(self, placed: Placed) -> None:
        """Time and host of the events since the last call."""
        self._taken.placed.append(placed)

    def take(self) -> Iterator[Taken]:
        """All events since the last call, if any."""
        taken, self._taken = self._taken, Taken()
        self._known.clear()
        if taken.kinds:
            yield taken

    def _values(self, flat: list[Any], shapes: list[int]) -> None:
        """Take the values of events one after the other. What is no string is made one, or goes to ``rest``."""
        taken = self._taken
        forms = list(map(taken.forms.__getitem__, shapes))
        start = 0
        for form in forms:
            for position in form.odd:
                item = flat[start + position]
                if type(item) is int:
                    flat[start + position] = str(item)
                else:
                    self._text(flat, start + position)
            start += len(form.names)
        try:
            taken.values.add(flat)
        except (TypeError, UnicodeEncodeError):
            starts = list(accumulate((len(form.names) for form in forms), initial=0))
            for at in [at for at, item in enumerate(flat) if type(item) is not str or not is_utf8(item)]:
                self._text(flat, at)
                event = bisect_right(starts, at) - 1
                forms[event].odd.add(at - starts[event])
            taken.values.add(flat)

    def _text(self, flat: list[Any], at: int) -> None:
        text = value.text(flat[at])
        if isinstance(text, str) and is_utf8(text):
            flat[at] = text
        else:
            self._taken.rest[len(self._taken.values) + at] = to_json(text)
            flat[at] = ""


def _shape(event: Event, canonical: Mapping[str, str]) -> Shape:
    columns = [column_name(canonical.get(name, name)) for name in event]
    names = [column if _fit(name) else None for name, column in zip(event, columns, strict=True)]
    if len(set(columns)) < len(columns):  # two names of one meaning: the first has the column
        names = [name if columns.index(columns[at]) == at else None for at, name in enumerate(names)]
    odd = {at for at, item in enumerate(event.values()) if type(item) is not str}
    return Shape(names, list(map(printable, columns)), odd)


def _fit(name: str) -> bool:
    """Whether a field's name can be the name of a column in every tool."""
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable()
