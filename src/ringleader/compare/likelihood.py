"""Words for probabilities: likelihood.yml, checked."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from importlib.resources import files

import msgspec


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    begin: int = msgspec.field(name="from")
    word: str


def word(probability: float) -> str:
    """
    >>> word(0.5), word(0.97), word(0)
    ('roughly even chance', 'almost certain', 'remote')
    """
    return _bands()[_place(probability)].word


def band(probability: float) -> str:
    """The band of that word.

    >>> band(0.7), band(1)
    ('55-80 %', '99-100 %')
    """
    place = _place(probability)
    ends = [*(one.begin for one in _bands()[1:]), 100]
    return f"{_bands()[place].begin}-{ends[place]} %"


def _place(probability: float) -> int:
    return max(bisect_right(_bands(), probability, key=lambda one: one.begin / 100) - 1, 0)


@cache
def _bands() -> tuple[Band, ...]:
    return msgspec.yaml.decode(files(__package__).joinpath("likelihood.yml").read_bytes(), type=tuple[Band, ...])
