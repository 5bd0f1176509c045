"""ATT&CK's names for what is exported by id, and which software is a tool and which is malware."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import yaml

from ringleader.knowledge import Knowledge

VERSION = "18"
"""Of ATT&CK, that of the built-in knowledge."""


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    return Knowledge.load()


def name(key: str) -> str:
    """The name of a technique, group or piece of software; the id itself where it is not known."""
    entity = knowledge().entities.get(key)
    return entity.name if entity else key


def known(key: str) -> bool:
    return key in knowledge().entities


def tactics(technique: str) -> tuple[str, ...]:
    entity = knowledge().entities.get(technique)
    return entity.tactics if entity else ()


def is_tool(software: str) -> bool:
    """Whether it is a tool that others use too; software without an ATT&CK id is (`ringleader profile` names such by
    the version information of common tools)."""
    return software in _tools() or not known(software)


def url(key: str) -> str:
    kind = {"T": "techniques", "S": "software", "G": "groups", "C": "campaigns"}[key[0]]
    return f"https://attack.mitre.org/{kind}/{key.replace('.', '/')}"


@lru_cache(maxsize=1)
def _tools() -> frozenset[str]:
    loaded = yaml.safe_load((files(__package__) / "tools.yml").read_text(encoding="utf-8"))
    return frozenset(loaded["tools"])
