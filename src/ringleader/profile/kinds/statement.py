"""Statements to databases, and whose records they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting
from ringleader.schema import subscriber

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
            how, _ = subscriber.access(sql)
            if how:
                yield Mark(how, "recorded")
        whole = sighting.first("action").lower() in subscriber.names().bulk_actions
        if whole and not sighting.slots.get("sql") and subscriber.is_record_table(sighting.first("object")):
            yield Mark("bulk", "recorded")


class Subscriber(Plain):
    name = "subscriber"
    what = "subscriber whose records were read, by keyed hash: the number is not in the table unless that was asked for"
    most = 2000

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if not (context.key or context.clear):
            return
        for sql in sighting.all("sql"):
            for number in subscriber.access(sql)[1]:
                yield Mark(number if context.clear else subscriber.hidden(context.key, number), "recorded")


@lru_cache(maxsize=4096)
def shape(sql: str) -> str:
    """
    >>> shape("SELECT * FROM CDR.CALLS WHERE MSISDN IN ('601', '602') AND DAY >= SYSDATE - 30")
    'select * from cdr.calls where msisdn in (<list>) and day >= sysdate - <number>'
    """
    text = _TEXT.sub("<text>", subscriber.without_comments(sql))
    text = _NUMBER.sub("<number>", text)
    text = _LIST.sub("(<list>)", text)
    return " ".join(text.lower().split())[:400]
