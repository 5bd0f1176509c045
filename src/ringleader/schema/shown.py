"""How texts, sizes and times look to people, on the terminal and in the report alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

# What a screen would hide, act on or reorder: controls, invisible and bidirectional marks, half surrogates, tags.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def zone(name: str) -> tzinfo:
    """The time zone of this name. ``ValueError`` when there is none.

    >>> zone("utc")
    datetime.timezone.utc
    """
    try:
        return UTC if name.upper() == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is called {name!r}") from error


def local(time: datetime, where: tzinfo) -> datetime:
    """``time`` on the clocks of ``where``; years beyond the calendar stay UTC."""
    try:
        return time.astimezone(where)
    except OverflowError:
        return time


def moment(time: datetime) -> str:
    """To the second, and with four digits of the year: ``strftime`` leaves zeros out on some systems.

    >>> moment(datetime(1, 2, 3))
    '0001-02-03 00:00:00'
    """
    return time.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def count(number: int, one: str, many: str = "") -> str:
    """
    >>> count(1, "host"), count(2000, "host"), count(0, "entry", "entries")
    ('1 host', '2,000 hosts', '0 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str], most: int = 4) -> str:
    """
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def size(number: int) -> str:
    """
    >>> size(999), size(71_303_168), size(3 * 10**12)
    ('999 B', '71.3 MB', '3.0 TB')
    """
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def span(first: datetime | None, last: datetime | None) -> str:
    """The time between two moments; "unknown" where one is."""
    return "unknown" if first is None or last is None else duration(int((last - first).total_seconds()))


def duration(seconds: int) -> str:
    """In plain words: the largest unit that is not zero, and the next.

    >>> duration(90), duration(90_000), duration(0)
    ('1 min 30 s', '1 d 1 h', '0 s')
    """
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    kept = next((parts[at : at + 2] for at, (amount, _) in enumerate(parts) if amount), [(0, "s")])
    return " ".join(f"{amount} {unit}" for amount, unit in kept if amount or len(kept) == 1)
