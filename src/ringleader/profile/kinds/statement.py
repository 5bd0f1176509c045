"""Statements to databases, and whose records they read."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from functools import lru_cache

from ringleader.profile import facts
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_TEXT = re.compile(r"'(?:[^']|'')*(?:'|$)")
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\(\s*<(?:text|number)>(?:\s*,\s*<(?:text|number)>)*\s*\)")
_NAMES = re.compile(r'"[^"]*"')


class DatabaseStatement(Plain):
    name = "database-statement"
    what = "statement to a database, lower case, its texts, numbers and lists replaced"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for sql in sighting.all("sql"):
            yield Mark(shape(sql), "recorded")


class SubscriberAccess(Plain):
    name = "subscriber-access"
    what = "how subscribers' records are read: single, list or bulk; count is the number of statements"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for sql in sighting.all("sql"):
            how, _ = access(sql)
            if how:
                yield Mark(how, "recorded")
        whole = sighting.first("action").lower() in facts.habits().bulk_actions
        if whole and not sighting.slots.get("sql") and _is_record_table(sighting.first("object")):
            yield Mark("bulk", "recorded")


class Subscriber(Plain):
    name = "subscriber"
    what = "subscriber whose records were read, by keyed hash: the number is not in the table unless that was asked for"
    most = 2000

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if not (context.key or context.clear):
            return
        for sql in sighting.all("sql"):
            for number in access(sql)[1]:
                hidden = hmac.new(context.key, number.encode(), hashlib.sha256).hexdigest()[:32]
                yield Mark(number if context.clear else f"hmac:{hidden}", "recorded")


@lru_cache(maxsize=4096)
def shape(sql: str) -> str:
    """
    >>> shape("SELECT * FROM CDR.CALLS WHERE MSISDN IN ('601', '602') AND DAY >= SYSDATE - 30")
    'select * from cdr.calls where msisdn in (<list>) and day >= sysdate - <number>'
    """
    text = _TEXT.sub("<text>", _COMMENT.sub(" ", sql))
    text = _NUMBER.sub("<number>", text)
    text = _LIST.sub("(<list>)", text)
    return " ".join(text.lower().split())[:400]


@lru_cache(maxsize=4096)
def access(sql: str) -> tuple[str, tuple[str, ...]]:
    """How a statement reads subscribers' records (single, list, bulk, or empty for not at all), and whose.

    >>> access("select * from call_records where msisdn = '601281234567'")
    ('single', ('601281234567',))
    >>> access("select * from cdr.call_records where call_date = '2019-01-01'")
    ('bulk', ())
    """
    text = _COMMENT.sub(" ", sql)
    found: list[str] = []
    for column in facts.habits().subscriber_columns:
        for match in re.finditer(rf"\b{column}\s*(?:=|in\b|like\b)\s*(\(([^()]*)\)|'[^']*'|\d+)", text, re.IGNORECASE):
            found += re.findall(r"\+?\d{6,15}", match[1])
    numbers = tuple(dict.fromkeys(number.lstrip("+") for number in found))[:2000]
    if numbers:
        return ("single" if len(numbers) == 1 else "list"), numbers
    if re.search(r"\b(select|copy)\b", text, re.IGNORECASE):
        # After `from` and `join` stand tables; with no subscriber named, all that are in them are read.
        for table in re.findall(r"\b(?:from|join|copy)\s+([\w.\"$#]+)", text, re.IGNORECASE):
            if _is_record_table(table):
                return "bulk", ()
    return "", ()


def _is_record_table(name: str) -> bool:
    return name.replace('"', "").lower().rpartition(".")[2] in facts.habits().record_tables
