"""Probabilities and grades on the scales of STIX 2.1, appendix A (scales.yml)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ringleader.compare import likelihood


def of_probability(probability: float) -> tuple[str, int]:
    """The word of ICD 203 and the confidence.

    >>> of_probability(0.7), of_probability(1.0)
    (('likely', 70), ('almost certain', 95))
    """
    word = likelihood.word(probability)
    return word, _scales()["icd203"][word]


def of_grade(grade: str) -> int | None:
    """The confidence of an Admiralty grade, None where it cannot be judged.

    >>> of_grade("A2"), of_grade("B6")
    (70, None)
    """
    found: int | None = _scales()["admiralty"].get(grade[1:])
    return found


def of_word(word: str) -> int | None:
    """The confidence of low, moderate or high; None for any other word."""
    found: int | None = _scales()["words"].get(word)
    return found


def opinion(probability: float) -> str:
    """A word of STIX's opinion-enum.

    >>> opinion(0.05), opinion(0.5)
    ('strongly-disagree', 'neutral')
    """
    return str(next(row["opinion"] for row in _scales()["opinion"] if probability < row["to"]))


@lru_cache(maxsize=1)
def _scales() -> dict[str, Any]:
    return dict(yaml.safe_load((files(__package__) / "scales.yml").read_text(encoding="utf-8")))
