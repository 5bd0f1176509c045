"""The one text form of a value, on which everything that matches, stores or shows an event agrees.

Telemetry carries the same fact as ``4688`` in one exporter and ``"4688"`` in the next. Ringleader compares texts:

* a string is itself;
* an integer is its decimal digits; a float with an integral value too (JSON does not tell 1 from 1.0), others are
  ``repr``;
* a boolean is ``true`` or ``false``;
* null is ``None`` and is not the empty string; a missing field is neither;
* a list is the list of its elements' texts, with inner lists spliced in and inner objects as compact JSON;
* an object inside an event is flattened: ``{"a": {"b": 1}}`` is the field ``a.b``. An empty object is no field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

Text = str | None | list[str | None]
"""What a field holds: one text, an explicit null, or several."""

MAX_DEPTH = 16
"""Objects nested deeper than this stay JSON text in the deepest field."""

TOO_DEEP = "{nested too deeply}"
"""The text of an object nested so deeply that it cannot be written as JSON again (more than 254 levels)."""


def text(value: Any) -> Text:
    """The text form of a decoded JSON value. Never raises for what ``orjson.loads`` can return."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, list):
        out: list[str | None] = []
        inner = [iter(value)]  # no recursion: lists may be nested a thousand deep
        while inner:
            for item in inner[-1]:
                if isinstance(item, list):
                    inner.append(iter(item))
                    break
                out.append(None if item is None else scalar(item))
            else:
                inner.pop()
        return out
    return scalar(value)


def scalar(value: Any) -> str:
    """The text form of a single value that is neither null nor a list."""
    if type(value) is str:
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    if isinstance(value, Mapping):
        try:
            return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            return TOO_DEEP
    return str(value)


def flatten(event: Mapping[str, Any]) -> dict[str, Any]:
    """``event`` with inner objects spelled as dotted fields; a new dict only when there is an inner object.

    On a clash (``{"a.b": 1, "a": {"b": 2}}``) the first one in the event's order keeps the plain name and the later
    values join it in a list, so that nothing is lost.
    """
    if not any(isinstance(value, dict) for value in event.values()):
        return event if isinstance(event, dict) else dict(event)
    out: dict[str, Any] = {}
    for name, value in _leaves(event, "", 0):
        if name in out:
            seen = out[name]
            out[name] = [
                *(seen if isinstance(seen, list) else [seen]),
                *(value if isinstance(value, list) else [value]),
            ]
        else:
            out[name] = value
    return out


def _leaves(event: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            if depth < MAX_DEPTH:
                yield from _leaves(value, f"{name}.", depth + 1)
            else:
                yield name, scalar(value)
        else:
            yield name, value


def fold(content: str) -> str:
    """``content`` as Sigma's case-insensitive comparison sees it: lower case, with the final sigma as any other.

    ``str.lower`` alone depends on the context: it ends ``"ΑΣ"`` in a final sigma but not ``"ΑΣΑ"``, and a needle would
    no longer be found in a text that contains it. Characters without a lower case of their own (``ſ``) stay themselves.
    """
    lowered = content.lower()
    return lowered if lowered.isascii() else lowered.replace("ς", "σ")


def show(value: Any) -> str:
    """A value for people: lists joined by commas, null as the empty text."""
    content = text(value)
    if isinstance(content, list):
        return ", ".join("" if item is None else item for item in content)
    return "" if content is None else content
