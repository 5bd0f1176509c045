"""Which of the true steps and techniques were found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ringleader.scenario.scores.matched import Matched, share

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Recall:
    """``steps`` are those that the case has a line of; ``unseen`` has none, so nobody could find it. ``found``: any
    finding tells of it. ``named``: a finding on one of its lines names its technique, or that one's parent or
    sub-technique. ``techniques`` are distinct ones, ``techniques_found`` those named at least once."""

    steps: int
    unseen: int
    found: int
    named: int
    step_recall: float | None
    technique_recall: float | None
    techniques: int
    techniques_found: int
    missed: list[str]


@dataclass(frozen=True, slots=True)
class ByActor:
    actor: str
    kind: str
    decoy: bool
    recall: Recall


@dataclass(frozen=True, slots=True)
class ByTechnique:
    technique: str
    steps: int
    found: int
    named: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``everything`` and ``techniques`` are about the actors that are no decoys."""

    everything: Recall
    actors: list[ByActor]
    techniques: list[ByTechnique]


def score(matched: Matched) -> Figures:
    named, wanted = _named(matched)
    told, visible = matched.told(), matched.visible()
    real = ~matched.decoys[matched.deed_actor]
    by_actor = [
        ByActor(
            actor.id,
            actor.kind,
            actor.decoy,
            _recall(np.flatnonzero(matched.deed_actor == index), visible, told, named, wanted),
        )
        for index, actor in enumerate(matched.actors)
    ]
    return Figures(
        _recall(np.flatnonzero(real), visible, told, named, wanted),
        by_actor,
        _by_technique(np.flatnonzero(real & visible), told, named, wanted),
    )


Wanted = list[set[str]]
"""For each deed the techniques that its lines are labelled with."""


def _named(matched: Matched) -> tuple[Wanted, Wanted]:
    """For each deed the techniques that were found, and those that there are."""
    wanted: Wanted = [set() for _ in matched.deeds]
    for deed, line, here in zip(matched.line_deed.tolist(), matched.truth.lines, matched.present.tolist(), strict=True):
        if here:
            wanted[deed].add(line.technique)
    told: Wanted = [set() for _ in matched.deeds]
    rows = matched.findings["techniques"].take(pa.array(matched.hit_finding)).to_pylist()
    for deed, techniques in zip(matched.line_deed[matched.hit_line].tolist(), rows, strict=True):
        told[deed].update(techniques or ())
    found = [
        {technique for technique in want if any(same(technique, other) for other in said)}
        for want, said in zip(wanted, told, strict=True)
    ]
    return found, wanted


def same(left: str, right: str) -> bool:
    """Whether they are one technique, or one is the other's parent.

    >>> same("T1003.001", "T1003"), same("T1003", "T1003.001"), same("T1003.001", "T1003.002")
    (True, True, False)
    """
    return left == right or left.startswith(right + ".") or right.startswith(left + ".")


def _recall(deeds: NDArray[np.int64], visible: Bools, told: Bools, named: Wanted, wanted: Wanted) -> Recall:
    seen = deeds[visible[deeds]]
    techniques = _union(wanted, seen)
    there = _union(named, seen)
    found = int(told[seen].sum())
    full = sum(bool(named[deed]) and named[deed] == wanted[deed] for deed in seen.tolist())
    return Recall(
        steps=len(seen),
        unseen=len(deeds) - len(seen),
        found=found,
        named=full,
        step_recall=share(found, len(seen)),
        technique_recall=share(full, len(seen)),
        techniques=len(techniques),
        techniques_found=len(there),
        missed=sorted(techniques - there),
    )


def _union(sets: Wanted, deeds: Iterable[int]) -> set[str]:
    return {technique for deed in deeds for technique in sets[deed]}


def _by_technique(seen: NDArray[np.int64], told: Bools, named: Wanted, wanted: Wanted) -> list[ByTechnique]:
    rows: dict[str, list[int]] = {}
    for deed in seen.tolist():
        for technique in wanted[deed]:
            row = rows.setdefault(technique, [0, 0, 0])
            row[0] += 1
            row[1] += bool(told[deed])
            row[2] += technique in named[deed]
    return [ByTechnique(technique, *rows[technique]) for technique in sorted(rows)]
