"""Correlation rules over matched events: a pure function from rows in order of time to hits.

What the specification leaves open is decided so:

* Events are grouped by the texts of the group-by fields, ignoring case. An event without one of them is in no group
  (nobody is not the same user as nobody). A list puts it into the group of each element (at most 16 groups).
* A window is as long as the timespan, ends included, and moves with the events of a group.
* A condition that asks for enough (counts and sums with only ``gt`` or ``gte``, rules that all occur) gives a hit with
  the event that makes it true, and another only after it was false in between or when the timespan has passed since.
* Any other condition (``lt``, ``eq``, ranges, averages, ``not``) can only be judged over a whole window: that starts
  with a group's first event and is judged once, when the timespan has passed; the next starts with the next event.
* ``temporal_ordered`` asks for different events, in order of the rows. In a ``temporal``, one event may stand for
  several rules.
* A hit of a correlation inside another has the group's values, and in other fields those of the event that completed
  it.

Memory is bounded: see ``MAX_GROUPS``, ``MAX_HELD`` and ``window.MAX_ITEMS``. What is forgotten is counted in
``Correlator.forgotten``.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from ringleader.detect.correlation import Correlation
from ringleader.detect.window import Item, Sliding, Whole, Window
from ringleader.schema import value

MAX_GROUPS = 100_000
"""Groups that a correlation follows at a time. Beyond it, the one longest without an event is forgotten."""
MAX_HELD = 1_000_000
"""Events in all windows of a correlation together; beyond it, too, the group longest without an event is forgotten."""
MAX_EVENT_IDS = 1000
_MAX_KEYS = 16


@dataclass(frozen=True, slots=True)
class Row:
    """An event that base rules matched. ``time`` in microseconds; ``rules`` are digests.

    ``fields`` are decoded values by Sigma field name: at least those that ``needs`` names for these rules, missing ones
    left out.
    """

    time: int
    rules: Sequence[str]
    event_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """A correlation that came true.

    ``time`` is that of its last event, with which ``event_ids`` (at most 1,000, the latest) end; ``events`` counts all.
    ``group`` maps the group-by fields to their values, ``value`` is what met the condition.
    """

    correlation: Correlation
    time: int
    first_time: int
    event_ids: tuple[str, ...]
    events: int
    group: Mapping[str, str]
    value: float
    fields: Mapping[str, Any] = field(compare=False)


class Correlator:
    """Runs correlations, given inner ones first (as ``assemble.correlations`` orders them)."""

    def __init__(self, correlations: Sequence[Correlation]) -> None:
        self.correlations = correlations
        self.forgotten: Counter[str] = Counter()
        """Rule digest to how many groups or events were dropped to keep within bounds."""

    def needs(self) -> dict[str, set[str]]:
        """Digest of each base rule to the fields of its events that are wanted, by Sigma's names."""
        wanted: dict[str, set[str]] = {}
        for correlation in reversed(self.correlations):  # outer ones first: what they want, inner ones must bring
            passed_on = wanted.pop(correlation.rule.digest, set())
            for reference in correlation.references:
                names = {*passed_on, *reference.group_by, *reference.values}
                wanted.setdefault(reference.rule, set()).update(names)
        return wanted

    def run(self, rows: Iterable[Row]) -> Iterator[Hit]:
        """The hits, in the order in which they become known. ``rows`` in order of time, or :class:`ValueError`."""
        followers = [_Follower(correlation, self.forgotten) for correlation in self.correlations]
        asked = {reference.rule for c in self.correlations for reference in c.references}
        last: int | None = None
        for row in rows:
            if last is not None and row.time < last:
                raise ValueError("rows must be in order of time")
            last = row.time
            if not asked.isdisjoint(row.rules):
                yield from _step(followers, row.time, row)
        if last is not None:
            yield from _step(followers, None, None)


def _step(followers: Sequence[_Follower], now: int | None, row: Row | None) -> Iterator[Hit]:
    """Moves all correlations to ``now`` (None: the end), inner ones first, and feeds them what came up to then."""
    inner: dict[str, list[tuple[int, Hit]]] = {}
    for follower in followers:
        arrivals: list[tuple[int, int, dict[tuple[str, ...], Item]]] = []
        if row is not None:
            arrivals.append(
                (row.time, len(followers), follower.items(row.time, row.rules, row.fields, (row.event_id,), 1))
            )
        for digest in follower.wanted.keys() & inner.keys():
            for at, hit in inner[digest]:
                items = follower.items(at, (digest,), hit.fields, hit.event_ids, hit.events)
                arrivals.append((at, follower.wanted[digest], items))
        arrivals.sort(key=lambda arrival: arrival[:2])
        hits: list[tuple[int, Hit]] = []
        for at, _, items in arrivals:
            hits += follower.feed(at, items)
        hits += follower.advance(now)
        if hits:
            inner[follower.correlation.rule.digest] = hits
            if follower.correlation.emits:
                yield from (hit for _, hit in hits)


class _Follower:
    """One correlation and its groups' windows."""

    def __init__(self, correlation: Correlation, forgotten: Counter[str]) -> None:
        self.correlation = correlation
        self.forgotten = forgotten
        self.wanted = {reference.rule: place for place, reference in enumerate(correlation.references)}
        # In order of the last event (sliding windows) or the first (whole ones): the order in which they expire.
        self.windows: OrderedDict[tuple[str, ...], Window] = OrderedDict()
        self.held = 0

    def items(
        self, at: int, rules: Sequence[str], fields: Mapping[str, Any], events: tuple[str, ...], count: int
    ) -> dict[tuple[str, ...], Item]:
        """What an event or an inner hit brings to which group."""
        found: dict[tuple[str, ...], Item] = {}
        for place, reference in enumerate(self.correlation.references):
            if reference.rule in rules:
                names = self.correlation.group_by
                for key in _keys(reference.group_by, fields):
                    folded = tuple(map(value.fold, key))
                    item = found.get(folded)
                    if item is None:
                        item = found[folded] = Item(at, events, count, dict(zip(names, key, strict=True)), fields)
                    item.references |= 1 << place
                    item.values |= {tuple(map(value.fold, each)) for each in _keys(reference.values, fields)}
        return found

    def feed(self, at: int, items: Mapping[tuple[str, ...], Item]) -> list[tuple[int, Hit]]:
        hits = self.advance(at) if items else []
        for key, item in items.items():
            window = self.windows.get(key)
            if window is None:
                window = self.windows[key] = (Sliding if self.correlation.at_once else Whole)(self.correlation)
            elif self.correlation.at_once:
                self.windows.move_to_end(key)
            before = len(window.items)
            found = window.add(item)
            self.held += len(window.items) - before
            self.forgotten[self.correlation.rule.digest] += window.dropped
            window.dropped = 0
            while len(self.windows) > 1 and (len(self.windows) > MAX_GROUPS or self.held > MAX_HELD):
                _, oldest = self.windows.popitem(last=False)
                self.held -= len(oldest.items)
                self.forgotten[self.correlation.rule.digest] += 1
            if found is not None:
                hits.append((at, self._hit(window, found)))
        return hits

    def advance(self, now: int | None) -> list[tuple[int, Hit]]:
        """Forgets windows that have passed; judges those that wait for it. With the time at which each did."""
        hits: list[tuple[int, Hit]] = []
        while self.windows:
            key, window = next(iter(self.windows.items()))
            end = window.expires
            if now is not None and end >= now:
                break
            del self.windows[key]
            self.held -= len(window.items)
            found = window.close()
            if found is not None:
                hits.append((end, self._hit(window, found)))
        return hits

    def _hit(self, window: Window, found: float) -> Hit:
        last = window.items[-1]
        ids: deque[str] = deque(maxlen=MAX_EVENT_IDS)
        for item in islice(window.items, max(0, len(window.items) - MAX_EVENT_IDS), None):
            ids.extend(item.events)
        event_ids = tuple(reversed(dict.fromkeys(reversed(ids))))
        return Hit(
            self.correlation,
            last.time,
            window.items[0].time,
            event_ids,
            window.events,
            last.group,
            found,
            {**last.fields, **last.group},
        )


def _keys(names: Sequence[str], fields: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The combinations of the texts that these fields hold; one without texts for no fields, none if one is missing."""
    texts: list[list[str]] = []
    for name in names:
        text = value.text(fields.get(name))
        texts.append([each for each in (text if isinstance(text, list) else [text]) if each is not None])
    return islice(product(*texts), _MAX_KEYS)
