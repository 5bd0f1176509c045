"""Which pairs of intrusions are looked at, and how like each other they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ringleader.cluster.calibration import Calibration
from ringleader.cluster.source import Intrusion
from ringleader.compare import Contribution, Local, by_family, contributions, kinds
from ringleader.compare.contribution import shared

BURNT = 0.3
"""Share of its weight that something keeps which can be copied and was known since an eviction."""
RARE = 1.0
"""Nats that a fully trusted trait must say to make its holders worth a look."""
MOST_HOLDERS = 300
"""Of a trait with more holders, each is paired with so many of the next in time."""
NEXT = 40

Pair = tuple[int, int]


@dataclass(frozen=True)
class Likeness:
    """``log_lr`` in nats, each family held at its cap; ``log_odds`` calibrated. ``joins``: two independent families, or
    one near-unique item, and not only what can be copied. ``traits``: of the smaller profile."""

    lines: tuple[Contribution, ...]
    families: Mapping[str, float]
    log_lr: float
    log_odds: float
    joins: bool
    traits: int


@dataclass(frozen=True)
class Rules:
    """What every comparison of a run stands before. ``evictions`` are times at which an intruder was thrown out."""

    world: Local
    implied: Mapping[str, Iterable[str]]
    model: Calibration
    evictions: tuple[datetime, ...] = ()


def likeness(left: Intrusion, right: Intrusion, rules: Rules) -> Likeness:
    lines = contributions(left.profile, right.profile, rules.world, rules.implied)
    if rules.evictions:
        lines = sorted((_after(line, left, right, rules.evictions) for line in lines), key=_order)
    families = by_family(lines)
    model, traits = rules.model, min(len(left.profile.traits), len(right.profile.traits))
    odds = model.log_odds(families, traits)
    return Likeness(tuple(lines), families, sum(families.values()), odds, joins(lines, families, model), traits)


def _after(line: Contribution, left: Intrusion, right: Intrusion, evictions: Sequence[datetime]) -> Contribution:
    """A line about what can be copied says less where an eviction lies between its two uses: whoever was thrown out
    knows that it is known, and so does anyone who wants to be taken for him."""
    if line.weight <= 0 or not kinds().of(line.kind).copied:
        return line
    key = line.kind, line.value
    one, other = left.profile.traits.get(key), right.profile.traits.get(key)
    if one is None or other is None:
        return line
    before, after = sorted((one, other), key=lambda t: (t.first_time is None, t.first_time, t.last_time))
    if before.last_time is None or after.first_time is None:
        return line
    between = [time for time in evictions if before.last_time < time < after.first_time]
    if not between:
        return line
    reason = f"{line.reason}; known since the eviction of {min(between):%Y-%m-%d}, and used again after it"
    return Contribution(line.kind, line.value, line.weight * BURNT, reason)


def _order(line: Contribution) -> tuple[float, str, str]:
    return -line.weight, line.kind, line.value


def joins(lines: Sequence[Contribution], families: Mapping[str, float], model: Calibration) -> bool:
    """Whether a pair is a reason to join: two independent families, or one near-unique item, and not only what can be
    copied."""
    known = kinds()
    reasons = {
        family
        for family, total in families.items()
        if total >= model.strong and any(known.of(line.kind).joins for line in lines if _of(line) == family)
    }
    own = [line for line in lines if line.weight > 0 and _own(line)]
    if any(line.weight >= model.unique for line in own):
        return True
    own_families: dict[str, float] = {}
    for line in own:
        own_families[_of(line)] = own_families.get(_of(line), 0.0) + line.weight
    return len(reasons) >= 2 and any(total >= model.strong for total in own_families.values())


def _own(line: Contribution) -> bool:
    """Whether a line is about what is hard to copy and not common to a whole trade."""
    kind = kinds().of(line.kind)
    return kind.joins and not kind.copied and kind.family != "technique"


def _of(line: Contribution) -> str:
    return kinds().of(line.kind).family


def candidates(found: Sequence[Intrusion], world: Local) -> list[Pair]:
    """Pairs of numbers in ``found`` that share something rare, in order. The work grows with what is shared and not
    with all pairs."""
    known = kinds()
    held: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(found):
        for key in one.profile.traits:
            if known.of(key[0]).joins:
                held.setdefault(key, []).append(number)
    pairs: set[Pair] = set()
    for key, numbers in held.items():
        if len(numbers) < 2 or shared(1.0, world.share(*key), 1.0) < RARE:
            continue
        pairs.update(_pairs(numbers))
    return sorted(pairs)


def _pairs(numbers: Sequence[int]) -> Iterator[Pair]:
    """``numbers`` are in order of time."""
    reach = len(numbers) if len(numbers) <= MOST_HOLDERS else NEXT
    for place, one in enumerate(numbers):
        for other in numbers[place + 1 : place + 1 + reach]:
            yield one, other


def compared(
    found: Sequence[Intrusion],
    rules: Rules,
    advance: Callable[[int], None] = lambda _: None,
) -> dict[Pair, Likeness]:
    out = {}
    for number, (left, right) in enumerate(candidates(found, rules.world), 1):
        out[left, right] = likeness(found[left], found[right], rules)
        if not number % 1000:
            advance(1000)
    return out
