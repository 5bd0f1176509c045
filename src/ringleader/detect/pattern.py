"""Tests of one text that no automaton decides: regular expressions, wildcards, comparisons, networks, time parts."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import re2
import regex

from ringleader.detect.program import Predicate
from ringleader.schema import value

Test = Callable[[str], bool]

REGEX_SECONDS = 0.5
"""How long one regular expression that RE2 cannot express may take on one value before it counts as no match."""
COMPARISONS = ("lt", "lte", "gt", "gte")


def test(predicate: Predicate, slow: Callable[[], None] | None) -> Test:
    """The test of ``predicate``. ``slow`` is called when a regular expression is given up on a text."""
    op, arg = predicate.op, predicate.arg
    if op == "glob":
        matches = search(arg, None)
        return matches if predicate.cased else lambda text: matches(value.fold(text))
    if op == "re":
        return search(arg, slow)
    if op in COMPARISONS:
        return _comparison(op, float(arg))
    if op == "time":
        part, _, wanted = arg.partition(":")
        return lambda text: time_part(text, part) == int(wanted)
    raise ValueError(f"predicate {op} is not a test of one text")


def guard(predicate: Predicate) -> tuple[str, bool]:
    """A literal that every value satisfying ``predicate`` contains (empty when none is known), and if it is cased."""
    if predicate.op not in ("re", "glob"):
        return "", False
    literal, cased = _literal(predicate.arg)
    if predicate.op == "glob":  # its text is folded already unless cased
        return literal, predicate.cased
    return (literal, True) if cased else (value.fold(literal), False)


@lru_cache(maxsize=8192)
def _literal(pattern: str) -> tuple[str, bool]:
    """The longest literal that each match of ``pattern`` contains, and whether its case matters."""
    parsed = _parsed(pattern)
    if parsed is None:
        return "", False
    cased = not (parsed.state.flags & re.IGNORECASE) and not re.search(r"\(\?[a-z]*i", pattern)
    runs = [run for run in _runs(parsed) if run.isascii()]
    return max(runs, key=len, default=""), cased


def _parsed(pattern: str) -> Any:
    """The standard library's own parse of a pattern; None where it disagrees with RE2 about what is one."""
    try:
        from re import _parser  # type: ignore[attr-defined]  # not public: without it nothing is known of a pattern

        return _parser.parse(pattern.replace(r"\z", r"\Z"))
    except (ImportError, re.error, RecursionError, OverflowError):
        return None


def _runs(parsed: Iterable[tuple[Any, Any]]) -> list[str]:
    """Literals that must occur, in order; each an unbroken run."""
    runs = [""]
    for op, arg in parsed:
        name = str(op)
        if name == "LITERAL":
            runs[-1] += chr(arg)
        elif name == "SUBPATTERN":
            inner = _runs(arg[-1])
            runs += [*inner, ""]
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and arg[0] >= 1:
            runs += [*_runs(arg[2]), ""]
        elif name == "AT":
            continue  # an anchor has no width
        else:
            runs.append("")
    return runs


def search(pattern: str, slow: Callable[[], None] | None) -> Callable[[str], bool]:
    """A search for ``pattern`` in RE2, or with a time limit where RE2 cannot express it."""
    try:
        compiled = re2.compile(pattern, _quiet())
    except re2.error:
        return _limited(regex.compile(pattern), slow)
    shortest = _width(pattern)
    return lambda text: len(text) >= shortest and compiled.search(text) is not None


def _width(pattern: str) -> int:
    """Characters that every match of ``pattern`` has at least; 0 when that is not known."""
    parsed = _parsed(pattern)
    return 0 if parsed is None else int(parsed.getwidth()[0])


def _limited(compiled: regex.Pattern[str], slow: Callable[[], None] | None) -> Callable[[str], bool]:
    def search(text: str) -> bool:
        try:
            return compiled.search(text, timeout=REGEX_SECONDS) is not None
        except TimeoutError:
            if slow is not None:
                slow()
            return False

    return search


def size(pattern: str) -> int:
    """RE2's size of a pattern, a measure of its cost; beyond all bounds when RE2 cannot express it."""
    try:
        return int(re2.compile(pattern, _quiet())._regexp.ProgramSize())
    except re2.error:
        return 1 << 30


def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def network(text: str) -> tuple[int, int, int]:
    block = ipaddress.ip_network(text)
    return block.version, int(block.network_address), int(block.broadcast_address)


@lru_cache(maxsize=65536)
def address(text: str) -> tuple[int, int] | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)


def _comparison(op: str, limit: float) -> Callable[[str], bool]:
    def compare(text: str) -> bool:
        try:
            number = float(text)
        except ValueError:
            return False
        return {"lt": number < limit, "lte": number <= limit, "gt": number > limit, "gte": number >= limit}[op]

    return compare


def time_part(text: str, part: str) -> int | None:
    """``part`` (minute, hour, day, week of the ISO year, month, year) of an ISO time, in UTC where it names a zone."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):  # no time, or one that is beyond the year 9999 in UTC
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))
