"""Operators ready to be told: those that come with Ringleader, by name, and those of files."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from ringleader.errors import ConfigError, UsageError
from ringleader.scenario.blueprint import Operator, operator

FIRST = "alpha"


def names() -> list[str]:
    """Of the operators that come along."""
    return sorted(
        item.name.removesuffix(".yml") for item in files("ringleader.scenario").joinpath("data/operators").iterdir()
    )


def operators(asked: Sequence[str]) -> list[Operator]:
    """By name or path; the first that comes along when none is asked for. Raises :class:`UsageError` for a name that
    is none, :class:`ConfigError` for a file with mistakes and for two operators of one short name."""
    found: dict[str, Operator] = {}
    for each in asked or [FIRST]:
        one = _one(each)
        if one.short in found:
            raise ConfigError(f"an operator {one.short!r} is there already", path=each)
        found[one.short] = one
    return list(found.values())


def _one(asked: str) -> Operator:
    if asked in names():
        with as_file(files("ringleader.scenario").joinpath(f"data/operators/{asked}.yml")) as file:
            return operator(file)
    if not Path(asked).exists():
        raise UsageError(f"no operator {asked!r}", hint=f"a YAML file, or one of: {', '.join(names())}")
    return operator(Path(asked))
