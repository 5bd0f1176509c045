"""What one shared trait says: a log-likelihood ratio in nats, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

PRIOR = 10.0
"""Weight of the background in a profile, in traits (the Dirichlet prior's mass). Chosen among 10, 50 and 200 by the
likelihood on inner folds; the result depends little on it."""

Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Contribution:
    """``weight`` in nats: positive speaks for the same actor. ``reason`` is a phrase for people."""

    kind: str
    value: str
    weight: float
    reason: str


def shared(present: Number, share: Number, trust: Number) -> Number:
    """Log-likelihood ratio of a trait that both profiles have, in nats; zero where ``present`` is zero.

    With a Dirichlet prior of mass PRIOR over the background, an actor who is known for a trait shows it with
    probability (1 + PRIOR share) / (n + PRIOR), anybody with ``share``. Their ratio is 1 + 1 / (PRIOR share), times a
    factor PRIOR / (n + PRIOR) that is the same for all traits and belongs to the profile's size, not to the match
    (Zhai and Lafferty, "A study of smoothing methods for language models", 2004, section 3.2).

    ``share`` is the trait's share of all traits of its kind in the background. ``trust`` tempers: a trait that is real
    with probability q only has the ratio q r + (1 - q), so that even a unique one that is planted cannot do more.

    >>> f"{shared(1.0, 0.001, 1.0):.2f} {shared(0.0, 0.001, 1.0):.2f}"
    '4.62 0.00'
    """
    return np.log1p(trust * present / (PRIOR * share))  # type: ignore[no-any-return]
