"""A trait is one thing that is characteristic of an intrusion, a campaign or a group; a profile is a set of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ringleader.errors import UsageError

GRADE = re.compile(r"[A-F][1-6]")
BEST = "A1"

_SOURCE = {"A": 1.0, "B": 0.85, "C": 0.6, "D": 0.35, "E": 0.1, "F": 0.5}
_CONTENT = {"1": 1.0, "2": 0.85, "3": 0.6, "4": 0.35, "5": 0.1, "6": 0.5}


@dataclass(frozen=True, slots=True)
class Trait:
    """``value`` of a ``kind`` (technique, software, file-hash, ...), with its Admiralty grade and how often it was
    seen: reports for a group, findings for an intrusion. ``findings`` are behind it, and it was seen from
    ``first_time`` to ``last_time``, where that is known."""

    kind: str
    value: str
    grade: str = BEST
    count: int = 1
    findings: frozenset[str] = frozenset()
    first_time: datetime | None = None
    last_time: datetime | None = None

    def __post_init__(self) -> None:
        if not GRADE.fullmatch(self.grade):
            raise UsageError(f"{self.grade!r} is no Admiralty grade", hint="a letter A to F and a digit 1 to 6: B2")
        if self.count < 1:
            raise UsageError(f"{self.value}: a trait is seen at least once, not {self.count} times")

    @property
    def trust(self) -> float:
        """How probable it is that the trait is what it seems, between 0 and 1."""
        return trust(self.grade)


@dataclass(frozen=True)
class Profile:
    """Traits by (kind, value). ``name`` is for people."""

    name: str
    traits: Mapping[tuple[str, str], Trait] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, traits: Iterable[Trait]) -> Profile:
        """The best graded of equal traits counts, and their counts add up."""
        found: dict[tuple[str, str], Trait] = {}
        for trait in traits:
            key = trait.kind, trait.value
            if key in found:
                best = max(found[key], trait, key=lambda t: (t.trust, t.grade))
                trait = _together(found[key], trait, best.grade)
            found[key] = trait
        return cls(name, dict(sorted(found.items())))

    def __iter__(self) -> Iterator[Trait]:
        return iter(self.traits.values())

    def values(self, kind: str) -> list[str]:
        return [trait.value for trait in self if trait.kind == kind]


def _together(one: Trait, other: Trait, grade: str) -> Trait:
    first = min((t for t in (one.first_time, other.first_time) if t), default=None)
    last = max((t for t in (one.last_time, other.last_time) if t), default=None)
    return Trait(one.kind, one.value, grade, one.count + other.count, one.findings | other.findings, first, last)


def trust(grade: str) -> float:
    """An Admiralty grade as a probability: that of the source (A reliable to E unreliable) times that of the content
    (1 confirmed to 5 improbable). F and 6 mean "cannot be judged", hence one half.

    The scale is ordinal (NATO AJP-2.1); the numbers are ours, spaced after how analysts place the words between 0 and 1
    (Irwin and Mandel, "Improving information evaluation for intelligence production", 2019).

    >>> trust("A1"), round(trust("B2"), 4)
    (1.0, 0.7225)
    """
    return _SOURCE[grade[0]] * _CONTENT[grade[1]]
