"""One name per host: evidence mixes short names, full names and addresses."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from ringleader.schema import host

HOUR = 3_600_000_000
STALE = 24 * HOUR
"""Microseconds after which a sighting of an address says nothing about whose it is, where it changes owner."""

Sighting = tuple[str, str, int | None]
"""An address, whose it is, and when."""


class Hosts:
    """Knows the names that occur. A short name stands for a full one if exactly one full name begins with it."""

    def __init__(self, names: Iterable[str], addresses: Iterable[Sighting] = ()) -> None:
        known = {_plain(name) for name in names}
        self._full = host.full_names(known)
        self._known = known | set(self._full)
        self._owner: dict[str, str] = {}
        self._lent: dict[str, list[tuple[int, str]]] = {}
        seen: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
        for address, owner, time in addresses:
            seen[_plain(address)].add((time or 0, self.name(owner)))
        for address, sightings in seen.items():
            owners = {owner for _, owner in sightings}
            if len(owners) == 1:
                self._owner[address] = owners.pop()
            else:
                self._lent[address] = sorted(sightings)

    def knows(self, name: str) -> bool:
        """Whether that is the name of a host of the evidence."""
        return _plain(name) in self._known

    def name(self, name: str, time: int | None = None) -> str:
        """The full name where it is known (web servers log their address), else the name itself; lower case."""
        lowered = _plain(name)
        return self._full.get(lowered) or self.of_address(lowered, time) or lowered

    def of_address(self, address: str, time: int | None = None) -> str | None:
        """The host that has this address at that time. Of an address that changes its owner, the one who was seen with
        it nearest in time, unless two had it within an hour of then: it is translated or shared, and nobody's."""
        plain = _plain(address)
        if plain in self._owner:
            return self._owner[plain]
        sightings = self._lent.get(plain)
        if sightings is None or time is None:
            return None
        start, end = bisect_left(sightings, (time - HOUR, "")), bisect_right(sightings, (time + HOUR, "\uffff"))
        if len({owner for _, owner in sightings[start:end]}) > 1:
            return None
        at = bisect_left(sightings, (time, ""))
        near = min(sightings[max(at - 1, 0) : at + 1], key=lambda one: (abs(one[0] - time), one))
        return near[1] if abs(near[0] - time) <= STALE else None


def _plain(name: str) -> str:
    return name.strip().lower().lstrip("\\").removeprefix("::ffff:")
