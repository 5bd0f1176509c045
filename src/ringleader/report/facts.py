"""words.yml, read and checked."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import msgspec


class Band(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    lower: float = msgspec.field(name="from")
    word: str


class Question(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    key: str
    place: str
    question: str


class Telemetry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    kinds: list[str]
    shows: str


class Facts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    probability: list[Band]
    questions: list[Question]
    telemetry: list[Telemetry]


@lru_cache
def facts() -> Facts:
    content = files(__package__).joinpath("words.yml").read_bytes()
    return msgspec.yaml.decode(content, type=Facts)


def likely(probability: float | None) -> str:
    """The word of ICD 203 for a probability, "" for none.

    >>> likely(0.5), likely(0.97), likely(None)
    ('roughly even chance', 'almost certain', '')
    """
    if probability is None:
        return ""
    return next(band.word for band in reversed(facts().probability) if probability >= band.lower or band.lower == 0)
