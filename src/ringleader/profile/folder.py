"""Paths without the names in them: in what class of folder a file lies (places.yml)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ringleader.profile import facts

LONGEST = 500
"""Characters of a path that are looked at."""

_VARIABLE = re.compile(r"%[a-z]+%")
_HOME = re.compile(r"^([a-z]:\\(?:users|documents and settings)\\|\\home\\)(?!public\\)[^\\]+")
_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\|%[A-Za-z]+%)")
_POSIX = re.compile(r"^(?:~?/(?:tmp|etc|root|home|var|usr|bin|sbin|opt|dev|proc|mnt|srv|data)(?:/|$)|~?/[^/\s]+/)")


class Place(NamedTuple):
    """``keeps``: whether the name of a file there may be told."""

    name: str
    keeps: bool


def is_path(text: str) -> bool:
    """Whether it is a path with a folder, of either system.

    >>> is_path(r"C:\\Temp\\a.txt"), is_path("/tmp/x"), is_path("/all"), is_path("a.txt")
    (True, True, False, False)
    """
    return bool(_WINDOWS.match(text) or _POSIX.match(text))


@lru_cache(maxsize=65536)
def plain(path: str) -> str:
    r"""One spelling: lower case, variables resolved, ``\`` for ``/``, the person's home without a name.

    >>> plain("%SystemRoot%/Temp/A.exe"), plain(r"C:\Users\b.lee\AppData\x")
    ('c:\\windows\\temp\\a.exe', 'c:\\users\\*\\appdata\\x')
    """
    text = path[:LONGEST].strip("\"' ").lower().replace("%%", "%")
    text = _VARIABLE.sub(lambda found: facts.places().variables.get(found[0], found[0]), text)
    text = text.replace("/", "\\")
    for prefix in ("\\??\\", "\\\\.\\"):
        text = text.removeprefix(prefix)
    return _HOME.sub(r"\1*", text)


@lru_cache(maxsize=65536)
def place(path: str) -> Place | None:
    """The class of the folder that a path, in any spelling, lies in; None for a name without a folder."""
    text = plain(path)
    for one in facts.places().classes:
        if any(facts.pattern(pattern).match(text) for pattern in one.patterns):
            return Place(one.name, one.keeps)
    return None


def name(path: str) -> str:
    r"""The last part, lower case.

    >>> name(r"C:\Temp\A.exe"), name("/tmp/b")
    ('a.exe', 'b')
    """
    return plain(path).rpartition("\\")[2]


def ending(path: str) -> str:
    """What stands after the last dot of the name, without it; at most eight letters or digits, else empty."""
    stem, dot, found = name(path).rpartition(".")
    return found if dot and stem and found.isalnum() and len(found) <= 8 else ""


def parent(path: str) -> str:
    r"""The folder, with numbers of two and more digits generalised.

    >>> parent(r"D:\IFM\20190112\x.dit")
    'd:\\ifm\\<number>'
    """
    return re.sub(r"\d{2,}", "<number>", plain(path).rpartition("\\")[0])
