"""Whose records a statement to a database reads, and how a subscriber's number is hidden in the tables."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

How = Literal["single", "list", "bulk", ""]
"""One subscriber, several by name, all that are in a table; empty for no records of subscribers."""
MOST = 2000
"""Numbers of one statement that are looked at."""
HIDDEN = "hmac:"

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)


class Names(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """subscriber.yml"""

    columns: list[str]
    tables: frozenset[str]
    bulk_actions: frozenset[str]


@lru_cache(maxsize=1)
def names() -> Names:
    return msgspec.yaml.decode(files(__package__).joinpath("subscriber.yml").read_bytes(), type=Names)


def hidden(key: bytes, number: str) -> str:
    """A number as the tables have it: HMAC-SHA-256 with the case's key, cut to 128 bits, in hexadecimal."""
    return HIDDEN + hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:32]


def plain(number: str) -> str:
    """As statements write it: digits alone.

    >>> plain("+60 12-833 5807")
    '60128335807'
    """
    return re.sub(r"\D", "", number)


def without_comments(sql: str) -> str:
    return _COMMENT.sub(" ", sql)


@lru_cache(maxsize=4096)
def access(sql: str) -> tuple[How, tuple[str, ...]]:
    """How a statement reads subscribers' records, and whose.

    >>> access("select * from call_records where msisdn = '601281234567'")
    ('single', ('601281234567',))
    >>> access("select * from cdr.call_records where call_date = '2019-01-01'")
    ('bulk', ())
    """
    text = without_comments(sql)
    found: list[str] = []
    for pattern in _patterns():
        for match in pattern.finditer(text):
            found += re.findall(r"\+?\d{6,15}", match[1])
    numbers = tuple(dict.fromkeys(number.lstrip("+") for number in found))[:MOST]
    if numbers:
        return ("single" if len(numbers) == 1 else "list"), numbers
    if re.search(r"\b(select|copy)\b", text, re.IGNORECASE) and tables(text):
        return "bulk", ()  # with no subscriber named, all that are in the table are read
    return "", ()


def tables(sql: str) -> list[str]:
    """The tables with records of subscribers that a statement reads, as it writes them: what stands after ``from`` and
    ``join``."""
    return [
        name for name in re.findall(r"\b(?:from|join|copy)\s+([\w.\"$#]+)", sql, re.IGNORECASE) if is_record_table(name)
    ]


def is_record_table(name: str) -> bool:
    return name.replace('"', "").lower().rpartition(".")[2] in names().tables


@lru_cache(maxsize=1)
def _patterns() -> list[re.Pattern[str]]:
    return [
        re.compile(rf"\b{column}\s*(?:=|in\b|like\b)\s*(\(([^()]*)\)|'[^']*'|\d+)", re.IGNORECASE)
        for column in names().columns
    ]
