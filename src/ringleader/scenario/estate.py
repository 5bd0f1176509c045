"""An operator as it stands: hosts, people, accounts, suppliers, subscribers, all following from blueprint, size and
seed."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Literal

import yaml

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario.blueprint import Operator, Supplier


@dataclass(frozen=True, slots=True)
class Account:
    """``name`` without its domain. ``sid`` is empty on Linux and in databases."""

    name: str
    domain: str = ""
    sid: str = ""
    admin: bool = False

    @property
    def full(self) -> str:
        return f"{self.domain}\\{self.name}" if self.domain else self.name


@dataclass(frozen=True, slots=True)
class Host:
    """``name`` is short; ``code`` a number of its own, from which habits follow. ``slow`` is by how many microseconds
    its clock is ahead from the first up to the second of the days ``slow_days``."""

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

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.domain}".lower() if self.system == "linux" else f"{self.name}.{self.domain}"


@dataclass(frozen=True, slots=True)
class Person:
    account: Account
    job: str
    station: Host
    zone: str
    first: str
    last: str

    @property
    def mailbox(self) -> str:
        return f"{self.account.name}@{self.station.domain}"


@dataclass
class Estate:
    """``span`` is the first and the day after the last of the days told; ``density`` how much of its
    routine each host shows (1: about 340 events a day)."""

    operator: Operator
    seed: int
    size: int
    span: tuple[int, int]
    density: float = 1.0
    hosts: list[Host] = field(init=False)
    people: list[Person] = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = list(_hosts(self))
        self.people = list(_people(self))

    def chance(self, *names: object) -> random.Random:
        return chances.of(self.seed, self.operator.short, *names)

    def of_role(self, *roles: Role) -> list[Host]:
        """In the order of ``roles``."""
        return [host for role in roles for host in self._by_role.get(role, ())]

    @cached_property
    def _by_role(self) -> dict[Role, list[Host]]:
        found: dict[Role, list[Host]] = {}
        for host in self.hosts:
            found.setdefault(host.role, []).append(host)
        return found

    def of_job(self, job: str) -> list[Person]:
        return [person for person in self.people if person.job == job]

    @cached_property
    def public(self) -> list[str]:
        """Addresses that the Internet sees: first the mail's, then the gateway's, the site's and the proxy's."""
        return [str(address) for address in ipaddress.IPv4Network(self.operator.public).hosts()]

    def account(self, name: str, *, admin: bool = False) -> Account:
        """An account of the domain by its name."""
        return Account(name, self.operator.netbios, self.sid(name), admin)

    def sid(self, name: str) -> str:
        code = chances.number(self.operator.short, "domain")
        rid = 1100 + chances.number(self.operator.short, name) % 60_000
        return f"S-1-5-21-{code % 2**31}-{code >> 33}-{code // 7 % 2**31}-{rid}"

    def machine(self, host: Host) -> Account:
        return Account(f"{host.name}$", self.operator.netbios, self.sid(host.name))

    @cached_property
    def services(self) -> dict[str, Account]:
        return {item.account: self.account(item.account, admin=item.admin) for item in self.operator.services}

    def reach(self, supplier: Supplier) -> list[Host]:
        return self.of_role(*supplier.hosts)

    def subscriber(self, number: int) -> str:
        """The number of a subscriber, of whom there are ``operator.subscribers``."""
        return f"{self.operator.msisdn}{number % self.operator.subscribers:07d}"

    @cached_property
    def watchlist(self) -> list[tuple[str, str]]:
        """Protected persons: number and category."""
        draw = self.chance("watchlist")
        sorts = ["politician", "journalist", "official", "activist", "company"]
        numbers = draw.sample(range(self.operator.subscribers), 25)
        return [(self.subscriber(number), sorts[index % len(sorts)]) for index, number in enumerate(numbers)]


def _hosts(estate: Estate) -> Iterator[Host]:
    operator = estate.operator
    fixed = sum(group.count for group in operator.hosts if not group.grows)
    growing = sum(group.count for group in operator.hosts if group.grows) or 1
    factor = max(estate.size - fixed, growing // 10) / growing
    first, last = estate.span
    pools = [list(net.hosts()) for net in _subnets(operator.network, len(operator.sites))]
    for group in operator.hosts:
        count = max(1, round(group.count * factor)) if group.grows else group.count
        for number in range(1, count + 1):
            name = f"{group.prefix}{number:04d}" if group.role is Role.WORKSTATION else f"{group.prefix}{number:02d}"
            draw = estate.chance("host", name)
            place = _site(operator, draw) if group.grows or (group.role is Role.DOMAIN_CONTROLLER and number > 1) else 0
            site = operator.sites[place]
            slow, silent = (0, (0, 0)), (0, 0)
            if draw.random() < 0.04:
                slow = (draw.choice([-1, 1]) * draw.randrange(90, 5400) * 1_000_000, _spell(draw, first, last))
            if draw.random() < 0.06:
                silent = _spell(draw, first, last)
            yield Host(
                name=name if group.system == "windows" else name.lower(),
                domain=operator.domain,
                role=group.role,
                system=group.system,
                site=site.name,
                zone=site.zone,
                address=str(pools[place].pop(0 if group.role is not Role.WORKSTATION else len(pools[place]) // 2)),
                sysmon=draw.random() < group.sysmon,
                code=draw.getrandbits(32),
                slow=slow[0],
                slow_days=slow[1] if slow[0] else (0, 0),
                silent=silent,
            )


def _subnets(network: str, number: int) -> list[ipaddress.IPv4Network]:
    bits = max(number - 1, 1).bit_length()
    return list(ipaddress.IPv4Network(network).subnets(prefixlen_diff=bits))[:number]


def _site(operator: Operator, draw: random.Random) -> int:
    return draw.choices(range(len(operator.sites)), [site.share for site in operator.sites])[0]


def _spell(draw: random.Random, first: int, last: int) -> tuple[int, int]:
    length = max(1, int((last - first) * draw.uniform(0.01, 0.06)))
    start = draw.randrange(first, max(first + 1, last - length))
    return start, start + length


def _people(estate: Estate) -> Iterator[Person]:
    names = yaml.load(files("ringleader.scenario").joinpath("data/names.yml").read_bytes(), yaml.CSafeLoader)
    stations = estate.of_role(Role.WORKSTATION)
    jobs: list[str] = []
    for job, share in estate.operator.people.items():
        jobs += [job] * max(1, round(share * len(stations)))
    taken: set[str] = set()
    for index, station in enumerate(stations):
        draw = estate.chance("person", index)
        first, last = draw.choice(names["first"]), draw.choice(names["last"])
        name = f"{first[0]}.{last}".lower()
        while name in taken:
            name = f"{first[0]}.{last}{draw.randrange(2, 99)}".lower()
        taken.add(name)
        job = jobs[index] if index < len(jobs) else "staff"
        admin = job in ("administrator", "database-administrator")
        yield Person(estate.account(name, admin=admin), job, station, station.zone, first, last)
