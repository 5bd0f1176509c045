"""What a program's message says: its kind and fields, by the patterns of programs.yml."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import re2
import yaml

LONGEST = 16 << 10
"""Characters of a message that are looked at; all of it is kept."""

UNKNOWN = "linux/syslog"

_Pattern = tuple[Any, dict[str, str]]


def understood(program: str, message: str) -> tuple[str, dict[str, str]]:
    """Kind and fields.

    >>> understood("CRON", "(root) CMD (id)")
    ('linux/cron', {'command': 'id', 'user': 'root', 'action': 'command'})
    """
    kind, patterns = _of(program[:80].lower())
    cut = message[:LONGEST]
    for pattern, more in patterns:
        found = pattern.search(cut)
        if found is not None:
            return kind, {name: value for name, value in found.groupdict().items() if value} | more
    return kind, {}


@lru_cache(maxsize=4096)
def _of(program: str) -> tuple[str, list[_Pattern]]:
    entries, common = _tables()
    for name, kind, patterns in entries:
        if name.fullmatch(program):
            return kind, patterns + common
    return UNKNOWN, common


@lru_cache(maxsize=1)
def _tables() -> tuple[list[tuple[re.Pattern[str], str, list[_Pattern]]], list[_Pattern]]:
    data = yaml.load(files(__package__).joinpath("programs.yml").read_bytes(), yaml.CSafeLoader)
    entries = [(re.compile(e["program"]), e["kind"], _patterns(e.get("patterns", []))) for e in data["programs"]]
    return entries, _patterns(data["common"])


def _patterns(listed: list[dict[str, Any]]) -> list[_Pattern]:
    return [(re2.compile(entry["match"]), entry.get("set", {})) for entry in listed]
