"""Operators ready to be told: those of the given files, or the one that comes with Ringleader."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from ringleader.errors import ConfigError
from ringleader.scenario.blueprint import Operator, operator


def operators(paths: Sequence[Path]) -> list[Operator]:
    """Raises :class:`ConfigError` for a file with mistakes, and for two operators of one short name."""
    if not paths:
        with as_file(files("ringleader.scenario").joinpath("data/operators/alpha.yml")) as file:
            return [operator(file)]
    found: dict[str, Operator] = {}
    for path in paths:
        one = operator(path)
        if one.short in found:
            raise ConfigError(f"an operator {one.short!r} is there already", path=str(path))
        found[one.short] = one
    return list(found.values())
