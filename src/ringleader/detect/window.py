"""The window of one group of a correlation: what is in it, and whether the correlation's condition holds over it."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ringleader.detect.correlation import Correlation, Expression

MAX_ITEMS = 100_000
"""Events that one window holds; up to ten times as many if the rule's own threshold is higher. Beyond it, the oldest is
forgotten."""

Text = tuple[str, ...]
_OPERATORS: dict[str, Callable[[Any, float], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
    "neq": operator.ne,
}


@dataclass(slots=True)
class Item:
    """An event (or the hit of an inner correlation) in a group. ``references``: a bit for each rule that it matched."""

    time: int
    events: Text
    count: int
    group: Mapping[str, str]
    fields: Mapping[str, Any]
    references: int = 0
    values: set[Text] = field(default_factory=set)


class Window(ABC):
    """``expires``: the last moment at which the window may matter. ``dropped``: items forgotten for lack of room."""

    def __init__(self, correlation: Correlation) -> None:
        self.correlation = correlation
        self.items: deque[Item] = deque()
        self.events = 0
        self.dropped = 0
        self.measure = _Measure(correlation)
        thresholds = [int(bound) + 1 for _, bound in correlation.bounds if math.isfinite(bound)]
        self.room = min(max([MAX_ITEMS, *thresholds]), 10 * MAX_ITEMS)

    @abstractmethod
    def add(self, item: Item) -> float | None:
        """Takes in an item; the value that met the condition if that gives a hit."""

    @abstractmethod
    def close(self) -> float | None:
        """The window has passed; the value that met the condition if that gives a hit."""

    @property
    @abstractmethod
    def expires(self) -> int: ...

    def _take(self, item: Item) -> None:
        if len(self.items) >= self.room:
            self._drop()
            self.dropped += 1
        self.items.append(item)
        self.events += item.count
        self.measure.add(item)

    def _drop(self) -> None:
        item = self.items.popleft()
        self.events -= item.count
        self.measure.remove(item)


class Sliding(Window):
    """Hits as soon as the condition holds."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self.hit_at: int | None = None  # and has held since

    @property
    def expires(self) -> int:
        return self.items[-1].time + self.correlation.timespan

    def add(self, item: Item) -> float | None:
        start = item.time - self.correlation.timespan
        while self.items and self.items[0].time < start:
            self._drop()
        if self.hit_at is not None and (self.hit_at < start or self.measure.met(start) is None):
            self.hit_at = None
        self._take(item)
        found = self.measure.met(start)
        if found is None or self.hit_at is not None:
            return None
        self.hit_at = item.time
        return found

    def close(self) -> float | None:
        return None


class Whole(Window):
    """Judged when it has passed."""

    @property
    def expires(self) -> int:
        return self.items[0].time + self.correlation.timespan

    def add(self, item: Item) -> float | None:
        self._take(item)
        return None

    def close(self) -> float | None:
        return self.measure.met(self.items[0].time)


class _Measure:
    """What the correlation measures over the items of a window, kept up with what comes and goes."""

    def __init__(self, correlation: Correlation) -> None:
        self.correlation = correlation
        self.size = 0
        self.seen: Counter[int] = Counter()  # items per reference
        self.distinct: Counter[Text] = Counter()
        self.numbers: Counter[float] = Counter()
        self.total = Fraction(0)  # exact, so that what was added can be taken away again
        width = len(correlation.references)
        self.starts = [[-1 << 80] * (width + 1) for _ in range(width)]
        """[reference][length]: the latest start of an ordered chain of that length which ends with that reference."""

    def add(self, item: Item) -> None:
        self.size += 1
        match self.correlation.type:
            case "value_count":
                self.distinct.update(item.values)
            case "temporal":
                self.seen.update(_bits(item.references))
            case "temporal_ordered":
                self._chain(item)
            case "value_sum" | "value_avg" | "value_percentile" | "value_median":
                for number in _numbers(item.values):
                    self.numbers[number] += 1
                    self.total += Fraction(number)

    def remove(self, item: Item) -> None:
        self.size -= 1
        match self.correlation.type:
            case "value_count":
                _subtract(self.distinct, item.values)
            case "temporal":
                _subtract(self.seen, _bits(item.references))
            case "value_sum" | "value_avg" | "value_percentile" | "value_median":
                numbers = _numbers(item.values)
                _subtract(self.numbers, numbers)
                self.total -= sum(map(Fraction, numbers))

    def met(self, start: int) -> float | None:
        """The measure over the items since ``start``, if the condition holds for it."""
        if self.correlation.expression is not None:
            return float(len(self.seen)) if _holds(self.correlation.expression, self.seen) else None
        measured = self._value(start)
        if measured is None or not all(_OPERATORS[op](measured, bound) for op, bound in self.correlation.bounds):
            return None
        return float(measured)

    def _value(self, start: int) -> float | Fraction | None:
        match self.correlation.type:
            case "event_count":
                return self.size
            case "value_count":
                return len(self.distinct)
            case "temporal":
                return len(self.seen)
            case "temporal_ordered":
                return max((n for row in self.starts for n, first in enumerate(row) if n and first >= start), default=0)
            case "value_sum":
                return self.total if self.numbers else None
            case "value_avg":
                return self.total / self.numbers.total() if self.numbers else None
            case "value_median":
                return _percentile(self.numbers, 50)
            case "value_percentile":
                return _percentile(self.numbers, self.correlation.percentile)
        raise ValueError(f"a correlation of type {self.correlation.type}")

    def _chain(self, item: Item) -> None:
        starts = self.starts
        # From the last reference to the first: an event that stands for several must not follow itself.
        for place in reversed(range(len(starts))):
            if item.references >> place & 1:
                starts[place][1] = item.time
                for length in range(2, place + 2):
                    before = max(starts[earlier][length - 1] for earlier in range(place))
                    starts[place][length] = max(starts[place][length], before)


def _holds(expression: Expression, seen: Mapping[int, int]) -> bool:
    if isinstance(expression, int):
        return expression in seen
    op, *inner = expression
    if op == "not":
        return not _holds(inner[0], seen)
    return (all if op == "and" else any)(_holds(each, seen) for each in inner)


def _bits(mask: int) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def _subtract(counter: Counter[Any], keys: Iterable[Any]) -> None:
    for key in keys:
        if counter[key] > 1:
            counter[key] -= 1
        else:
            del counter[key]


def _numbers(values: Iterable[Text]) -> list[float]:
    """The finite numbers among the values."""
    out = []
    for (text,) in values:
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number):
            out.append(number)
    return sorted(out)


def _percentile(numbers: Mapping[float, int], percent: float) -> float | None:
    """By linear interpolation between the two nearest ranks; the 50th is the median."""
    ordered = [number for number in sorted(numbers) for _ in range(numbers[number])]
    if not ordered:
        return None
    rank = (len(ordered) - 1) * percent / 100
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
