"""Evidence in order to packages of about one size. Packages follow from the evidence alone, never from workers or
waves, nor from what the store holds already: a run that was killed and runs again makes the very same files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ringleader.ingest.discover import Refused
from ringleader.ingest.package import Package, Part
from ringleader.ingest.readers import Unit
from ringleader.ingest.survey import Evidence


@dataclass(slots=True)
class Group:
    """Packages that are committed together. ``refused`` came before or among their evidence."""

    packages: list[Package] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def evidence(self) -> list[Evidence]:
        """Each evidence once."""
        return list({part.evidence.evidence_id: part.evidence for p in self.packages for part in p.parts}.values())


def groups(stream: Iterable[Evidence | Refused], known: Iterable[str], folder: Path, size: int) -> Iterator[Group]:
    """``known`` evidence counts as if it were read, so that packages stay the same, but is left out of them."""
    known = frozenset(known)
    number = 0
    group, parts, filled = Group(), list[Part](), 0

    def package(some: Iterable[Part], raw: int) -> Package:
        nonlocal number
        number += 1
        return Package(tuple(some), str(folder / str(number)), raw)

    for item in stream:
        if isinstance(item, Refused):
            group.refused.append(item)
            if not parts and len(group.refused) >= _REFUSED:
                yield group
                group = Group()
            continue
        large = bool(item.units)
        if filled and (large or filled + item.size > size):
            if parts:
                group.packages.append(package(parts, filled))
            yield group
            group, parts, filled = Group(), [], 0
        if large:
            if item.evidence_id not in known:
                yield Group([package([Part(item, units)], raw) for units, raw in _cut(item.units, size)])
            continue
        filled += item.size
        if item.evidence_id not in known:
            parts.append(Part(item))
    if parts:
        group.packages.append(package(parts, filled))
    yield group


_REFUSED = 10_000


def _cut(units: tuple[Unit, ...], size: int) -> Iterator[tuple[tuple[Unit, ...], int]]:
    some: list[Unit] = []
    filled = 0
    for unit in units:
        length = unit.end - unit.start
        if some and filled + length > size:
            yield tuple(some), filled
            some, filled = [], 0
        some.append(unit)
        filled += length
    if some:
        yield tuple(some), filled
