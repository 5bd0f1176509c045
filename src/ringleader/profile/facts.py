"""The tables of facts beside this module, validated: what fields hold, grades, folders, secrets, known tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeVar

import msgspec

from ringleader.schema import kind as kinds

T = TypeVar("T")
Basis = Literal["hash", "recorded", "version", "name", "tag", "derived", "address", "claimed", "guessed"]
"""What a trait rests on; ``grades.yml`` says what that is worth."""
Role = Literal["account", "host", "name", "secret", "target", "text", "value", "word"]


class Hands(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    unless: dict[str, list[str]] = {}
    only: dict[str, list[str]] = {}


class Fields(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """fields.yml: slot to fields, by kind."""

    slots: dict[str, dict[str, list[str]]]
    hands: dict[str, Hands]
    sensors: dict[str, list[str]]


class Grades(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sources: dict[str, Literal["A", "B", "C", "D", "E", "F"]]
    content: dict[Basis, int]


class Class(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    patterns: list[str]
    keeps: bool = False


class Places(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    classes: list[Class]
    staging: list[str]
    variables: dict[str, str]
    endings: list[str]


class Secrets(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """secrets.yml; its comments are the documentation."""

    secret: frozenset[str]
    secret_words: list[str]
    attached: list[str]
    harmless: frozenset[str]
    archivers: frozenset[str]
    archiver_verbs: frozenset[str]
    before_secret: frozenset[str]
    account: frozenset[str]
    host: frozenset[str]
    name: frozenset[str]
    places: dict[str, dict[str, list[Role]]]
    carriers: dict[str, list[str]]
    wrappers: frozenset[str]
    separators: frozenset[str]


class Tool(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    name: str
    source: list[Literal["attack", "vendor", "code"]]
    original: list[str] = []
    files: list[str] = []
    services: list[str] = []
    pipes: list[str] = []
    agents: list[str] = []


class Software(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    tools: list[Tool]


class Habits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """habits.yml; its comments are the documentation."""

    archivers: dict[str, dict[str, str]]
    archive_endings: list[str]
    scripts: list[str]
    day_centre: float
    day_spread: float
    session_gap_hours: float
    least_sessions: int
    significance: float
    nobody: frozenset[str]
    account_words: frozenset[str]
    web_roots: list[str]


@lru_cache(maxsize=1)
def fields() -> Fields:
    return msgspec.yaml.decode(_bytes("fields.yml"), type=Fields)


@lru_cache(maxsize=1)
def grades() -> Grades:
    return msgspec.yaml.decode(_bytes("grades.yml"), type=Grades)


@lru_cache(maxsize=1)
def places() -> Places:
    return msgspec.yaml.decode(_bytes("places.yml"), type=Places)


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    return msgspec.yaml.decode(_bytes("secrets.yml"), type=Secrets)


@lru_cache(maxsize=1)
def software() -> Software:
    return msgspec.yaml.decode(_bytes("software.yml"), type=Software)


@lru_cache(maxsize=1)
def habits() -> Habits:
    return msgspec.yaml.decode(_bytes("habits.yml"), type=Habits)


def covering(table: Mapping[str, T], kind: str) -> list[T]:
    """The entries whose kind covers ``kind``, the longest first."""
    return [table[prefix] for prefix in sorted(table, key=len, reverse=True) if kinds.covers(prefix, kind)]


@lru_cache(maxsize=4096)
def slots(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Slot to fields for events of this kind."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in covering(fields().slots, kind):
        for slot, names in entry.items():
            found.setdefault(slot, tuple(names))
    return found


@lru_cache(maxsize=4096)
def grade(kind: str, basis: Basis) -> str:
    """
    >>> grade("windows/sysmon/1", "hash"), grade("alert/suricata", "address")
    ('A1', 'B4')
    """
    return f"{covering(grades().sources, kind)[0]}{grades().content[basis]}"


@lru_cache(maxsize=256)
def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _bytes(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
