"""Whether two campaigns were at work together more often than chance puts them: circular shifts.

One campaign's times are moved by whole days, so that its hours and days of work stay what they are, round the period in
which both were there; for the test by host every host is moved on its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

DRAWS = 999
SHIFTS = 400
"""Most shifts of a host that are worked out; of more days, a sample."""
NEAR = 6
"""Hours within which two are at work together."""
LEAST_DAYS = 8
"""Days that both must have been there: fewer can be shifted in too few ways."""
_DAY = 24

Hours = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Together:
    """``hits``: sessions of the one within NEAR hours of one of the other, ``expected`` by chance with a standard
    deviation of ``spread``; ``days`` that both were there. With one host in common no ``p_value`` can be less than one
    in so many days: there are no more shifts."""

    hits: int
    expected: float
    spread: float
    p_value: float
    days: int

    @property
    def z(self) -> float:
        """Standard deviations beyond what chance gives; 0 where chance gives nothing else."""
        return (self.hits - self.expected) / self.spread if self.spread else 0.0


def parsed(host_hours: Iterable[str]) -> dict[str, Hours]:
    """Host to its hours since 1970, sorted, from the values of the trait host-hour."""
    found: dict[str, set[int]] = {}
    for text in host_hours:
        host, _, hour = text.rpartition(" ")
        try:
            time = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        except ValueError:
            continue
        found.setdefault(host, set()).add(int(time.timestamp()) // 3600)
    return {host: np.array(sorted(hours), np.int64) for host, hours in sorted(found.items())}


def anywhere(hours: dict[str, Hours]) -> dict[str, Hours]:
    """The same without regard to hosts."""
    return {"": np.unique(np.concatenate(list(hours.values())))} if hours else {}


def together(left: dict[str, Hours], right: dict[str, Hours]) -> Together | None:
    """Joint hits against shifts of one side. None where it cannot be asked: no host in common, or hardly any time. The
    draws follow from the data alone, and of both sides that is shifted whose data sort last: who is left or right does
    not matter."""
    first, second = sorted((left, right), key=_key)
    begin, end = _common(first, second)
    days = (end - begin) // _DAY
    if days < LEAST_DAYS:
        return None
    draw = np.random.default_rng(int(hashlib.sha256(repr((_key(first), _key(second))).encode()).hexdigest()[:16], 16))
    total = np.zeros(DRAWS, np.int64)
    hits, asked = 0, False
    for host in sorted(first.keys() & second.keys()):
        a, b = _sessions(first[host], begin, days), _sessions(second[host], begin, days)
        if not len(a) or not len(b):
            continue
        asked = True
        table = _hits(a, _moves(b, begin, days, draw), days)
        hits += int(table[0])
        total += table[draw.integers(0, len(table), DRAWS)]
    if not asked:
        return None
    p_value = float((1 + (total >= hits).sum()) / (DRAWS + 1))
    return Together(hits, float(total.mean()), float(total.std()), p_value, int(days))


def _moves(b: Hours, begin: int, days: int, draw: np.random.Generator) -> Hours:
    """Where the sessions of ``b`` come to lie, shifts x sessions, in hours since ``begin``; the first row is unmoved.

    Working days are shifted round working days and weekends round weekends: nobody who works from Monday to Friday
    should seem to meet another for that."""
    day = np.arange(days)
    weekend = ((begin // _DAY + day + 3) % 7) >= 5  # 1 January 1970 was a Thursday
    rank = np.where(weekend, np.cumsum(weekend), np.cumsum(~weekend)) - 1
    kinds = [np.flatnonzero(~weekend), np.flatnonzero(weekend)]
    most = len(kinds[0])
    shifts = np.arange(most) if most <= SHIFTS else np.append(0, draw.choice(most, SHIFTS - 1, replace=False))
    moved = np.empty((len(shifts), len(b)), np.int64)
    for kind, those in enumerate(kinds):
        mine = np.flatnonzero(weekend[b // _DAY] == bool(kind))
        if len(mine):
            to = (rank[b[mine] // _DAY][None, :] + shifts[:, None]) % len(those)
            moved[:, mine] = those[to] * _DAY + b[mine] % _DAY
    return moved


def _hits(a: Hours, moved: Hours, days: int) -> Hours:
    """For each shift the sessions of ``a`` near one of the other side's."""
    near = np.zeros(days * _DAY + 2 * NEAR, bool)
    near_a = [a + offset + NEAR for offset in range(-NEAR, NEAR + 1)]
    found = np.zeros(len(moved), np.int64)
    for row, hours in enumerate(moved):
        near[:] = False
        near[hours + NEAR] = True
        found[row] = np.logical_or.reduce([near[at] for at in near_a]).sum()
    return found


def _sessions(hours: Hours, begin: int, days: int) -> Hours:
    """By their first hour, since ``begin``: hours that follow each other are no independent hits."""
    some = hours[(hours >= begin) & (hours < begin + days * _DAY)] - begin
    return some[np.insert(np.diff(some) > NEAR, 0, True)] if len(some) else some


def _common(a: dict[str, Hours], b: dict[str, Hours]) -> tuple[int, int]:
    if not a or not b:
        return 0, 0
    first = max(min(int(h[0]) for h in side.values()) for side in (a, b))
    last = min(max(int(h[-1]) for h in side.values()) for side in (a, b))
    return first, last + 1


def _key(side: dict[str, Hours]) -> list[tuple[str, list[int]]]:
    return [(host, hours.tolist()) for host, hours in sorted(side.items())]
