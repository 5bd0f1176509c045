"""Versions of programs: new ones come out every few weeks, reach hosts within days of each other, and change hashes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ringleader.scenario.deeds import windows
from ringleader.scenario.deeds.windows import Binary
from ringleader.scenario.scene import Scene

_WEEKS = {"chrome": 6, "outlook": 4, "winword": 4, "excel": 4, "powerpnt": 4, "teams": 3, "reader": 9, "deskwatch": 8}
"""How many weeks each program's version lasts. Windows' own programs keep theirs here."""


def program(scene: Scene, command: str) -> Binary | None:
    """The file that ``command`` starts in the version of the day; None where versions are not told."""
    word = command[1:].partition('"')[0] if command.startswith('"') else command.partition(" ")[0]
    name = word.rsplit("\\", 1)[-1].lower().removesuffix(".exe")
    weeks = _WEEKS.get(name)
    return _version(name, (scene.day + len(name) * 5) // (7 * weeks)) if weeks else None


@lru_cache(maxsize=1024)
def _version(name: str, number: int) -> Binary:
    return replace(windows.binary(name), build=str(number))
