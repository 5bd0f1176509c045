"""How traits of each kind count when profiles are compared: ``kinds.yml``, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

By = Literal["reports", "findings", "telemetry", "fragments", "nothing"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of ``kinds.yml``, where the keys are explained."""

    family: str
    prior: float | None = None
    by: By = "nothing"
    copied: bool = False
    artefact: bool = False
    joins: bool = True


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The prior of a command by its number of words: ``first`` times ``factor`` for each beyond one. Words of
    ``wrappers`` do not count."""

    first: float
    factor: float
    least: float
    wrappers: list[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: dict[str, str]
    kinds: dict[str, Kind]
    words: Words


@dataclass(frozen=True)
class Kinds:
    """``families`` name to what it is called for people."""

    families: Mapping[str, str]
    kinds: Mapping[str, Kind]
    words: Words

    def of(self, kind: str) -> Kind:
        """A kind that the file does not know is a family of its own that joins nothing."""
        return self.kinds.get(kind) or Kind(family=kind, prior=0.2, joins=False)

    def own(self, kind: str) -> bool:
        """Whether a kind is hard to copy and no way of working that is common to a whole trade."""
        told = self.of(kind)
        return told.joins and not told.copied and told.family != "technique"

    def prior(self, kind: str, value: str) -> float:
        """How common a value is before anything was seen of it."""
        prior = self.of(kind).prior
        if prior is not None:
            return prior
        words = self._choices(value)
        return float(max(self.words.least, self.words.first * self.words.factor ** max(words - 1, 0.0)))

    def _choices(self, value: str) -> float:
        words = [word for word in value.split()[:40] if word.lower() not in self.words.wrappers]
        return sum(0.5 if "<" in word else 1.0 for word in words)


@cache
def kinds() -> Kinds:
    text = (files(__package__) / "kinds.yml").read_text(encoding="utf-8")
    read = msgspec.convert(yaml.safe_load(text), _File)
    return Kinds(read.families, read.kinds, read.words)
