"""Turns pySigma's parsed rules into programs."""

from __future__ import annotations

from typing import Any

import re2
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from ringleader.detect.program import Predicate, Program, Tree
from ringleader.schema import value

_REFERENCES = {(False, False): "ref", (True, False): "refstart", (False, True): "refend", (True, True): "refin"}


class UnsupportedError(Exception):
    """The rule asks for something that cannot be evaluated on events; the message says what."""


def compile_rule(rule: SigmaRule) -> Program:
    """The program of a parsed rule; several conditions are alternatives. Raises :class:`UnsupportedError`."""
    compiler = _Compiler()
    trees = [compiler.tree(condition.parsed) for condition in rule.detection.parsed_condition]
    tree = trees[0] if len(trees) == 1 else ["or", *trees]
    return Program(tuple(compiler.predicates), tree)


class _Compiler:
    def __init__(self) -> None:
        self.predicates: dict[Predicate, int] = {}

    def tree(self, node: Any) -> Tree:
        if isinstance(node, ConditionAND | ConditionOR):
            op = "and" if isinstance(node, ConditionAND) else "or"
            return _join(op, [self.tree(arg) for arg in node.args if arg is not None])
        if isinstance(node, ConditionNOT):
            return ["not", self.tree(node.args[0])]
        if isinstance(node, ConditionFieldEqualsValueExpression):
            return self.leaf(node.field, node.value)
        if isinstance(node, ConditionValueExpression):
            return self.leaf("", node.value)
        if isinstance(node, ConditionItem):
            raise UnsupportedError(f"condition {type(node).__name__}")
        raise UnsupportedError("an empty condition")

    def leaf(self, field: str, operand: Any) -> Tree:
        if isinstance(operand, SigmaExpansion):
            return _join("or", [self.leaf(field, inner) for inner in operand.values])
        if isinstance(operand, SigmaExists):
            test = self.add(Predicate(field, "exists"))
            return test if operand.exists else ["not", test]
        return self.add(_predicate(field, operand))

    def add(self, predicate: Predicate) -> int:
        return self.predicates.setdefault(predicate, len(self.predicates))


def _join(op: str, trees: list[Tree]) -> Tree:
    if not trees:
        raise UnsupportedError("an empty condition")
    return trees[0] if len(trees) == 1 else [op, *trees]


def _predicate(field: str, operand: Any) -> Predicate:
    if not field and isinstance(operand, SigmaNull | SigmaFieldReference):
        raise UnsupportedError("null or a field reference without a field")
    match operand:
        case SigmaCasedString():
            return _string(field, operand, cased=True)
        case SigmaString():
            return _string(field, operand, cased=False)
        case SigmaTimestampPart():
            return Predicate(field, "time", f"{operand.timestamp_part.name.lower()}:{int(operand.number)}")
        case SigmaNumber():
            return Predicate(field, "eq" if field else "contains", value.fold(value.scalar(operand.number)))
        case SigmaBool():
            return Predicate(field, "eq" if field else "contains", value.scalar(operand.boolean))
        case SigmaRegularExpression():
            return Predicate(field, "re", _flagged(operand), cased=True)
        case SigmaCIDRExpression():
            return Predicate(field, "cidr", str(operand.network))
        case SigmaCompareExpression():
            op = operand.op.name.lower()
            if op == "neq":
                raise UnsupportedError("a numeric comparison with neq")
            return Predicate(field, op, value.scalar(operand.number.number))
        case SigmaNull():
            return Predicate(field, "null")
        case SigmaFieldReference():
            return Predicate(field, _REFERENCES[operand.starts_with, operand.ends_with], operand.field)
    raise UnsupportedError(f"a value of type {type(operand).__name__}")


def _flagged(operand: SigmaRegularExpression) -> str:
    letters = {
        SigmaRegularExpressionFlag.IGNORECASE: "i",
        SigmaRegularExpressionFlag.MULTILINE: "m",
        SigmaRegularExpressionFlag.DOTALL: "s",
    }
    flags = "".join(sorted(letters[flag] for flag in operand.flags))
    return f"(?{flags}){operand.regexp}" if flags else str(operand.regexp)


def _string(field: str, operand: SigmaString, *, cased: bool) -> Predicate:
    parts: list[str | SpecialChars] = []
    for part in operand.s:
        if isinstance(part, str):
            text = part if cased else value.fold(part)
            if parts and isinstance(parts[-1], str):
                parts[-1] += text
            else:
                parts.append(text)
        elif part in (SpecialChars.WILDCARD_MULTI, SpecialChars.WILDCARD_SINGLE):
            if part is not SpecialChars.WILDCARD_MULTI or not parts or parts[-1] is not part:
                parts.append(part)
        else:
            raise UnsupportedError(f"the placeholder %{getattr(part, 'name', part)}%")
    star = SpecialChars.WILDCARD_MULTI
    if not field:  # a keyword stands anywhere in a value
        parts = parts if parts and parts[0] is star else [star, *parts]
        parts = parts if parts[-1] is star else [*parts, star]
    match parts:
        case []:
            return Predicate(field, "eq", "", cased)
        case [str() as needle]:
            return Predicate(field, "eq", needle, cased)
        case [wild] if wild is star:
            return Predicate(field, "any")
        case [first, str() as needle, last] if first is star and last is star:
            return Predicate(field, "contains", needle, cased)
        case [first, str() as needle] if first is star:
            return Predicate(field, "endswith", needle, cased)
        case [str() as needle, last] if last is star:
            return Predicate(field, "startswith", needle, cased)
    body = "".join(re2.escape(part) if isinstance(part, str) else ".*" if part is star else "." for part in parts)
    return Predicate(field, "glob", rf"(?s)\A{body}\z", cased)
