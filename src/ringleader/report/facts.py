"""words.yml, read and checked."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec


class Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    place: str
    question: str


class Telemetry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    kinds: list[str]
    shows: str


class Facts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    questions: list[Question]
    telemetry: list[Telemetry]


@lru_cache
def facts() -> Facts:
    content = files(__package__).joinpath("words.yml").read_bytes()
    return msgspec.yaml.decode(content, type=Facts)
