"""What traits are made of: one event of an intrusion, with what rules said of it and what its fields hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.profile import facts
from ringleader.profile.template import NOBODY, Names
from ringleader.schema import tables
from ringleader.store import FIELD_PREFIX

LONGEST = 4096
"""Characters of a field that are looked at."""
FIXED = ("event_id", "kind")

Slots = Mapping[str, tuple[str, ...]]
"""Slot (fields.yml) to its values, none of them empty."""
NOTHING: Slots = {}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One event of one intrusion. ``time``: microseconds since 1970; ``host`` by the name that the intrusion has for
    it. ``findings``: ids of the findings of this event; what their rules say is in the fields after it."""

    event_id: str
    time: int | None
    kind: str
    host: str
    account: str
    findings: tuple[str, ...]
    techniques: frozenset[str] = frozenset()
    tactics: frozenset[str] = frozenset()
    software: frozenset[str] = frozenset()
    slots: Slots = field(default_factory=dict)

    def all(self, *slots: str) -> Iterator[str]:
        for slot in slots:
            yield from self.slots.get(slot, ())

    def first(self, slot: str) -> str:
        return next(iter(self.slots.get(slot, ())), "")


@dataclass(frozen=True)
class Supplier:
    """A third party of the case file. ``accounts`` in lower case, without domains."""

    name: str
    accounts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True)
class Context:
    """What is known beside the evidence. ``roles``: host to its role. ``key`` hides subscribers' numbers; without one
    they are left out, with ``clear`` they are kept as they are."""

    names: Names = NOBODY
    roles: Mapping[str, str] = field(default_factory=dict)
    suppliers: tuple[Supplier, ...] = ()
    domains: frozenset[str] = frozenset()
    """Domains of the operator itself: nothing in them is an actor's."""
    key: bytes = b""
    clear: bool = False


def columns(kinds: Sequence[str]) -> list[str]:
    """The sources' fields that are wanted of events of these kinds."""
    return sorted({name for kind in kinds for names in facts.slots(kind).values() for name in names})


class Reader:
    """Slots of stored events. Telemetry is repetitive: equal values are the same object."""

    MOST = 20_000

    def __init__(self) -> None:
        self._memo: dict[tuple[object, ...], Slots] = {}

    def rows(self, table: pa.Table) -> Iterator[tuple[str, Slots]]:
        """``table``: events as stored, with at least event_id and kind."""
        kinds = pc.cast(table["kind"], pa.string()).to_pylist()
        ids = table["event_id"].to_pylist()
        rest = table["rest"].to_pylist() if "rest" in table.column_names else [None] * len(ids)
        plans = {kind: _plan(kind or "", table) for kind in set(kinds)}
        held: dict[str, list[str | None]] = {}
        for name in {name for plan in plans.values() for _, name, column in plan if column for name in (column,)}:
            held[name] = pc.cast(table[name], pa.string()).to_pylist()
        for at, (event_id, kind) in enumerate(zip(ids, kinds, strict=True)):
            plan = plans[kind]
            more = _more(rest[at])
            if more:
                yield event_id, _slots([(slot, _texts(more, name, column, held, at)) for slot, name, column in plan])
                continue
            values = tuple(held[column][at] if column else None for _, _, column in plan)
            key = (kind, *values)
            found = self._memo.get(key)
            if found is None:
                if len(self._memo) >= self.MOST:
                    self._memo.clear()
                found = _slots([(slot, [value]) for (slot, _, _), value in zip(plan, values, strict=True)])
                self._memo[key] = found
            yield event_id, found


def _plan(kind: str, table: pa.Table) -> list[tuple[str, str, str]]:
    """(slot, field, column or empty) in order."""
    plan = []
    for slot, names in facts.slots(kind).items():
        for name in names:
            column = FIELD_PREFIX + name if name in tables.EVENTS.names else name
            plan.append((slot, name, column if column in table.column_names else ""))
    return plan


def _more(rest: list[tuple[str, str]] | None) -> dict[str, str]:
    return dict(rest) if rest else {}


def _texts(
    more: Mapping[str, str], name: str, column: str, held: Mapping[str, list[str | None]], at: int
) -> list[str | None]:
    """A field's texts, wherever it is stored; lists are in ``rest``, as JSON."""
    found = [held[column][at]] if column else []
    stored = more.get(FIELD_PREFIX + name if name in tables.EVENTS.names else name)
    if stored:
        try:
            value = orjson.loads(stored)
        except ValueError:
            value = stored
        found += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)][:50]
    return found


def _slots(pairs: Sequence[tuple[str, Sequence[str | None]]]) -> Slots:
    found: dict[str, tuple[str, ...]] = {}
    for slot, values in pairs:
        texts = tuple(value[:LONGEST] for value in values if value and value != "-")
        if texts:
            found[slot] = found.get(slot, ()) + texts
    return found


Fetch = Callable[[pa.Array], Iterator[pa.Table]]
"""Asked for event ids, gives tables of those events as they are stored, each event once."""
