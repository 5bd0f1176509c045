"""An operator as it stands: hosts, people, accounts, suppliers, subscribers, all following from blueprint, size and
seed."""

from __future__ import annotations

import bisect
import ipaddress
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files

import yaml

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario.blueprint import Operator, Supplier
from ringleader.scenario.hosts import Change, Host, hosts


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
    routine each host shows (1: about 280 events a day). It stands as on ``day``, or as at the end (None)."""

    operator: Operator
    seed: int
    size: int
    span: tuple[int, int]
    density: float = 1.0
    day: int | None = None
    hosts: list[Host] = field(init=False)
    changes: list[Change] = field(init=False)
    people: list[Person] = field(init=False)
    _days: dict[int, Estate] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.hosts, self.changes = hosts(self.operator, self.size, self.span, self.day, self.chance)
        self.people = list(_people(self))

    def on(self, day: int) -> Estate:
        """This operator as it stands on ``day``: ask the one that stands at the end."""
        number = bisect.bisect_right(self.changes, day, key=lambda change: change.day)
        if number == len(self.changes):
            return self
        if number not in self._days:
            self._days.clear()  # days come in order
            self._days[number] = replace(self, day=day)
        return self._days[number]

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
        return Account(f"{host.name}$", self.operator.netbios, self.sid(f"machine {host.machine}"))

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
