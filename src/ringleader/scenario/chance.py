"""Chance that can be repeated: a generator for each name, so that what one part of a scenario draws never moves what
another draws, in whatever order or process they run."""

from __future__ import annotations

import hashlib
import math
import random


def number(*names: object) -> int:
    """64 bits that follow from the names alone."""
    text = "\0".join(map(str, names)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def of(*names: object) -> random.Random:
    return random.Random(number(*names))


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
