"""Software: what rules name, and known tools by the names that they go by (software.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ringleader.profile import facts, folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class Software(Plain):
    name = "software"
    what = "ATT&CK software id, or the name of a known tool without one; by version information, names, or a rule's tag"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for software in sighting.software:
            yield Mark(software, "tag")
        for original in sighting.all("original"):
            for tool in originals().get(original.lower(), ()):
                yield Mark(tool, "version")
        for path in sighting.all("program", "file"):
            for tool in _files().get(folder.name(path), ()):
                yield Mark(tool, "name")
        for service in sighting.all("service"):
            for tool in _services().get(service.lower(), ()):
                yield Mark(tool, "name")
        for pipe in sighting.all("pipe"):
            for tool in _matching("pipes", pipe.lstrip("\\").lower()):
                yield Mark(tool, "name")
        for agent in sighting.all("user_agent"):
            for tool in _matching("agents", agent.lower()[:200]):
                yield Mark(tool, "claimed")


def named(software: str) -> str:
    """The id with the tool's name, where software.yml knows it.

    >>> named("S0002"), named("S9999")
    ('S0002 Mimikatz', 'S9999')
    """
    name = next((tool.name for tool in facts.software().tools if tool.id == software), "")
    return f"{software} {name}" if name and re.fullmatch(r"S\d+", software) else software


def renamed(sighting: Sighting) -> str:
    """What a known tool is called, where it runs under another name; else empty."""
    for original in sighting.all("original"):
        for tool in facts.software().tools if original.lower() in originals() else ():
            if original.lower() in tool.original and tool.files:
                known = any(folder.name(path) in tool.files for path in sighting.all("program"))
                return "" if known else tool.files[0].removesuffix(".exe")
    return ""


@lru_cache(maxsize=1)
def originals() -> dict[str, list[str]]:
    """Tools by the name in their version information."""
    return _by("original")


@lru_cache(maxsize=1)
def _files() -> dict[str, list[str]]:
    return _by("files")


@lru_cache(maxsize=1)
def _services() -> dict[str, list[str]]:
    return _by("services")


def _by(what: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tool in facts.software().tools:
        for name in getattr(tool, what):
            found.setdefault(name, []).append(tool.id)
    return found


@lru_cache(maxsize=4096)
def _matching(what: str, text: str) -> tuple[str, ...]:
    return tuple(
        tool.id
        for tool in facts.software().tools
        if any(re.fullmatch(pattern, text) for pattern in getattr(tool, what))
    )
