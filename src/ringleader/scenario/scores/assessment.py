"""Whether entry, suppliers, targets, re-entries and what was left in place were found.

Reads the table ``assessments``: rows of an intrusion (``subject_kind`` is ``intrusion``, ``subject_id`` its id) with
one of these aspects, and ``data`` as a JSON object:

- ``entry``: ``kind`` (a word of :class:`ringleader.scenario.truth.Entry`, or ``unknown``, which claims nothing) and
  ``supplier`` (its name, or null);
- ``targets``: ``subscribers``, a list of numbers, or ``subscriber_hashes``, which the case's key tells apart;
- ``re-entry``: it says that this intrusion is the return of an actor that was evicted; ``returned`` (a time), if there,
  says with which of the true ones in it that began;
- ``persistence``: ``host`` and ``value`` (a path, a service, an account) of something that is still in place; a
  ``status`` other than ``in place`` says that it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson

from ringleader.case import KEY
from ringleader.scenario.scores.matched import NONE, Matched, pair_counts, share
from ringleader.schema import host, subscriber


@dataclass(frozen=True, slots=True)
class Found:
    """``true`` of what the truth holds, ``claimed`` by the case, and ``right`` in both."""

    true: int
    claimed: int
    right: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Entries and suppliers are those of true intrusions that most of a found one is, re-entries of all that a found
    one has findings of; ``targets`` are pairs of actor and subscriber, a claim of an intrusion with no actor in it
    being wrong. ``left`` are pairs of host and value,
    in lower case and hosts by their short names, whoever left them."""

    entries: Found
    suppliers: Found
    targets: Found
    re_entries: Found
    left: Found


def score(matched: Matched) -> Figures:
    said = _said(matched)
    whose = _true_intrusions(matched)
    within = _within(matched)
    touched = {one for some in within.values() for one in some}
    entries, suppliers, returns = _wanted(matched, set(whose.values()), touched)
    kinds: set[tuple[Any, ...]] = set()
    names: set[tuple[Any, ...]] = set()
    again: set[tuple[Any, ...]] = set()
    looked_up: set[tuple[Any, ...]] = set()
    in_place: set[tuple[Any, ...]] = set()
    numbers = _numbers(matched)
    for found, aspect, data in said:
        # A claim about an intrusion with no actor in it is one about that found intrusion, and wrong.
        about = whose.get(found, (found,))
        if aspect == "entry":
            kinds |= {(about, data["kind"])} if data.get("kind", "unknown") != "unknown" else set()
            names |= {(about, data["supplier"])} if data.get("supplier") else set()
        elif aspect == "re-entry":
            again.add((_begun(matched, within.get(found, ()), data.get("returned")) or about,))
        elif aspect == "targets":
            looked_up |= {(about[0], number) for number in data.get("subscribers") or ()}
            looked_up |= {(about[0], numbers.get(one, one)) for one in data.get("subscriber_hashes") or ()}
        elif aspect == "persistence" and data.get("status", "in place") == "in place":
            in_place.add(_thing(data.get("host"), data.get("value")))
    targets = {(actor.id, number) for actor in matched.actors for number in actor.subscribers}
    left = {_thing(one.host, one.value) for actor in matched.actors for one in actor.persistence if one.left}
    return Figures(
        entries=_compared(entries, kinds),
        suppliers=_compared(suppliers, names),
        targets=_compared(targets, looked_up),
        re_entries=_compared(returns, again),
        left=_compared(left, in_place),
    )


def _thing(name: str | None, value: str | None) -> tuple[str, str]:
    return host.short(host.normal(name) or ""), (value or "").lower()


def _numbers(matched: Matched) -> dict[str, str]:
    """Keyed hash to number, of those of the truth; empty for a case without a key."""
    try:
        key = (matched.store.layout.root.parent / KEY).read_bytes()
    except OSError:
        return {}
    return {subscriber.hidden(key, number): number for actor in matched.actors for number in actor.subscribers}


def _said(matched: Matched) -> list[tuple[str, str, dict[str, Any]]]:
    """Intrusion, aspect and data."""
    table = matched.store.read("assessments", ["subject_kind", "subject_id", "aspect", "data"])
    return [
        (row["subject_id"], row["aspect"], orjson.loads(row["data"] or b"{}"))
        for row in table.to_pylist()
        if row["subject_kind"] == "intrusion"
    ]


def _true_intrusions(matched: Matched) -> dict[str, tuple[str, str]]:
    """For each found intrusion the true one (with its actor) that has most of its findings."""
    best: dict[int, tuple[int, int]] = {}
    pairs, counts = pair_counts(matched.found, matched.intrusion)
    for (found, true), count in zip(pairs, counts, strict=True):
        best[found] = max(best.get(found, (0, NONE)), (count, -true))
    return {matched.found_ids[found]: matched.intrusions[-true] for found, (_, true) in best.items()}


def _within(matched: Matched) -> dict[str, list[tuple[str, str]]]:
    """For each found intrusion the true ones that have findings in it."""
    some: dict[str, list[tuple[str, str]]] = {}
    for found, true in pair_counts(matched.found, matched.intrusion)[0]:
        some.setdefault(matched.found_ids[found], []).append(matched.intrusions[true])
    return some


def _begun(matched: Matched, some: Iterable[tuple[str, str]], time: str | None) -> tuple[str, str] | None:
    """Of true intrusions the one that began nearest to ``time``, at most a day away."""
    if not time:
        return None
    at = datetime.fromisoformat(time)
    first = {(actor.id, one.id): one.first_time for actor in matched.actors for one in actor.intrusions}
    away = [(abs(first[one] - at), one) for one in some]
    return min((pair for pair in away if pair[0] <= timedelta(days=1)), default=(None, None))[1]


def _wanted(
    matched: Matched, found: set[tuple[str, str]], touched: set[tuple[str, str]]
) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Entries and suppliers of the true intrusions in ``found``, re-entries of those in ``touched``, where the case has
    a line of them."""
    visible = {matched.intrusions[number] for number in np.unique(matched.deed_intrusion[matched.visible()]).tolist()}
    entries, suppliers, returns = set(), set(), set()
    for actor in matched.actors:
        for index, intrusion in enumerate(sorted(actor.intrusions, key=lambda one: one.first_time)):
            about = (actor.id, intrusion.id)
            if about in found and about in visible:
                entries.add((about, intrusion.entry.kind))
                if intrusion.entry.supplier:
                    suppliers.add((about, intrusion.entry.supplier))
            if index and about in touched and about in visible:
                returns.add((about,))
    return entries, suppliers, returns


def _compared(true: set[tuple[Any, ...]], claimed: set[tuple[Any, ...]]) -> Found:
    right = len(true & claimed)
    return Found(len(true), len(claimed), right, share(right, len(claimed)), share(right, len(true)))
