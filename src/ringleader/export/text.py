"""Texts from evidence, made fit for a receiver's screen. Values that must stay exact (patterns, hashes) do not come
here."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from ringleader.schema import shown

LONGEST = 500
"""Characters of one text that are kept."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in either width."""


def plain(content: object, longest: int = LONGEST) -> str:
    """One line, each hidden character spelled out, cut to ``longest`` characters.

    >>> plain("a\\x00b\\u202ec")
    'a⟨U+0000⟩b⟨U+202E⟩c'
    """
    text = shown.HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", str(content)[:longest])
    return text if len(str(content)) <= longest else text + "…"


def code(content: object, longest: int = LONGEST) -> str:
    """``plain`` as Markdown's code, in which nothing is a link, a picture or a tag: several receivers render
    descriptions.

    >>> code("![x](http://x)`")
    "`![x](http://x)'`"
    """
    return f"`{plain(content, longest).replace('`', chr(39))}`"


def prose(content: object, longest: int = 4 * LONGEST) -> str:
    """A sentence in which Markdown and markup mean nothing.

    >>> prose("<b>a</b> [b](c)")
    '‹b›a‹/b› ［b］(c)'
    """
    return _MARKS.sub(lambda found: _INERT[found[0]], plain(content, longest))


_INERT = {"<": "‹", ">": "›", "[": "［", "]": "］", "`": "'", "!": "！"}
_MARKS = re.compile(r"[<>\[\]`]|!(?=\[)")


def cell(content: object) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what begins like one.

    >>> cell("=1+1"), cell("a=1")
    ("'=1+1", 'a=1')
    """
    told = str(content)
    return _short_cell(told) if len(told) < 100 else _cell(told)


def _cell(content: str) -> str:
    text = shown.HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", content)
    return f"'{text}" if content.lstrip(" ").startswith(FORMULA) else text


_short_cell = lru_cache(maxsize=1 << 16)(_cell)
"""Most cells of a column repeat."""


def moment(time: datetime | None) -> str:
    """ISO 8601 in UTC with its offset, to the microsecond; empty where unknown."""
    return "" if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")
