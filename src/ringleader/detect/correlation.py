"""Correlation rules as plain data: what ``correlate`` runs, and what can be kept beside compiled rules."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from ringleader.detect.rule import Rule

Expression: TypeAlias = Any
"""The place of a reference, or ``[op, child, ...]`` with op one of ``and``, ``or``, ``not``."""

SECOND = 1_000_000


class Reference(msgspec.Struct, frozen=True):
    """A rule that a correlation refers to, by digest, and what the correlation's fields are called in its events."""

    rule: str
    group_by: tuple[str, ...]
    values: tuple[str, ...]


class Correlation(msgspec.Struct, frozen=True):
    """One correlation. ``timespan`` is in microseconds; ``bounds`` all hold at once, such as ("gt", 100), ("lte", 200).

    ``at_once``: the condition asks for enough, so it is known to hold as soon as it does. Otherwise (at most, exactly,
    an average, something absent) only the whole window can tell.
    """

    rule: Rule
    emits: bool
    type: str
    references: tuple[Reference, ...]
    group_by: tuple[str, ...]
    timespan: int
    bounds: tuple[tuple[str, float], ...]
    percentile: float = 50.0
    expression: Expression = None

    @property
    def at_once(self) -> bool:
        if self.expression is not None:
            return not _negated(self.expression)
        lower = all(op in ("gt", "gte") for op, _ in self.bounds)
        return lower and self.type not in ("value_avg", "value_percentile", "value_median")


def _negated(expression: Expression) -> bool:
    if not isinstance(expression, list):
        return False
    return expression[0] == "not" or any(_negated(inner) for inner in expression[1:])
