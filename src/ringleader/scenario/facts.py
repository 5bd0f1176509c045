"""Tables of facts that habits draw from: the files in data/."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ringleader.case import Role
from ringleader.scenario.estate import Estate


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


_PLACES = {
    "{files}": Role.FILES,
    "{updates}": Role.UPDATES,
    "{database}": Role.DATABASE,
    "{mail}": Role.MAIL,
    "{jump}": Role.JUMP_HOST,
    "{element}": Role.NETWORK_ELEMENT,
    "{store}": Role.OTHER,
}


def placed(estate: Estate, text: str) -> str:
    """``text`` with the names of the operator's own servers in it: the first of a role stands for ``{files}``."""
    if "{" in text:
        for mark, role in _PLACES.items():
            if mark in text and (hosts := estate.of_role(role)):
                text = text.replace(mark, hosts[0].name.lower())
    return text
