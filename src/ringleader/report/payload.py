"""What other stages wrote as JSON into a column, read without trust: what is missing or of another type is left out,
never an error."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ringleader.report.text import Show

MOST = 500
"""Items of one list that are read."""


class Payload:
    """One JSON object. Texts come out through ``show``."""

    def __init__(self, content: Any, show: Show) -> None:
        self._content: dict[Any, Any] = content if isinstance(content, dict) else {}
        self._show = show

    @classmethod
    def parse(cls, raw: str | None, show: Show) -> Payload:
        return cls(_loads(raw), show)

    def __bool__(self) -> bool:
        return bool(self._content)

    def raw(self, name: str) -> Any:
        return self._content.get(name)

    def text(self, *names: str, longest: int = 600) -> str:
        """The first of ``names`` that holds a text or a number."""
        for name in names:
            value = self._content.get(name)
            if isinstance(value, str) and value:
                return self._show(value, longest, field=name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return f"{value:g}" if isinstance(value, float) else str(value)
        return ""

    def number(self, *names: str) -> float | None:
        for name in names:
            value = self._content.get(name)
            # A number of JSON may be beyond what a float holds.
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
                return None if math.isnan(value) else float(value)
        return None

    def whole(self, name: str) -> int:
        return int(self.number(name) or 0)

    def flag(self, name: str) -> bool | None:
        value = self._content.get(name)
        return value if isinstance(value, bool) else None

    def time(self, *names: str) -> datetime | None:
        return next((time for name in names if (time := moment(self._content.get(name)))), None)

    def words(self, name: str) -> list[str]:
        """Texts of a list; of one that holds spans of time, each as text."""
        value = self._content.get(name)
        items = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        return [said for item in items[:MOST] if (said := self._word(item, name))]

    def _word(self, item: Any, field: str) -> str:
        if isinstance(item, str):
            return self._show(item, field=field)
        if isinstance(item, int | float) and not isinstance(item, bool):
            return str(item)
        if isinstance(item, list) and len(item) == 2 and all(isinstance(end, str) for end in item):
            return f"{self._end(item[0])} to {self._end(item[1])}"
        if isinstance(item, dict):
            inner = Payload(item, self._show)
            said = inner.text("text", "what", "label", "value", "name", "host", "source", "reason")
            spans = (("from", "to"), ("first", "last"))
            ends = [self._end(end) for span in spans for name in span if isinstance(end := item.get(name), str)]
            return " ".join(part for part in (said, " to ".join(ends)) if part)
        return ""

    def _end(self, content: str) -> str:
        """One end of a span: a time to the minute, or whatever it is."""
        time = moment(content) if len(content) > 10 else None
        return f"{time:%Y-%m-%d %H:%M} UTC" if time else self._show(content)

    def each(self, name: str) -> Iterator[Payload]:
        """The objects in a list, or the one object."""
        value = self._content.get(name)
        for item in value[:MOST] if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield Payload(item, self._show)

    def counts(self) -> dict[str, int]:
        """Numbers by their names, for an object that is nothing else."""
        return {
            self._show(name, 60): int(value)
            for name, value in sorted(self._content.items())[:MOST]
            if isinstance(value, int) and not isinstance(value, bool)
        }

    def ids(self, name: str) -> list[str]:
        """Ids of findings, which are no texts to show."""
        value = self._content.get(name)
        return [each for each in value[:50] if isinstance(each, str)] if isinstance(value, list) else []

    def one(self, name: str) -> Payload:
        return Payload(self._content.get(name), self._show)


def items(raw: str | None, show: Show) -> list[Payload]:
    """A column that is a list of objects."""
    found = _loads(raw)
    return [Payload(item, show) for item in found[:MOST] if isinstance(item, dict)] if isinstance(found, list) else []


def moment(value: Any) -> datetime | None:
    """An ISO 8601 text as UTC; one without a zone is taken for UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _loads(raw: str | None) -> Any:
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
