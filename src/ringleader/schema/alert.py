"""What the alerts of other products look like (``alerts.yml``): for each kind the fields that hold time, host, rule,
title, level and techniques. Reading and detection agree on it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from ringleader.schema import value

DEFAULT_LEVEL = "medium"
"""The level of an alert whose product states none: in sight, without alarm."""

GENERIC = "alert/generic"


class Level(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``words``: what is written, as a level. ``least``: the least number of each level."""

    fields: list[str] = []
    words: dict[str, str] = {}
    least: dict[str, float] = {}


class Shape(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One kind of alert; lists of fields, the first that an event has counts (for ``rule`` all of them)."""

    product: str
    time: list[str]
    host: list[str]
    rule: list[str]
    title: list[str]
    level: Level
    techniques: list[str]
    account: list[str]
    values: list[str]
    address: list[str] = []

    def columns(self) -> list[str]:
        """The fields that make a finding."""
        named = [*self.rule, *self.title, *self.level.fields, *self.techniques, *self.account, *self.values]
        return sorted(set(named))

    def level_of(self, event: Mapping[str, Any]) -> str:
        text = first(event, self.level.fields).lower()
        if text in self.level.words:
            return self.level.words[text]
        try:
            number = float(text)
        except ValueError:
            return DEFAULT_LEVEL
        reached = [name for name, least in self.level.least.items() if number >= least]
        return max(reached, key=lambda name: self.level.least[name], default=DEFAULT_LEVEL)


@lru_cache(maxsize=1)
def shapes() -> dict[str, Shape]:
    """By kind."""
    return msgspec.yaml.decode(files(__package__).joinpath("alerts.yml").read_bytes(), type=dict[str, Shape])


def first(event: Mapping[str, Any], names: Sequence[str]) -> str:
    """The text of the first of the fields that holds one, else an empty text."""
    return next((text for name in names for text in texts(event.get(name))), "")


def texts(content: Any) -> list[str]:
    """The texts in a field that are not empty, whether it holds one or a list."""
    found = value.text(content)
    return [text for text in (found if isinstance(found, list) else [found]) if text]
