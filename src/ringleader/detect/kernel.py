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
from operator import getitem
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import orjson

from ringleader.detect.keywords import Prefilter, Suspects
from ringleader.detect.plan import Asked, Budget, Keywords, Memo, Plan, Rules
from ringleader.detect.program import Predicate, Program
from ringleader.schema.batch import Batch, Event

if TYPE_CHECKING:
    import pyarrow as pa

Hit = tuple[int, Rules]
"""The event's place in its batch, and the numbers of the rules that hold on it."""

Codes = npt.NDArray[np.int32]
Classes = npt.NDArray[np.int64]
_FEW = 16  # values that are cheaper to take one by one

Aliases = Callable[[str], Mapping[str, tuple[str, ...]]]
Scope = Callable[[str], Sequence[int]]


@dataclass(slots=True)
class Columns:
    """Stored rows as the kernel reads them.

    ``plain``: column to (code of each row, -1 for missing; the distinct values). ``loose``: values without a column, as
    (their rows, their JSON): keywords are sought in them too. ``special``: rows in which a field that rules ask for is
    not a plain text (a list, an explicit null, a column beyond the budget), as whole events.

    Rows of several kinds may lie in the same columns: ``chosen`` are then the ones that are meant, while ``plain`` and
    ``suspects`` are the same for all.
    """

    rows: int
    plain: Mapping[str, tuple[Codes, pa.StringArray]]
    loose: tuple[Codes, pa.StringArray] | None = None
    special: Mapping[int, Event] = field(default_factory=dict)
    chosen: npt.NDArray[np.intp] | None = None
    suspects: Suspects = field(default_factory=Suspects)

    def codes(self, name: str) -> Codes:
        """The code of each row that is meant."""
        codes = self.plain[name][0]
        return codes if self.chosen is None else codes[self.chosen]

    def event(self, row: int, names: Iterable[str]) -> Event:
        """The plain texts of a row in some fields."""
        at = row if self.chosen is None else int(self.chosen[row])
        columns = ((name, *self.plain[name]) for name in names if name in self.plain)
        return {name: words[int(codes[at])].as_py() for name, codes, words in columns if codes[at] >= 0}


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
        self._shared: dict[tuple[object, ...], Plan] = {}
        self._prefilter: Prefilter | None = None
        self._covered: dict[Keywords, bool] = {}
        self._sieves: dict[frozenset[Predicate], Prefilter | None] = {}

    def plan(self, kind: str, renames: Mapping[str, str] | None = None) -> Plan:
        """The plan of a kind; the same one for kinds of which the same is asked."""
        given = tuple(sorted((renames or {}).items()))
        plans = self._plans.setdefault(given, {})
        plan = plans.get(kind)
        if plan is None:
            asked = Asked({rule: self._programs[rule] for rule in self._scope(kind)}, constants(kind))
            aliases = {name: to for name, to in self._aliases(kind).items() if name in asked.fields}
            key = (given, asked.key, tuple(sorted(aliases.items())))
            plan = self._shared.get(key)
            if plan is None:
                plan = self._shared[key] = Plan(asked, aliases, renames or {}, self._budget, self._slow)
            plans[kind] = plan
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
        sieves = {kind: self._common(plan.keywords) for kind, plan in wanting.items() if plan.keywords is not None}
        sieve = next((each for each in sieves.values() if each is not None), None)
        flagged = set() if sieve is None or batch.raw is None else sieve.flagged(batch)
        for kind, plan in wanting.items():
            if kind in sieves and (sieves[kind] is None or batch.raw is None):
                hits.extend((place, rules) for place in places[kind] if (rules := plan.match(batch.events[place])))
            else:
                hits.extend(_match_plain(plan, batch.events, places[kind], flagged))
        hits.sort()
        return hits

    def _common(self, keywords: Keywords) -> Prefilter | None:
        """The prefilter of all rules, if what it passes over cannot satisfy any of ``keywords``: batches hold events of
        many kinds, and are searched once."""
        if self._prefilter is None:
            self._prefilter = Prefilter.of(self._programs, self._scope)
        covered = self._covered.get(keywords)
        if covered is None:
            covered = self._covered[keywords] = self._prefilter.covers(keywords.predicates)
        return self._prefilter if covered else None

    def _sieve(self, keywords: Keywords) -> Prefilter | None:
        """A prefilter for just these keywords; None if there can be none."""
        wanted = frozenset(keywords.predicates)
        if wanted not in self._sieves:
            made = Prefilter(wanted)
            self._sieves[wanted] = made if made.covers(wanted) else None
        return self._sieves[wanted]

    def match_columns(self, kind: str, columns: Columns) -> list[Hit]:
        """The hits among stored rows of one kind, in order of the rows."""
        return self.match_plan(self.plan(kind), columns)

    def match_plan(self, plan: Plan, columns: Columns) -> list[Hit]:
        """The same for rows of any kinds that have this plan."""
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
                    there |= columns.codes(name) >= 0
            classes.append(there)
        for rows, key in _combinations(classes, columns.rows):
            fixed, pending = plan.rules(key)
            if not fixed and not pending:
                continue
            for row in rows.tolist():
                if row in special:
                    continue
                rules = plan.settle(columns.event(row, plan.referred), key, fixed, pending) if pending else fixed
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


def _field_classes(plan: Plan, place: int, columns: Columns) -> Classes:
    """The class of each row in one field of the plan."""
    memo = plan.memos[place]
    out = np.full(columns.rows, memo[None], dtype=np.int64)
    for name in reversed(plan.names(place)):
        if name in columns.plain:
            _put_classes(out, memo, columns.codes(name), columns.plain[name][1])
    return out


def _put_classes(out: Classes, memo: Memo, codes: Codes, words: pa.StringArray) -> None:
    """Put the class of each row's word into ``out``. Words that no row has are of kinds that are asked other things."""
    there = np.flatnonzero(codes >= 0)
    if not len(there):
        return
    held = codes if len(there) == len(codes) else codes[there]
    places: npt.NDArray[np.integer]
    order: npt.NDArray[np.integer]
    if len(held) * 4 < len(words):
        places, order = np.unique(held, return_inverse=True)
    else:
        used = np.zeros(len(words), dtype=bool)
        used[held] = True
        places = np.flatnonzero(used)
        order = held if len(places) == len(words) else (np.cumsum(used) - 1)[held]
    if len(places) <= _FEW:
        numbers = [memo[words[place].as_py()] for place in places.tolist()]
    else:
        numbers = memo.several(words if len(places) == len(words) else words.take(places))
    out[there] = np.array(numbers, dtype=np.int64)[order]


def _keyword_classes(keywords: Keywords, columns: Columns, sieve: Prefilter | None) -> Classes:
    """The class of each row's values taken together; few rows hold any keyword, so only these are joined in Python."""
    found: dict[int, set[int]] = {}
    suspects = None if sieve is None else columns.suspects.among(columns.plain, sieve)
    for name in columns.plain if suspects is None else suspects:
        codes, words = columns.codes(name), columns.plain[name][1]
        classes = np.zeros(columns.rows, dtype=np.int64)
        if suspects is not None:
            codes = np.where(np.isin(codes, suspects[name]), codes, -1)
        _put_classes(classes, keywords.memo, codes, words)
        for row in np.flatnonzero(classes).tolist():
            found.setdefault(row, set()).add(int(classes[row]))
    if columns.loose is not None:
        rows, texts = columns.loose
        places = range(len(texts)) if sieve is None else sieve.suspects(texts)
        for place in places:
            if number := keywords.one(orjson.loads(texts[place].as_py())):
                found.setdefault(int(rows[place]), set()).add(number)
    out = np.zeros(columns.rows, dtype=np.int64)
    for row, numbers in found.items():
        out[row] = keywords.joined(numbers)
    return out


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
