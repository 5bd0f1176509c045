"""The hosts of an operator, and what becomes of them: machines get new names, places get new machines, names and
addresses that are free again are given to others.

All of it follows from blueprint, size, span and seed: the hosts of a day are those of the beginning with all changes up
to that day made, one after the other.
"""

from __future__ import annotations

import ipaddress
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario.blueprint import Hosts, Operator

Kind = Literal["renamed", "replaced"]
Pool = deque[ipaddress.IPv4Address]

_CHANGES = 0.08
"""How often, on average, a machine of those that come and go gets a new name in a story or in a year, whichever is
longer; and as often it is replaced."""
_PASSED_ON = 0.5
"""Share of new machines that get a name which another had before."""


@dataclass(frozen=True, slots=True)
class Host:
    """``name`` is short; ``code`` a number of its own, from which habits follow. ``slow`` is by how many microseconds
    its clock is ahead from the first up to the second of the days ``slow_days``. ``machine`` numbers the machine
    itself, whatever it is called, and ``installed`` is the day since which it is there, 0 for always."""

    name: str
    domain: str
    role: Role
    system: Literal["windows", "linux"]
    site: str
    zone: str
    address: str
    sysmon: bool
    code: int
    slow: int = 0
    slow_days: tuple[int, int] = (0, 0)
    silent: tuple[int, int] = (0, 0)
    """Days on which nothing of it was kept."""
    machine: int = 0
    installed: int = 0
    last: Change | None = None
    """What last became of it."""

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.domain}".lower() if self.system == "linux" else f"{self.name}.{self.domain}"


@dataclass(frozen=True, slots=True)
class Change:
    """On ``day`` the host at the place ``index`` of the list, called ``was`` until then, gets the name ``name``;
    ``replaced``: it is another machine from then on, with another address. Names may be the same."""

    day: int
    index: int
    kind: Kind
    was: str
    name: str
    address: str


def hosts(
    operator: Operator,
    size: int,
    span: tuple[int, int],
    day: int | None,
    chance: Callable[..., random.Random],
) -> tuple[list[Host], list[Change]]:
    """The hosts as on ``day`` (None: at the end), in an order that never changes, and all changes up to then."""
    pools = _Pools(operator)
    found: list[Host] = []
    moments: list[tuple[int, int, Kind]] = []
    groups: list[Hosts] = []
    for group, number in _places(operator, size):
        name = _name(group, number)
        draw = chance("host", name)
        found.append(_host(operator, group, number, name, draw, pools, span))
        groups.append(group)
        if group.grows and group.system == "windows":
            moments += [(when, len(found) - 1, kind) for when, kind in _moments(draw, span)]
    counts = {group.prefix: sum(other.prefix == group.prefix for other in groups) for group in operator.hosts}
    freed: dict[str, list[str]] = {}
    changes: list[Change] = []
    for when, index, kind in sorted(moments):
        if day is not None and when > day:
            break
        host, group = found[index], groups[index]
        names = freed.setdefault(group.prefix, [])
        draw = chance("change", index, when, kind)
        if kind == "renamed":
            counts[group.prefix] += 1
            name, address = _name(group, counts[group.prefix]), host.address
        else:
            name = draw.choice(names) if names and draw.random() < _PASSED_ON else host.name
            address = pools.exchanged(host.site, host.address)
        if name != host.name:
            names.append(host.name)
            names[:] = [each for each in names if each != name]
        change = Change(when, index, kind, host.name, name, address)
        anew = {"machine": draw.getrandbits(32), "installed": when} if kind == "replaced" else {}
        found[index] = replace(host, name=name, address=address, last=change, **anew)  # type: ignore[arg-type]
        changes.append(change)
    return found, changes


def _places(operator: Operator, size: int) -> Iterator[tuple[Hosts, int]]:
    fixed = sum(group.count for group in operator.hosts if not group.grows)
    growing = sum(group.count for group in operator.hosts if group.grows) or 1
    factor = max(size - fixed, growing // 10) / growing
    for group in operator.hosts:
        count = max(1, round(group.count * factor)) if group.grows else group.count
        yield from ((group, number) for number in range(1, count + 1))


def _name(group: Hosts, number: int) -> str:
    name = f"{group.prefix}{number:04d}" if group.role is Role.WORKSTATION else f"{group.prefix}{number:02d}"
    return name if group.system == "windows" else name.lower()


def _host(
    operator: Operator, group: Hosts, number: int, name: str, draw: random.Random, pools: _Pools, span: tuple[int, int]
) -> Host:
    first, last = span
    spread = group.grows or (group.role is Role.DOMAIN_CONTROLLER and number > 1)
    site = operator.sites[_site(operator, draw) if spread else 0]
    slow, silent = (0, (0, 0)), (0, 0)
    if draw.random() < 0.04:
        slow = (draw.choice([-1, 1]) * draw.randrange(90, 5400) * 1_000_000, _spell(draw, first, last))
    if draw.random() < 0.06:
        silent = _spell(draw, first, last)
    sysmon, code = draw.random() < group.sysmon, draw.getrandbits(32)
    return Host(
        name=name, domain=operator.domain, role=group.role, system=group.system, site=site.name, zone=site.zone,
        address=pools.next(site.name, middle=group.role is Role.WORKSTATION), sysmon=sysmon, code=code, slow=slow[0],
        slow_days=slow[1] if slow[0] else (0, 0), silent=silent, machine=code,
    )  # fmt: skip


def _moments(draw: random.Random, span: tuple[int, int]) -> Iterator[tuple[int, Kind]]:
    """When a machine gets a new name, and when it is replaced; neither on the first days."""
    first, last = span
    kinds: tuple[Kind, ...] = ("renamed", "replaced")
    for kind in kinds:
        for _ in range(chances.count(draw, _CHANGES * max(1.0, (last - first) / 365))):
            yield draw.randrange(first + min(3, last - first - 1), last), kind


def _site(operator: Operator, draw: random.Random) -> int:
    return draw.choices(range(len(operator.sites)), [site.share for site in operator.sites])[0]


def _spell(draw: random.Random, first: int, last: int) -> tuple[int, int]:
    length = max(1, int((last - first) * draw.uniform(0.01, 0.06)))
    start = draw.randrange(first, max(first + 1, last - length))
    return start, start + length


@dataclass(slots=True)
class _Pools:
    """Addresses of each site: servers count from the start, workstations from the middle. Those that a machine gave
    up go to the next that needs one."""

    operator: Operator
    _taken: dict[tuple[str, bool], int] = field(default_factory=dict)
    _freed: dict[str, deque[str]] = field(default_factory=dict)

    def next(self, site: str, *, middle: bool) -> str:
        sites = self.operator.sites
        network = ipaddress.IPv4Network(self.operator.network)
        bits = max(len(sites) - 1, 1).bit_length()
        place = [each.name for each in sites].index(site)
        size = 1 << (32 - network.prefixlen - bits)
        number = self._taken[site, middle] = self._taken.get((site, middle), 0) + 1
        return str(network[place * size + (size // 2 if middle else 0) + number])

    def exchanged(self, site: str, address: str) -> str:
        """Another address in the place of ``address``, which is free from now on."""
        freed = self._freed.setdefault(site, deque())
        found = freed.popleft() if freed else self.next(site, middle=True)
        freed.append(address)
        return found
