"""Which pairs of intrusions are looked at, and how like each other they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from ringleader.cluster.calibration import Calibration
from ringleader.cluster.source import Intrusion
from ringleader.compare import Contribution, Local, Quick, Sums, contributions, kinds
from ringleader.compare.contribution import shared

RARE = 1.0
"""Nats that a fully trusted trait must say to make its holders worth a look."""
MOST_HOLDERS = 150
"""Of a trait with more holders, each is paired with the NEXT ones in time."""
NEXT = 8
TELLING = 0.5
"""Log-odds beyond the base that a pair needs to be kept: less is as good as nothing."""
_SOME = 4096

Pair = tuple[int, int]


@dataclass(frozen=True)
class Rules:
    """What every comparison of a run stands before. ``evictions`` are times at which an intruder was thrown out."""

    world: Local
    implied: Mapping[str, Iterable[str]]
    model: Calibration
    evictions: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """``sums`` in nats; ``log_odds`` calibrated. ``joins``: two independent families, or one near-unique item, and not
    only what can be copied. ``traits``: of the smaller profile."""

    sums: Sums
    log_odds: float
    joins: bool
    traits: int

    @property
    def log_lr(self) -> float:
        return sum(self.sums.families[name] for name in sorted(self.sums.families))


@dataclass(frozen=True)
class Compared:
    """``pairs`` that are anything like each other. ``crowded`` are intrusions with a trait that so many share that not
    all pairs of its holders were looked at: of two crowded ones a missing pair says nothing."""

    pairs: Mapping[Pair, Likeness]
    crowded: frozenset[int]
    looked_at: int


def compared(found: Sequence[Intrusion], rules: Rules, advance: Callable[[int], None] = lambda _: None) -> Compared:
    """All pairs of numbers in ``found`` that share something rare. The work grows with what is shared, not with all
    pairs."""
    near, crowded = candidates(found, rules.world)
    quick = Quick([one.profile for one in found], rules.world, rules.implied, rules.evictions)
    size = [len(one.profile.traits) for one in found]
    pairs: dict[Pair, Likeness] = {}
    count = 0
    for left, others in enumerate(near):
        for right in sorted(others):
            one = judged(quick.sums(left, right), min(size[left], size[right]), rules.model)
            if one.log_odds >= rules.model.base + TELLING:
                pairs[left, right] = one
            count += 1
            if not count % _SOME:
                advance(_SOME)
    return Compared(pairs, crowded, count)


def judged(sums: Sums, traits: int, model: Calibration) -> Likeness:
    return Likeness(sums, model.log_odds(sums.families, traits), joins(sums, model), traits)


def joins(sums: Sums, model: Calibration) -> bool:
    """Whether a pair is a reason to join: two independent families, or one near-unique item, and not only what can be
    copied."""
    if sums.best >= model.unique:
        return True
    reasons = {name for name, total in sums.families.items() if total >= model.strong and name in _joining()}
    return len(reasons) >= 2 and any(total >= model.strong for total in sums.own.values())


def lines(left: Intrusion, right: Intrusion, rules: Rules) -> list[Contribution]:
    """What a pair's sums are made of, heaviest first."""
    return contributions(left.profile, right.profile, rules.world, rules.implied, rules.evictions)


@cache
def _joining() -> frozenset[str]:
    return frozenset(kind.family for kind in kinds().kinds.values() if kind.joins)


def candidates(found: Sequence[Intrusion], world: Local) -> tuple[list[set[int]], frozenset[int]]:
    """For each number in ``found``, which is in order of time, the greater ones that share something rare; and the
    crowded ones. Without what is hard to copy in common no pair joins, so that alone is looked for."""
    known = kinds()
    held: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(found):
        for key in one.profile.traits:
            if known.own(key[0]):
                held.setdefault(key, []).append(number)
    near: list[set[int]] = [set() for _ in found]
    crowded: set[int] = set()
    for key, numbers in held.items():
        if len(numbers) < 2 or shared(1.0, world.share(*key), 1.0) < RARE:
            continue
        reach = len(numbers) if len(numbers) <= MOST_HOLDERS else NEXT
        if reach == NEXT:
            crowded.update(numbers)
        for place, number in enumerate(numbers):
            near[number].update(numbers[place + 1 : place + 1 + reach])
    return near, frozenset(crowded)
