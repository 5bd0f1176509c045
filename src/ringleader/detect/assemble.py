"""From parsed rules to a rule set: each rule compiled and tied to the kinds it means, each correlation made plain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
)
from sigma.rule import SigmaRule

from ringleader.detect import logsource, rules, tree
from ringleader.detect.compiler import UnsupportedError, compile_rule
from ringleader.detect.correlation import SECOND, Correlation, Expression, Reference
from ringleader.detect.program import Program
from ringleader.detect.rule import Problem
from ringleader.detect.rules import Parsed
from ringleader.detect.ruleset import Entry, RuleSet

_NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")


def rule_set(loaded: rules.Loaded, digest: str) -> RuleSet:
    """The rule set of parsed rules; one that cannot be evaluated becomes a problem."""
    entries: list[Entry] = []
    problems = list(loaded.problems)
    for parsed in loaded.rules:
        if not isinstance(parsed.sigma, SigmaRule):
            continue
        try:
            entries.append(_entry(parsed, parsed.sigma))
        except UnsupportedError as error:
            problems.append(Problem(parsed.rule.path, 0, "unsupported", str(error)))
    joining, refused = correlations(loaded.rules)
    return RuleSet(digest, tuple(entries), joining, (*problems, *refused))


def _entry(parsed: Parsed, sigma: SigmaRule) -> Entry:
    source = parsed.rule.logsource
    target = logsource.resolve(source.product, source.category, source.service)
    program = compile_rule(sigma)
    return Entry(parsed.rule, program, _narrowed(target.kinds, program), parsed.emits)


def _narrowed(prefixes: tuple[str, ...], program: Program) -> tuple[str, ...]:
    """A Windows log is narrowed to the event ids that the rule asks for, so that other kinds need not look at it."""
    ids = tree.values("EventID", program)
    if ids is None or not all(each.isdigit() for each in ids):
        return prefixes
    wide = [prefix for prefix in prefixes if prefix.startswith("windows/") and prefix.count("/") == 1]
    kept = [prefix for prefix in prefixes if prefix not in wide]
    return (*kept, *(f"{prefix}/{each}" for prefix in wide for each in sorted(ids)))


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
