"""One spelling for a host's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 255
"""Characters of a host name that are kept; a DNS name has no more."""

# Controls, and the marks that reorder or hide text on a screen.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@lru_cache(maxsize=65536)
def normal(raw: str | None) -> str | None:
    """``raw`` in lower case, without white space around it, hidden characters and the root's dot; None if nothing is
    left.

    >>> normal(" WS01.Example.ORG. ")
    'ws01.example.org'
    """
    if raw is None:
        return None
    cut = _HIDDEN.sub("", raw[: 4 * LONGEST]).strip().rstrip(".").strip().lower()[:LONGEST]
    return cut or None


def short(name: str) -> str:
    """The first label of a normal name, by which its short and its full spelling are one. An address is its own label.

    >>> short("ws01.example.org"), short("10.0.0.7"), short("fe80::1")
    ('ws01', '10.0.0.7', 'fe80::1')
    """
    label = name.partition(".")[0]
    return name if label.isdecimal() or ":" in label else label


def full_names(names: Iterable[str]) -> dict[str, str]:
    """For each short name the full one that it stands for: the only one of ``names`` (all normal) that begins with it.

    >>> full_names(["ws1", "ws1.example.org", "db.a.example", "db.b.example", "10.0.0.7"])
    {'ws1': 'ws1.example.org'}
    """
    found: dict[str, set[str]] = {}
    for name in names:
        label = short(name)
        if label != name:
            found.setdefault(label, set()).add(name)
    return {label: next(iter(full)) for label, full in sorted(found.items()) if len(full) == 1}
