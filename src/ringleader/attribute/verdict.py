"""Words for numbers, gated: how much may be claimed depends on the kinds of evidence, not on the probability alone.

The words and limits are in words.yml.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ringleader.compare import Profile

MATERIAL = 1.0
"""Nats that a kind of evidence must speak for a candidate with, to count as one of its kinds."""


def verdict(probability: float, by_kind: dict[str, float], runner_up: float) -> str:
    """What a group may be called. ``by_kind`` are the sums of its contributions; techniques alone never make more than
    "consistent with", for "likely" needs two kinds and a margin over the ``runner_up``'s probability."""
    kinds = sum(1 for weight in by_kind.values() if weight >= MATERIAL)
    for rule in _words()["verdicts"]:
        if probability >= rule["probability"] and kinds >= rule["kinds"] and probability >= rule["margin"] * runner_up:
            return str(rule["verdict"])
    return "not indicated"


def least() -> float:
    """The probability below which a group is "not indicated", whatever speaks for it."""
    return min(float(rule["probability"]) for rule in _words()["verdicts"] if rule["kinds"])


def unknown(probability: float) -> str:
    """What "none of the known groups" is called."""
    return next(str(rule["verdict"]) for rule in _words()["unknown"] if probability >= rule["probability"])


def confidence(profile: Profile) -> str:
    """A sentence on the evidence, apart from what it points to."""
    traits = list(profile)
    kinds = {trait.kind for trait in traits}
    trust = sum(trait.trust for trait in traits) / max(len(traits), 1)
    word = next(
        rule["word"]
        for rule in _words()["confidence"]
        if len(traits) >= rule["items"] and len(kinds) >= rule["kinds"] and trust >= rule["trust"]
    )
    counts = f"{len(profile.values('technique'))} techniques, {len(profile.values('software'))} software"
    return f"Confidence in the evidence is {word}: {counts}, mean trust by grade {trust:.2f}."


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    loaded = yaml.safe_load((files(__package__) / "words.yml").read_text(encoding="utf-8"))
    return dict(loaded)
