"""The matching kernel: which rules hold on which events.

Telemetry repeats itself, so each distinct value is looked at once and each distinct combination of values once:

* a kind's :class:`~ringleader.detect.plan.Plan` knows the fields that its rules ask for. For each field a memo maps a
  value to its class, the set of predicates that it satisfies (:class:`~ringleader.detect.field.Field`);
* an event is then a tuple of classes, and a second memo maps the tuple to the rules that match. Rule trees run once per
  combination, and only for rules with a necessary predicate among those that hold.

Both memos are bounded. The same plan answers for decoded events (``Matcher.match``) and for stored columns
(``Matcher.match_columns``). ``detect.oracle`` says the same slowly and plainly; tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import getitem
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import orjson

from ringleader.detect.keywords import Prefilter
from ringleader.detect.plan import Budget, Keywords, Plan, Rules
from ringleader.detect.program import Program
from ringleader.schema.batch import Batch, Event

if TYPE_CHECKING:
    import pyarrow as pa

Hit = tuple[int, Rules]
"""The event's place in its batch, and the numbers of the rules that hold on it."""

Codes = npt.NDArray[np.int32]
Classes = npt.NDArray[np.int64]
Aliases = Callable[[str], Mapping[str, tuple[str, ...]]]
Scope = Callable[[str], Sequence[int]]


@dataclass(slots=True)
class Columns:
    """Stored rows as the kernel reads them.

    ``plain``: column to (code of each row, -1 for missing; the distinct values). ``loose``: values without a column, as
    (their rows, their JSON): keywords are sought in them too. ``special``: rows in which a field that rules ask for is
    not a plain text (a list, an explicit null, a column beyond the budget), as whole events.
    """

    rows: int
    plain: Mapping[str, tuple[Codes, pa.StringArray]]
    loose: tuple[Codes, pa.StringArray] | None = None
    special: Mapping[int, Event] = field(default_factory=dict)


class Matcher:
    """Decides all rules on batches of events. One per process; it learns as it goes and stays within its bounds.

    ``programs``: by rule number. ``scope(kind)``: the numbers of the rules that apply to a kind. ``aliases(kind)``:
    Sigma field to the names that events of that kind use for it. ``slow(rule)`` is told of a rule whose regular
    expression was given up on a value.
    """

    def __init__(
        self,
        programs: Mapping[int, Program],
        scope: Scope,
        aliases: Aliases,
        slow: Callable[[int], None] | None = None,
    ) -> None:
        self._programs = programs
        self._scope = scope
        self._aliases = aliases
        self._slow = slow or (lambda rule: None)
        self._budget = Budget()
        self._plans: dict[tuple[tuple[str, str], ...], dict[str, Plan]] = {}
        self._prefilter: Prefilter | None = None
        self._covered: dict[Keywords, bool] = {}

    def plan(self, kind: str, renames: Mapping[str, str] | None = None) -> Plan:
        plans = self._plans.setdefault(tuple(sorted((renames or {}).items())), {})
        plan = plans.get(kind)
        if plan is None:
            chosen = {rule: self._programs[rule] for rule in self._scope(kind)}
            plan = plans[kind] = Plan(
                chosen, self._aliases(kind), constants(kind), renames or {}, self._budget, self._slow
            )
        return plan

    def match(self, batch: Batch) -> list[Hit]:
        """The hits of a batch, in order of the events."""
        hits: list[Hit] = []
        places: dict[str, list[int]] = {}
        for place, kind in enumerate(batch.kinds):
            try:
                places[kind].append(place)
            except KeyError:
                places[kind] = [place]
        wanting = {kind: plan for kind in places if not (plan := self.plan(kind, batch.renames)).idle}
        sieves = {kind: self._sieve(plan.keywords) for kind, plan in wanting.items() if plan.keywords is not None}
        sieve = next((each for each in sieves.values() if each is not None), None)
        flagged = set() if sieve is None or batch.raw is None else sieve.flagged(batch)
        for kind, plan in wanting.items():
            if kind in sieves and (sieves[kind] is None or batch.raw is None):
                hits.extend((place, rules) for place in places[kind] if (rules := plan.match(batch.events[place])))
            else:
                hits.extend(_match_plain(plan, batch.events, places[kind], flagged))
        hits.sort()
        return hits

    def _sieve(self, keywords: Keywords) -> Prefilter | None:
        """The prefilter, if what it passes over cannot satisfy any of ``keywords``."""
        if self._prefilter is None:
            self._prefilter = Prefilter.of(self._programs, self._scope)
        covered = self._covered.get(keywords)
        if covered is None:
            covered = self._covered[keywords] = self._prefilter.covers(keywords.predicates)
        return self._prefilter if covered else None

    def match_columns(self, kind: str, columns: Columns) -> list[Hit]:
        """The hits among stored rows of one kind, in order of the rows."""
        plan = self.plan(kind)
        if plan.idle:
            return []
        special = columns.special
        hits = [(row, rules) for row, event in special.items() if (rules := plan.match(event))]
        classes = [_field_classes(plan, place, columns) for place in range(len(plan.fields))]
        if plan.keywords is not None:
            classes.append(_keyword_classes(plan.keywords, columns, self._sieve(plan.keywords)))
        for _, names in plan.exists:
            there = np.zeros(columns.rows, dtype=np.int64)
            for name in names:
                if name in columns.plain:
                    there |= columns.plain[name][0] >= 0
            classes.append(there)
        for rows, key in _combinations(classes, columns.rows):
            fixed, pending = plan.rules(key)
            if not fixed and not pending:
                continue
            for row in rows.tolist():
                if row in special:
                    continue
                rules = plan.settle(_event(columns, row), key, fixed, pending) if pending else fixed
                if rules:
                    hits.append((row, rules))
        return sorted(hits)


def _match_plain(plan: Plan, events: list[Event], chosen: list[int], flagged: set[int]) -> list[Hit]:
    """The hot path: all values of an event are looked at only if it is flagged, and few if these rule all rules out."""
    fields, memos, known = plan.fields, plan.memos, plan.combinations.get
    tail = (0,) if plan.keywords is not None else ()
    plain = not plan.fallbacks and not plan.exists
    screened = plan.screened(len(chosen))
    few, few_memos = ((), ()) if screened is None else (screened.names, screened.memos)
    passed = 0
    hits: list[Hit] = []
    for place in chosen:
        event = events[place]
        if place in flagged:
            if rules := plan.match(event):
                hits.append((place, rules))
            continue
        try:
            if screened is not None and not screened[(*map(getitem, few_memos, map(event.get, few)),)]:
                continue
            passed += 1
            if plain:
                key = (*map(getitem, memos, map(event.get, fields)), *tail)
            else:
                key = plan.key(event, keywords=False)
        except TypeError:
            key = plan.key(event, keywords=False)
        found = known(key) or plan.rules(key)
        if found[1]:
            fixed = plan.settle(event, key, *found)
        else:
            fixed = found[0]
        if fixed:
            hits.append((place, fixed))
    if screened is not None:
        screened.passed += passed
    return hits


def constants(kind: str) -> dict[str, str]:
    """Fields whose value a kind fixes: a Windows kind ends in its event id."""
    parts = kind.split("/")
    return {"EventID": parts[2]} if parts[0] == "windows" and len(parts) == 3 and parts[2].isdigit() else {}


def _event(columns: Columns, row: int) -> Event:
    return {name: words[int(codes[row])].as_py() for name, (codes, words) in columns.plain.items() if codes[row] >= 0}


def _field_classes(plan: Plan, place: int, columns: Columns) -> Classes:
    """The class of each row in one field of the plan."""
    memo = plan.memos[place]
    out = np.full(columns.rows, memo[None], dtype=np.int64)
    for name in reversed(plan.names(place)):
        if name in columns.plain:
            codes, words = columns.plain[name]
            classes = np.fromiter(map(getitem, repeat(memo), words.to_pylist()), dtype=np.int64, count=len(words))
            there = codes >= 0
            out[there] = classes[codes[there]]
    return out


def _keyword_classes(keywords: Keywords, columns: Columns, sieve: Prefilter | None) -> Classes:
    """The class of each row's values taken together; few rows hold any keyword, so only these are joined in Python."""
    found: dict[int, set[int]] = {}
    for codes, words in columns.plain.values():
        held = _keyword_words(keywords, words, sieve, lambda text: text)
        if held:
            for row in np.flatnonzero(np.isin(codes, list(held))).tolist():
                found.setdefault(row, set()).add(held[int(codes[row])])
    if columns.loose is not None:
        rows, texts = columns.loose
        for place, number in _keyword_words(keywords, texts, sieve, orjson.loads).items():
            found.setdefault(int(rows[place]), set()).add(number)
    out = np.zeros(columns.rows, dtype=np.int64)
    for row, numbers in found.items():
        out[row] = keywords.joined(numbers)
    return out


def _keyword_words(
    keywords: Keywords, words: pa.StringArray, sieve: Prefilter | None, decode: Callable[[str], object]
) -> dict[int, int]:
    """Place of a word to its class, for those words that hold a keyword."""
    places = range(len(words)) if sieve is None else sieve.suspects(words)
    classes = {place: keywords.one(decode(words[place].as_py())) for place in places}
    return {place: number for place, number in classes.items() if number}


def _combinations(codes: Sequence[Classes], rows: int) -> Iterable[tuple[npt.NDArray[np.intp], tuple[int, ...]]]:
    """Rows with the same classes in all columns, with those classes. Mixed radix, renumbered before it overflows."""
    if not codes:
        if rows:
            yield np.arange(rows), ()
        return
    mixed = np.zeros(rows, dtype=np.int64)
    size = 1
    for column in codes:
        width = int(column.max(initial=0)) + 1
        if size * width >= 2**62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = int(mixed.max(initial=0)) + 1
        mixed = mixed * width + column
        size *= width
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(first) + 1))
    for place, row in enumerate(first.tolist()):
        yield order[bounds[place] : bounds[place + 1]], tuple(int(column[row]) for column in codes)
