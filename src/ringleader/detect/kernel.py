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

from collections.abc import Callable, Mapping, Sequence
from operator import getitem
from typing import TYPE_CHECKING

from ringleader.detect.keywords import Prefilter
from ringleader.detect.plan import Asked, Budget, Keywords, Plan, Rules
from ringleader.detect.program import Predicate, Program
from ringleader.schema.batch import Batch, Event

if TYPE_CHECKING:
    from ringleader.detect.columns import Columns

Hit = tuple[int, Rules]
"""The event's place in its batch, and the numbers of the rules that hold on it."""

Aliases = Callable[[str], Mapping[str, tuple[str, ...]]]
Scope = Callable[[str], Sequence[int]]


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
        from ringleader.detect import columns as stored  # Arrow, which ``scan`` does without

        return stored.match(plan, columns, None if plan.keywords is None else self._sieve(plan.keywords))


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
