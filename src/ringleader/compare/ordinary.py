"""What is left of an intrusion's traits when those are taken out that say nothing of who it was."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec
import yaml

from ringleader.compare.trait import Trait


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    windows: list[str]
    unix: list[str]
    folders: list[str]


@cache
def _names() -> tuple[frozenset[str], tuple[str, ...]]:
    text = (files(__package__) / "ordinary.yml").read_text(encoding="utf-8")
    read = msgspec.convert(yaml.safe_load(text), _File)
    return frozenset([*read.windows, *read.unix]), tuple(read.folders)


def ordinary(path: str) -> bool:
    """Whether a path, or a name alone, is that of a program that comes with the system.

    >>> ordinary(r"c:\\windows\\system32\\cmd.exe"), ordinary(r"c:\\temp\\cmd.exe"), ordinary("cmd.exe")
    (True, False, True)
    """
    names, folders = _names()
    place = max(path.rfind("\\"), path.rfind("/")) + 1
    return path[place:].lower() in names and (not place or path.lower().startswith(folders))


def characteristic(traits: Iterable[Trait]) -> list[Trait]:
    """The traits without those of the system's own programs, and without hashes that only tell which public tool was
    used: that is said by the tool, whose commonness is known. A hash is of what the findings behind it name."""
    every = list(traits)
    mine = [t for t in every if t.kind == "path"]
    tools = [t.findings for t in every if t.kind == "software"]
    kept = []
    for trait in every:
        if trait.kind in ("path", "file-name") and ordinary(trait.value):
            continue
        if trait.kind == "file-hash" and trait.findings:
            of = [t.value for t in mine if trait.findings <= t.findings]
            if of and all(map(ordinary, of)):
                continue
            if any(trait.findings <= findings for findings in tools):
                continue
        kept.append(trait)
    return kept
