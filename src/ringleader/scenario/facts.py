"""Tables of facts that habits draw from: the files in data/."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


@lru_cache(maxsize=64)
def table(name: str) -> dict[str, Any]:
    """``data/NAME.yml``, read once. Nobody changes what is in it."""
    data = yaml.load(files("ringleader.scenario").joinpath(f"data/{name}.yml").read_bytes(), yaml.CSafeLoader)
    assert isinstance(data, dict)
    return data


def texts(name: str, key: str) -> list[str]:
    """A list of texts in a table."""
    found: list[str] = table(name)[key]
    return found
