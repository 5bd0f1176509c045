"""Counting values without ever holding more than a bound, exactly and whatever the order."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field

import numpy as np

from ringleader.profile import facts
from ringleader.profile.facts import Basis
from ringleader.profile.sighting import Sighting

FINDINGS = 20
"""Findings behind a trait that are named, the earliest."""
HOSTS = 50
"""Hosts of a trait that are named, the first by name."""
DISTINCT = 20_000
"""Values of one kind in one intrusion that are held at once."""


@dataclass(slots=True)
class Gathered:
    """One value. ``count``: events; times in microseconds."""

    grade: str = "F6"
    basis: Basis = "guessed"
    count: int = 0
    first: int | None = None
    last: int | None = None
    hosts: tuple[str, ...] = ()
    findings: list[tuple[int, str]] = field(default_factory=list)
    detail: str | None = None

    def add(self, sighting: Sighting, basis: Basis) -> None:
        self.count += 1
        grade = facts.grade(sighting.kind, basis)
        if (grade[1], grade[0]) < (self.grade[1], self.grade[0]):
            self.grade, self.basis = grade, basis
        time = sighting.time
        if time is not None:
            self.first = time if self.first is None or time < self.first else self.first
            self.last = time if self.last is None or time > self.last else self.last
        if sighting.host and sighting.host not in self.hosts:
            self.hosts += (sighting.host,)
            if len(self.hosts) > 2 * HOSTS:
                self.hosts = self.where()
        for name in sighting.findings:
            self.findings.append((time or 0, name))
        if len(self.findings) > 3 * FINDINGS:
            self.findings = self.behind()

    def where(self) -> tuple[str, ...]:
        return tuple(sorted(self.hosts)[:HOSTS])

    def behind(self) -> list[tuple[int, str]]:
        """The earliest findings, each once."""
        earliest: dict[str, int] = {}
        for time, name in sorted(self.findings):
            earliest.setdefault(name, time)
        return [(time, name) for name, time in list(earliest.items())[:FINDINGS]]

    def join(self, other: Gathered) -> None:
        """Take in what was gathered for another value; events that both have count twice."""
        self.count += other.count
        if (other.grade[1], other.grade[0]) < (self.grade[1], self.grade[0]):
            self.grade, self.basis = other.grade, other.basis
        self.first = min((t for t in (self.first, other.first) if t is not None), default=None)
        self.last = max((t for t in (self.last, other.last) if t is not None), default=None)
        self.hosts = tuple(sorted({*self.hosts, *other.hosts})[:HOSTS])
        self.findings += other.findings
        self.findings = self.behind()


class Gatherer:
    """The values of one kind in one intrusion. The first DISTINCT are held with all that is known of them; of others
    only hashes, so that :meth:`missed` can name those that a second look at the events must :attr:`want`."""

    def __init__(self, wanted: set[int] | None = None) -> None:
        self.found: dict[str, Gathered] = {}
        self.wanted = wanted
        self._beyond = array("Q")
        self._distinct: int | None = None

    def add(self, value: str, sighting: Sighting, basis: Basis) -> None:
        known = self.found.get(value)
        if known is None:
            if self.wanted is not None and hashed(value) not in self.wanted:
                return
            if self.wanted is None and len(self.found) >= DISTINCT:
                self._beyond.append(hashed(value))
                return
            known = self.found[value] = Gathered()
        known.add(sighting, basis)

    @property
    def distinct(self) -> int:
        """How many values there were."""
        if self._distinct is not None:
            return self._distinct
        return len(self.found) + (len(np.unique(np.frombuffer(self._beyond, np.uint64))) if self._beyond else 0)

    def flooded(self, distinct: int) -> None:
        """Say how many values there were, where a second look took only those that count."""
        self._distinct = distinct

    def missed(self, most: int) -> set[int]:
        """Hashes of the ``most`` most frequent values, if some of them are not held; else nothing."""
        if not self._beyond:
            return set()
        hashes, counts = np.unique(np.frombuffer(self._beyond, np.uint64), return_counts=True)
        some = [(-int(count), int(code)) for code, count in zip(hashes, counts, strict=True)]
        some += [(-one.count, hashed(value)) for value, one in self.found.items()]
        return {code for _, code in sorted(some)[:most]}


def hashed(value: str) -> int:
    return int.from_bytes(hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def top(found: dict[str, Gathered], most: int) -> dict[str, Gathered]:
    """The most frequent, in an order that depends on nothing else."""
    ordered = sorted(found.items(), key=lambda item: (-item[1].count, hashed(item[0]), item[0]))
    return dict(ordered[:most])
