"""Chance that can be repeated: a generator for each name, so that what one part of a scenario draws never moves what
another draws, in whatever order or process they run."""

from __future__ import annotations

import hashlib
import math
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

T = TypeVar("T")


def number(*names: object) -> int:
    """64 bits that follow from the names alone."""
    text = "\0".join(map(str, names)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


class Draw(random.Random):
    """As :class:`random.Random`, but quick where a scenario draws most: half of its time went into ``randrange``. The
    bias of a product against a draw by rejection is below 2**-30 for all that is drawn here."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        if stop is None:
            return int(self.random() * start)
        return start + int(self.random() * ((stop - start + step - 1) // step)) * step

    def choice(self, seq: SupportsLenAndGetItem[T]) -> T:
        return seq[int(self.random() * len(seq))]


def of(*names: object) -> random.Random:
    return Draw(number(*names))


def count(chance: random.Random, mean: float) -> int:
    """A Poisson draw (Knuth's method below 30, the normal approximation above)."""
    if mean <= 0:
        return 0
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, drawn = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        drawn += 1
    return drawn


def heavy(chance: random.Random, mean: float, spread: float = 1.0) -> float:
    """A log-normal draw with this mean; ``spread`` is the standard deviation of its logarithm."""
    return mean * math.exp(chance.gauss(0, spread) - spread * spread / 2)


def rank(chance: random.Random, size: int) -> int:
    """One of ``size`` places, the first the most popular, the n-th drawn about 1/n as often (Zipf's law)."""
    return min(size - 1, int(size ** chance.random()) - 1) if size > 1 else 0
