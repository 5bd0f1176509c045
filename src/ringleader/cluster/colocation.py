"""Whether two campaigns were at work together more often than chance puts them: circular shifts.

One campaign's times are moved by whole days, so that its hours of work stay what they are, round the period in which
both were there; for the test by host every host is moved on its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

DRAWS = 999
NEAR = 6
"""Hours within which two are at work together."""
LEAST_DAYS = 8
"""Days that both must have been there: fewer can be shifted in too few ways."""
_DAY = 24

Hours = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Together:
    """``hits``: hours of the first within NEAR hours of one of the second, ``expected`` by chance; ``days`` that both
    were there."""

    hits: int
    expected: float
    p_value: float
    days: int


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
    """Joint hits of both against shifts of the second. None where it cannot be asked: no host in common, or hardly any
    time. The draws follow from the data alone; which side is which does not matter to what is tested, and the side that
    is shifted is the one whose data sort first."""
    first, second = sorted((left, right), key=_key)
    begin, end = _common(first, second)
    days = (end - begin) // _DAY
    hosts = sorted(first.keys() & second.keys())
    a = {host: _inside(first[host], begin, days) for host in hosts}
    b = {host: _inside(second[host], begin, days) for host in hosts}
    hosts = [host for host in hosts if len(a[host]) and len(b[host])]
    if not hosts or days < LEAST_DAYS:
        return None
    draw = np.random.default_rng(int(hashlib.sha256(repr((_key(first), _key(second))).encode()).hexdigest()[:16], 16))
    total = np.zeros(DRAWS, np.int64)
    hits = 0
    for host in hosts:
        table = np.array([_hits(a[host], b[host], shift, days) for shift in range(days)])
        hits += int(table[0])
        total += table[draw.integers(0, days, DRAWS)]
    p_value = float((1 + (total >= hits).sum()) / (DRAWS + 1))
    return Together(hits, float(total.mean()), p_value, int(days))


def _hits(a: Hours, b: Hours, shift: int, days: int) -> int:
    """Sessions of ``a`` (hours since the beginning) near one of ``b`` moved by so many days; what leaves at the end
    comes in at the beginning."""
    length = days * _DAY
    moved = np.sort((b + shift * _DAY) % length)
    at = np.searchsorted(moved, a)
    after = moved[at % len(moved)] + np.where(at == len(moved), length, 0)
    before = moved[at - 1] - np.where(at == 0, length, 0)
    return int((np.minimum(after - a, a - before) <= NEAR).sum())


def _inside(hours: Hours, begin: int, days: int) -> Hours:
    """Sessions by their first hour: hours that follow each other are no independent hits."""
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
