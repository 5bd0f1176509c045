"""Texts from evidence, made fit for people's eyes. Escaping for HTML and JSON happens elsewhere, and always."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from ringleader.errors import UsageError

LONGEST = 600
"""Characters of one value that are shown."""

# What a screen would hide, act on or reorder: controls, invisible and bidirectional marks, half surrogates, tags.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(content: str | None, longest: int = LONGEST) -> str:
    """``content`` with each hidden character spelled out, cut to ``longest`` characters with its length told.

    >>> visible("a\\x00b\\u202ec")
    'a␀b⟨U+202E⟩c'
    """
    if not content:
        return ""
    shown = _HIDDEN.sub(_spelled, content[:longest])
    return shown if len(content) <= longest else f"{shown}… ({len(content):,} characters)"


def _spelled(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def zone(name: str) -> tzinfo:
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"no time zone is called {visible(name)}", hint="use a name such as Europe/Berlin") from error


def local(time: datetime | None, where: tzinfo) -> datetime | None:
    """``time`` on the clocks of ``where``; years beyond the calendar stay UTC."""
    if time is None:
        return None
    try:
        return time.astimezone(where)
    except OverflowError:
        return time


def moment(time: datetime | None, where: tzinfo) -> str:
    shown = local(time, where)
    return "unknown" if shown is None else shown.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def clock(corrections: str | None) -> str:
    """What was done to times, from a JSON object of host to seconds added.

    >>> clock('{"a": 14400, "b": -90, "c": 14400}')
    'a, c: 4 h added to every time; b: 1 min 30 s taken from every time'
    """
    try:
        seconds = {str(name): int(amount) for name, amount in json.loads(corrections or "{}").items() if amount}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return corrections or ""
    hosts: dict[int, list[str]] = {}
    for name, amount in sorted(seconds.items()):
        hosts.setdefault(amount, []).append(name)
    return "; ".join(
        f"{', '.join(names)}: {_long(abs(amount))} {'added to' if amount > 0 else 'taken from'} every time"
        for amount, names in hosts.items()
    )


def size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def span(first: datetime | None, last: datetime | None) -> str:
    """A duration in plain words: the largest unit that is not zero, and the next."""
    if first is None or last is None:
        return "unknown"
    return _long(int((last - first).total_seconds()))


def _long(seconds: int) -> str:
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    kept = next((parts[at : at + 2] for at, (amount, _) in enumerate(parts) if amount), [(0, "s")])
    return " ".join(f"{amount} {unit}" for amount, unit in kept if amount or len(kept) == 1)
