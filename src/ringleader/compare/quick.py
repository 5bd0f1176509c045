"""The comparison for many pairs: only the sums, the same ones, without the lines and their reasons.

What does not depend on the other side is done once for each profile. ``compare`` is what this must agree with; tests
hold them equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ringleader.compare import hours
from ringleader.compare.background import Commonness
from ringleader.compare.comparison import BACK_OFF, BURNT, CAP, HOURS, SILENT, evicted, histogram
from ringleader.compare.contribution import PRIOR
from ringleader.compare.kinds import kinds
from ringleader.compare.trait import Profile

Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Sums:
    """``families`` are held at CAP. ``own`` are the sums by family of what is hard to copy and not common to a whole
    trade, ``best`` the weight of the heaviest such trait."""

    families: Mapping[str, float]
    own: Mapping[str, float]
    best: float


@dataclass(frozen=True, slots=True)
class _Known:
    """A value that several profiles show."""

    kind: str
    value: str
    share: float
    family: str
    artefact: bool
    copied: bool
    own: bool


@dataclass(frozen=True, slots=True)
class _Side:
    keys: frozenset[int]
    trust: Mapping[int, float]
    findings: Mapping[int, frozenset[str]]
    alone: frozenset[int]
    spans: Mapping[int, Span]
    parents: Mapping[str, tuple[float, frozenset[str]]]
    hours: tuple[list[float], float] | None


class Quick:
    """Compares profiles by their numbers in ``profiles``."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        background: Commonness,
        implied: Mapping[str, Iterable[str]] | None = None,
        evictions: Sequence[datetime] = (),
    ) -> None:
        self._background = background
        self._implied = {tool: frozenset(some) for tool, some in (implied or {}).items()}
        self._evictions = sorted(evictions)
        self._shares: dict[str, float] = {}
        count: dict[tuple[str, str], int] = {}
        for profile in profiles:
            for key in profile.traits:
                count[key] = count.get(key, 0) + 1
        several = sorted(key for key, number in count.items() if number > 1 and key[0] not in SILENT)
        number = {key: place for place, key in enumerate(several)}
        self._known = [self._of(kind, value) for kind, value in several]
        self._sides = [self._side(profile, number) for profile in profiles]

    def _of(self, kind: str, value: str) -> _Known:
        told = kinds().of(kind)
        return _Known(
            kind, value, self._background.share(kind, value), told.family, told.artefact, told.copied, kinds().own(kind)
        )

    def _side(self, profile: Profile, number: Mapping[tuple[str, str], int]) -> _Side:
        trust, findings, spans = {}, {}, {}
        parents: dict[str, tuple[float, frozenset[str]]] = {}
        for key, trait in profile.traits.items():
            if trait.kind == "technique":
                parent = trait.value.partition(".")[0]
                best, values = parents.get(parent, (0.0, frozenset()))
                parents[parent] = max(best, trait.trust), values | {trait.value}
            place = number.get(key)
            if place is None:
                continue
            trust[place] = trait.trust
            if self._known[place].artefact:
                findings[place] = trait.findings
            if self._evictions and self._known[place].copied:
                spans[place] = trait.first_time, trait.last_time
        worked = histogram(profile)
        prepared = hours.prepared(worked) if worked else None
        return _Side(frozenset(trust), trust, findings, _alone(findings), spans, parents, prepared)

    def sums(self, left: int, right: int) -> Sums:
        a, b = self._sides[left], self._sides[right]
        shared = a.keys & b.keys
        covered: set[str] = set()
        techniques: set[str] = set()
        plain: list[tuple[float, _Known]] = []
        artefacts: list[tuple[float, str, str, int]] = []
        for place in shared:
            known = self._known[place]
            if known.kind == "software":
                covered |= self._implied.get(known.value, frozenset())
            elif known.kind == "technique":
                techniques.add(known.value)
        for place in sorted(shared):
            known = self._known[place]
            if known.kind == "technique" and known.value in covered:
                continue
            weight = math.log1p(a.trust[place] * b.trust[place] / (PRIOR * known.share))
            if known.artefact:
                artefacts.append((-weight, known.kind, known.value, place))
            else:
                plain.append((self._aged(weight, known, place, a, b), known))
        plain += self._once(artefacts, a, b)
        total: dict[str, float] = {}
        own: dict[str, float] = {}
        best = 0.0
        for weight, known in plain:
            total[known.family] = total.get(known.family, 0.0) + weight
            if known.own:
                own[known.family] = own.get(known.family, 0.0) + weight
                best = max(best, weight)
        done = {value.partition(".")[0] for value in techniques | covered}
        for parent in sorted((a.parents.keys() & b.parents.keys()) - done):
            total["technique"] = total.get("technique", 0.0) + self._backed_off(parent, a, b)
        if a.hours and b.hours and (worked := hours.between(a.hours, b.hours)):
            family = kinds().of(HOURS).family
            total[family] = total.get(family, 0.0) + worked
        return Sums({family: min(value, CAP) for family, value in total.items()}, own, best)

    def _once(self, artefacts: list[tuple[float, str, str, int]], a: _Side, b: _Side) -> Iterable[tuple[float, _Known]]:
        kept: list[tuple[frozenset[str], frozenset[str]]] = []
        for negative, _, _, place in sorted(artefacts):
            if place not in a.alone and place not in b.alone:
                left, right = a.findings[place], b.findings[place]
                if any(not left.isdisjoint(x) and not right.isdisjoint(y) for x, y in kept):
                    continue
                kept.append((left, right))
            known = self._known[place]
            yield self._aged(-negative, known, place, a, b), known

    def _aged(self, weight: float, known: _Known, place: int, a: _Side, b: _Side) -> float:
        if self._evictions and known.copied and evicted(a.spans[place], b.spans[place], self._evictions) is not None:
            return weight * BURNT
        return weight

    def _backed_off(self, parent: str, a: _Side, b: _Side) -> float:
        left, right = a.parents[parent], b.parents[parent]
        share = sum(self._share(value) for value in sorted({parent, *left[1], *right[1]}))
        return BACK_OFF * math.log1p(left[0] * right[0] / (PRIOR * min(share, 1.0)))

    def _share(self, technique: str) -> float:
        known = self._shares.get(technique)
        if known is None:
            known = self._shares[technique] = self._background.share("technique", technique)
        return known


def _alone(findings: Mapping[int, frozenset[str]]) -> frozenset[int]:
    """Those that rest on no finding which another rests on too."""
    count: dict[str, int] = {}
    for some in findings.values():
        for one in some:
            count[one] = count.get(one, 0) + 1
    return frozenset(place for place, some in findings.items() if all(count[one] == 1 for one in some))
