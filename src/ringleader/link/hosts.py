"""One name per host: evidence mixes short names, full names and addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ringleader.schema import host


class Hosts:
    """Knows the names that occur. A short name stands for a full one if exactly one full name begins with it."""

    def __init__(self, names: Iterable[str], addresses: Iterable[tuple[str, str]] = ()) -> None:
        self._full = host.full_names({_plain(name) for name in names})
        self._owner: dict[str, str] = {}
        owners: defaultdict[str, set[str]] = defaultdict(set)
        for address, owner in addresses:
            owners[_plain(address)].add(self.name(owner))
        # An address of several hosts is translated or shared: it says nothing about which one it was.
        self._owner = {address: next(iter(names)) for address, names in owners.items() if len(names) == 1}

    def name(self, name: str) -> str:
        """The full name where it is known (web servers log their address), else the name itself; lower case."""
        lowered = _plain(name)
        return self._full.get(lowered) or self._owner.get(lowered, lowered)

    def of_address(self, address: str) -> str | None:
        """The host that has this address."""
        return self._owner.get(_plain(address))


def _plain(name: str) -> str:
    return name.strip().lower().lstrip("\\").removeprefix("::ffff:")
