"""From a comparison's lines to the probability that one actor is behind both: a small logistic over capped sums.

``calibration.json`` holds the weights and says what they were fitted on; `benchmarks/clusters.py fit` wrote it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FILE = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """``weights`` by family, per nat. ``base`` is the log-odds of a pair that nothing is known to join, ``cut`` the
    least average log-odds at which two clusters are one campaign. ``strong`` is the least sum, in nats, that makes a
    family of kinds a reason to join, ``unique`` that of one line which suffices alone. The more is known of both, the
    more they share by chance: ``size`` is taken off for each e-fold of traits beyond ``knee``. The log-odds are
    careful, for what joins must be sure; ``scale`` and ``shift`` turn them into what is stated."""

    weights: Mapping[str, float]
    base: float
    cut: float
    strong: float
    unique: float
    size: float
    knee: int
    scale: float
    shift: float

    def log_odds(self, families: Mapping[str, float], traits: int) -> float:
        """Of a pair whose smaller profile has so many ``traits``."""
        much = max(0.0, math.log(max(traits, 1) / self.knee))
        total = sum(self.weights.get(name, 0.0) * families[name] for name in sorted(families))
        return self.base + total - self.size * much

    def probability(self, log_odds: float) -> float:
        """That one actor is behind both: Platt, "Probabilistic outputs for support vector machines", 1999."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.shift + self.scale * log_odds))))


@cache
def calibration() -> Calibration:
    content: Any = json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    names = ("weights", "base", "cut", "strong", "unique", "size", "knee", "scale", "shift")
    return Calibration(*(content[name] for name in names))
