"""The plain evaluator: one rule, one event, yes or no, written to be read beside the Sigma specification.

It is slow on purpose and shares nothing with the kernel but the rule's parse tree and the text form of values. Property
tests hold the kernel to its answers.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import re2
import regex
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
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
    TimestampPart,
)

from ringleader.detect import logsource
from ringleader.schema import kind as kinds
from ringleader.schema import value

Texts = Sequence[str | None]
"""What a field holds, as texts; None among them is an explicit null. A field that is not there has no such sequence."""

REGEX_SECONDS = 0.5
"""How long an expression that RE2 cannot express may take on one text. One that takes longer counts as no match."""

NO_RENAMES: Mapping[str, str] = {}


def matches(rule: SigmaRule, kind: str, event: Mapping[str, Any], renames: Mapping[str, str] = NO_RENAMES) -> bool:
    """Whether ``rule`` matches ``event``. See :class:`Oracle` to ask about many events."""
    return Oracle(rule).matches(kind, event, renames)


class Oracle:
    """One rule, ready to be asked. ``exceeded`` is called with each expression that ran out of time."""

    def __init__(self, rule: SigmaRule, exceeded: Callable[[str], None] | None = None) -> None:
        source = rule.logsource
        self.target = logsource.resolve(source.product, source.category, source.service)
        self.conditions = [condition.parsed for condition in rule.detection.parsed_condition]
        self.exceeded = exceeded

    def matches(self, kind: str, event: Mapping[str, Any], renames: Mapping[str, str] = NO_RENAMES) -> bool:
        """Whether the event is one that the rule is about and any of the rule's conditions holds."""
        if not any(kinds.covers(prefix, kind) for prefix in self.target.kinds):
            return False
        view = _View(kind, event, renames)
        return any(self.holds(condition, view) for condition in self.conditions)

    def holds(self, node: Any, view: _View) -> bool:
        match node:
            case ConditionAND():
                return all(self.holds(arg, view) for arg in node.args)
            case ConditionOR():
                return any(self.holds(arg, view) for arg in node.args)
            case ConditionNOT():
                return not self.holds(node.args[0], view)
            case ConditionFieldEqualsValueExpression():
                return self.field(node.field, node.value, view)
            case ConditionValueExpression():
                return self.keyword(node.value, view)
        raise TypeError(f"a condition of type {type(node).__name__}")

    def field(self, field: str, wanted: Any, view: _View) -> bool:
        texts = view.texts(field)
        match wanted:
            case SigmaExpansion():  # what windash and base64offset make of one value: any of them
                return any(self.field(field, each, view) for each in wanted.values)
            case SigmaExists():
                return (texts is not None) == wanted.exists
            case SigmaNull():
                return texts is None or None in texts
            case SigmaFieldReference():
                others = view.texts(wanted.field) or ()
                return any(_refers(wanted, text, other) for text in _present(texts) for other in _present(others))
        return any(self.text(wanted, text) for text in _present(texts))

    def keyword(self, wanted: Any, view: _View) -> bool:
        """A value without a field: it stands somewhere in any of the event's values."""
        texts = view.all_texts()
        match wanted:
            case SigmaExpansion():
                return any(self.keyword(each, view) for each in wanted.values)
            case SigmaNull():
                return None in texts
            case SigmaFieldReference():
                others = view.texts(wanted.field) or ()
                return any(_refers(wanted, text, other) for text in _present(texts) for other in _present(others))
            case SigmaCasedString() | SigmaString():
                anywhere = SpecialChars.WILDCARD_MULTI + wanted + SpecialChars.WILDCARD_MULTI
                return any(self.text(anywhere, text) for text in _present(texts))
            case SigmaTimestampPart():
                return any(self.text(wanted, text) for text in _present(texts))
            case SigmaNumber():
                return any(value.scalar(wanted.number) in text for text in _present(texts))
            case SigmaBool():
                return any(value.scalar(wanted.boolean) in value.fold(text) for text in _present(texts))
        return any(self.text(wanted, text) for text in _present(texts))

    def text(self, wanted: Any, text: str) -> bool:
        """Whether one text is what is wanted."""
        match wanted:
            case SigmaCasedString():
                return _like(wanted.s, text)
            case SigmaString():
                return _like(
                    [value.fold(part) if isinstance(part, str) else part for part in wanted.s], value.fold(text)
                )
            case SigmaTimestampPart():
                return _time_part(text, wanted.timestamp_part) == wanted.number
            case SigmaNumber():
                return value.fold(text) == value.fold(value.scalar(wanted.number))
            case SigmaBool():
                return value.fold(text) == value.scalar(wanted.boolean)
            case SigmaRegularExpression():
                return self.search(wanted, text)
            case SigmaCIDRExpression():
                return _within(wanted.network, text)
            case SigmaCompareExpression():
                return _compares(wanted.op, text, float(wanted.number.number))
        raise TypeError(f"a value of type {type(wanted).__name__}")

    def search(self, wanted: SigmaRegularExpression, text: str) -> bool:
        letters = "".join(sorted(_FLAGS[flag] for flag in wanted.flags))
        pattern = f"(?{letters}){wanted.regexp}" if letters else str(wanted.regexp)
        fast, slow = _compiled(pattern)
        if fast is not None:
            return fast.search(text) is not None
        try:
            return slow.search(text, timeout=REGEX_SECONDS) is not None
        except TimeoutError:
            if self.exceeded:
                self.exceeded(pattern)
            return False


class _View:
    """An event as a rule sees it: by Sigma's field names, in texts."""

    def __init__(self, kind: str, event: Mapping[str, Any], renames: Mapping[str, str]) -> None:
        self.event = event
        self.renames = renames
        self.aliases = logsource.aliases(kind)

    def texts(self, field: str) -> Texts | None:
        """Of the names that the field may have here, the first one that holds something other than null."""
        keys = [self.renames.get(name, name) for name in self.aliases.get(field, (field,))]
        contents = [self.event[key] for key in keys if key in self.event]
        if not contents:
            return None
        return _texts(next((content for content in contents if content is not None), None))

    def all_texts(self) -> Texts:
        return [text for content in self.event.values() for text in _texts(content)]


_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


def _texts(content: Any) -> Texts:
    text = value.text(content)
    return text if isinstance(text, list) else [text]


def _present(texts: Texts | None) -> Iterable[str]:
    return (text for text in texts or () if text is not None)


def _like(parts: Sequence[Any], text: str) -> bool:
    """Whether ``text`` as a whole fits plain parts and wildcards: ``*`` any characters or none, ``?`` exactly one.

    Between two stars the leftmost place that fits is as good as any.
    """
    segments: list[list[str | None]] = [[]]  # None stands for any one character
    for part in parts:
        if part is SpecialChars.WILDCARD_MULTI:
            segments.append([])
        elif part is SpecialChars.WILDCARD_SINGLE:
            segments[-1].append(None)
        else:
            segments[-1].extend(part)
    first, *rest = segments
    if not rest:
        return len(text) == len(first) and _fits(first, text, 0)
    if not _fits(first, text, 0):
        return False
    position, last = len(first), len(text) - len(rest[-1])
    for segment in rest[:-1]:
        position = _find(segment, text, position)
        if position < 0:
            return False
        position += len(segment)
    return last >= position and _fits(rest[-1], text, last)


def _find(segment: Sequence[str | None], text: str, start: int) -> int:
    """The leftmost place from ``start`` on where ``segment`` fits, -1 if there is none."""
    if None not in segment:
        return text.find("".join(filter(None, segment)), start)
    return next((at for at in range(start, len(text) + 1) if _fits(segment, text, at)), -1)


def _fits(segment: Sequence[str | None], text: str, start: int) -> bool:
    piece = text[start : start + len(segment)]
    return len(piece) == len(segment) and all(want in (None, char) for want, char in zip(segment, piece, strict=True))


def _refers(reference: SigmaFieldReference, text: str, other: str) -> bool:
    text, other = value.fold(text), value.fold(other)
    if reference.starts_with and reference.ends_with:
        return other in text
    if reference.starts_with:
        return text.startswith(other)
    if reference.ends_with:
        return text.endswith(other)
    return text == other


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[Any, Any]:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options), None
    except re2.error:
        return None, regex.compile(pattern)


def _within(network: ipaddress.IPv4Network | ipaddress.IPv6Network, text: str) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


def _compares(op: CompareOperators, text: str, limit: float) -> bool:
    try:
        number = float(text)
    except ValueError:
        return False
    match op:
        case CompareOperators.LT:
            return number < limit
        case CompareOperators.LTE:
            return number <= limit
        case CompareOperators.GT:
            return number > limit
        case CompareOperators.GTE:
            return number >= limit
        case CompareOperators.NEQ:
            return number != limit


def _time_part(text: str, part: TimestampPart) -> int | None:
    """The part of an ISO time, in UTC where it names its zone; the week is that of the ISO year."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):  # no time, or one that is beyond the year 9999 in UTC
        return None
    match part:
        case TimestampPart.MINUTE:
            return moment.minute
        case TimestampPart.HOUR:
            return moment.hour
        case TimestampPart.DAY:
            return moment.day
        case TimestampPart.WEEK:
            return moment.isocalendar().week
        case TimestampPart.MONTH:
            return moment.month
        case TimestampPart.YEAR:
            return moment.year
