"""Correlation rules as plain data: what ``correlate`` runs, and what can be kept beside compiled rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
)

from ringleader.detect.documents import Problem
from ringleader.detect.rules import Parsed, Rule

Expression: TypeAlias = Any
"""The place of a reference, or ``[op, child, ...]`` with op one of ``and``, ``or``, ``not``."""

SECOND = 1_000_000
_NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")


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


def correlations(rules: Iterable[Parsed]) -> tuple[tuple[Correlation, ...], list[Problem]]:
    """The correlations among ``rules``, each after those that it refers to; and those that cannot be run."""
    parsed = {id(each.sigma): each for each in rules}
    done: dict[int, Correlation | None] = {}
    problems: list[Problem] = []

    def add(each: Parsed, sigma: SigmaCorrelationRule) -> None:
        if id(sigma) in done:
            return
        for reference in sigma.referenced_rules:
            if isinstance(reference.rule, SigmaCorrelationRule):
                add(parsed[id(reference.rule)], reference.rule)
        try:
            done[id(sigma)] = _correlation(each, sigma, parsed)
        except ValueError as error:
            done[id(sigma)] = None
            problems.append(Problem(each.rule.path, 0, "unsupported", str(error)))

    for each in parsed.values():
        if isinstance(each.sigma, SigmaCorrelationRule):
            add(each, each.sigma)
    return tuple(each for each in done.values() if each is not None), problems


def _correlation(each: Parsed, sigma: SigmaCorrelationRule, parsed: Mapping[int, Parsed]) -> Correlation:
    kind = sigma.type.name.lower()
    group_by = tuple(sigma.group_by or ())
    places = {reference.reference: place for place, reference in enumerate(sigma.referenced_rules)}
    renamed = {alias.alias: {ref.reference: field for ref, field in alias.mapping.items()} for alias in sigma.aliases}
    expression: Expression = None
    values: tuple[str, ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()
    percentile = 50.0
    if isinstance(sigma.condition, SigmaExtendedCorrelationCondition):
        expression = _expression(sigma.condition.parsed, places)
        if kind == "temporal_ordered":
            if not isinstance(expression, int) and (
                expression[0] != "and" or any(isinstance(e, list) for e in expression)
            ):
                raise ValueError(
                    "temporal_ordered with a condition other than rules joined by `and` has no defined order"
                )
            expression, bounds = None, (("gte", len(places)),)
    else:
        conditions = sigma.custom_attributes.get("bounds") or [sigma.condition]
        bounds = tuple((condition.op.name.lower(), condition.count) for condition in conditions)
        field = sigma.condition.fieldref
        values = (field,) if isinstance(field, str) else tuple(field or ())
        if kind == "value_percentile" and sigma.condition.percentile is None:
            raise ValueError("value_percentile without a percentile")
        percentile = float(sigma.condition.percentile or 50)
        if not 0 <= percentile <= 100:
            raise ValueError(f"there is no percentile {percentile:g}")
        if kind in _NUMERIC and len(values) != 1:
            raise ValueError(f"{kind} of more than one field")

    def names(fields: Iterable[str], reference: str) -> tuple[str, ...]:
        return tuple(renamed.get(field, {}).get(reference, field) for field in fields)

    references = tuple(
        Reference(parsed[id(r.rule)].rule.digest, names(group_by, r.reference), names(values, r.reference))
        for r in sigma.referenced_rules
    )
    timespan = sigma.timespan.seconds * SECOND
    return Correlation(each.rule, each.emits, kind, references, group_by, timespan, bounds, percentile, expression)


def _expression(node: Any, places: Mapping[str, int]) -> Expression:
    match node:
        case CorrelationConditionAND():
            return ["and", *(_expression(arg, places) for arg in node.args)]
        case CorrelationConditionOR():
            return ["or", *(_expression(arg, places) for arg in node.args)]
        case CorrelationConditionNOT():
            return ["not", _expression(node.args[0], places)]
    return places[node.reference]


def _negated(expression: Expression) -> bool:
    if not isinstance(expression, list):
        return False
    return expression[0] == "not" or any(_negated(inner) for inner in expression[1:])
