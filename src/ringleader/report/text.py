"""Texts from evidence, made fit for people's eyes. Escaping for each form of the report happens elsewhere, always."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from ringleader.errors import UsageError
from ringleader.schema import shown
from ringleader.schema.tables import DISBELIEVED

LONGEST = 600
"""Characters of one value that are shown."""
_REMEMBERED = 50_000


class Show:
    """The one door for texts from evidence into a report: ``hide``, where names must not be told, then
    :func:`visible`. ``hide`` is given the field's name, or "", and the text."""

    def __init__(self, hide: Callable[[str, str], str] | None = None) -> None:
        self.hide = hide
        self._memo: dict[tuple[str, str, int], str] = {}

    def __call__(self, content: str | None, longest: int = LONGEST, field: str = "") -> str:
        if not content:
            return ""
        key = (field, content, longest)
        found = self._memo.get(key)
        if found is None:
            found = visible(self.hide(field, content) if self.hide else content, longest)
            if len(self._memo) < _REMEMBERED:
                self._memo[key] = found
        return found


def visible(content: str | None, longest: int = LONGEST) -> str:
    """``content`` with each hidden character spelled out, cut to ``longest`` characters with its length told.

    >>> visible("a\\x00b\\u202ec")
    'a␀b⟨U+202E⟩c'
    """
    if not content:
        return ""
    spelled = shown.HIDDEN.sub(_spelled, content[:longest])
    return spelled if len(content) <= longest else f"{spelled}… ({len(content):,} characters)"


def _spelled(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def zone(name: str) -> tzinfo:
    try:
        return shown.zone(name)
    except ValueError as error:
        raise UsageError(f"no time zone is called {visible(name)}", hint="use a name such as Europe/Berlin") from error


def moment(time: datetime | None, where: tzinfo) -> str:
    return "unknown" if time is None else shown.moment(shown.local(time, where))


def clock(corrections: str | None) -> str:
    """What was done to times, from the column clock of evidence: JSON of host to seconds added.

    >>> clock('{"a": 14400, "b": -90, "c": 14400}')
    'a, c: 4 h added to every time; b: 1 min 30 s taken from every time'
    >>> clock('{"UtcTime not believed": 3}')
    "UtcTime of 3 events not believed: too far from the record's time"
    """
    try:
        seconds = {str(name): int(amount) for name, amount in json.loads(corrections or "{}").items() if amount}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return corrections or ""
    disbelieved = seconds.pop(DISBELIEVED, 0)
    hosts: dict[int, list[str]] = {}
    for name, amount in sorted(seconds.items()):
        hosts.setdefault(amount, []).append(name)
    words = [
        f"{', '.join(names)}: {shown.duration(abs(amount))} {'added to' if amount > 0 else 'taken from'} every time"
        for amount, names in hosts.items()
    ]
    if disbelieved:
        words.append(f"UtcTime of {disbelieved:,} events not believed: too far from the record's time")
    return "; ".join(words)
