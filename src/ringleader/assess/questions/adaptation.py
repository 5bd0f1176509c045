"""What changed after each eviction, and who came back?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.assess import evictions, lookups, things, ways
from ringleader.assess.evictions import Eviction
from ringleader.assess.ground import Campaign, Ground, Intrusion
from ringleader.assess.statement import MINUTE, Aspect, Statement, days, iso
from ringleader.schema.shown import count, listed

TELLING = (
    "software", "file-name", "path", "file-hash", "service", "scheduled-task", "named-pipe", "web-shell",
    "created-account", "account", "domain", "address", "network", "user-agent", "archive-habit", "staging-folder",
    "supplier", "time-zone",
    "command-template", "technique",
)  # fmt: skip
"""Kinds of traits that are compared across an eviction, those that tell most first."""
MOST = 60


class Adaptation:
    aspects: tuple[Aspect, ...] = ("adaptation", "re-entry")
    what = "the defenders' actions against each campaign's: dwell time, what changed after each eviction, who came back"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "adaptation": {
            "timeline": "list in order of time: time, who (defender or actor), what, findings",
            "evictions": "list: time, what, dwell_days (from the first sign of that presence), returned (time or null),"
            " away_days, stayed, gone and new: traits as KIND: VALUE, seen before and after, only before, only"
            " after (at most 60 each); counts of these",
            "outlived": "list: time and what of remediations of its hosts that it went on after without a break",
        },
        "re-entry": {
            "eviction": "time of the remediation after which it came back",
            "returned": "time of the first step after it",
            "away_days": "days from the last sign before to the return",
            "through": "how it came back, a kind of entry",
            "allowed_by": "what let it: text",
            "previous": "ids of the intrusions before",
        },
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        if not ground.intrusions:
            return
        if not ground.config.remediation:
            yield Statement(
                "case", ground.about, "adaptation",
                "The case file has no [[remediation]], so what the intruder did about the defenders' actions cannot be"
                " said.", "unknown",
            )  # fmt: skip
            return
        if not ground.clustered:
            yield Statement(
                "case", ground.about, "re-entry",
                "No campaigns are in the case, so it cannot be said whether an intrusion is the return of one that was"
                " evicted.", "unknown",
            )  # fmt: skip
        traits = _traits(ground)
        for one in ground.campaigns:
            found = list(evictions.of(ground, one))
            yield _campaign(ground, one, found, traits)
            for eviction in found:
                if eviction.back is not None:
                    yield _return(ground, eviction, eviction.back)


def _campaign(ground: Ground, one: Campaign, found: list[Eviction], traits: Traits) -> Statement:
    outlived = evictions.survived(ground, one)
    told: list[dict[str, Any]] = []
    for place, eviction in enumerate(found):
        before = _of(traits, eviction.before)
        later = found[place + 1].before if place + 1 < len(found) else _since(ground, one, eviction)
        after = _of(traits, later)
        told.append({
            "time": iso(eviction.answer.time), "what": eviction.answer.what,
            "dwell_days": days(eviction.answer.time - min(own.first for own in eviction.before)),
            "returned": iso(eviction.back.first) if eviction.back else None,
            "away_days": _away(eviction),
            "stayed": _cut(before & after), "gone": _cut(before - after), "new": _cut(after - before),
            "counts": {"stayed": len(before & after), "gone": len(before - after), "new": len(after - before)},
        })  # fmt: skip
    data = {
        "timeline": _timeline(ground, one, found, outlived), "evictions": told,
        "outlived": [{"time": iso(answer.time), "what": answer.what} for answer in outlived],
    }  # fmt: skip
    returns = [eviction for eviction in found if eviction.back]
    ids = [eviction.back.steps[0].finding_id for eviction in returns if eviction.back]
    if not found:
        text = "No remediation of the case file is seen to have ended its presence."
        if outlived:
            text += f" It went on after {count(len(outlived), 'remediation')} of its hosts."
        return Statement("campaign", one.id, "adaptation", text, "moderate", [one.steps[-1].finding_id], data)
    dwell = listed([f"{entry['dwell_days']:g}" for entry in told])
    text = f"Evicted {count(len(found), 'time')}, after {dwell} days"
    if returns:
        last = told[[place for place, eviction in enumerate(found) if eviction.back][-1]]
        text += f"; came back {count(len(returns), 'time')}, the last time after {last['away_days']:g} days"
        text += (
            f", with {count(last['counts']['new'], 'new trait')} and"
            f" {count(last['counts']['stayed'], 'trait')} that stayed."
        )
    else:
        text += "; no return is seen."
    sure = min((eviction.confidence for eviction in found), key=["low", "moderate", "high"].index)
    return Statement("campaign", one.id, "adaptation", text, sure, ids or [one.steps[-1].finding_id], data)


def _since(ground: Ground, one: Campaign, eviction: Eviction) -> tuple[Intrusion, ...]:
    if eviction.back is None:
        return ()
    pieces = [part for own in one.intrusions for part in evictions.parts(ground, own)]
    return tuple(part for part in pieces if part.first >= eviction.back.first)


def _away(eviction: Eviction) -> float | None:
    if eviction.back is None:
        return None
    return days(eviction.back.first - max(own.last for own in eviction.before))


def _return(ground: Ground, eviction: Eviction, back: Intrusion) -> Statement:
    way = ways.of_part(ground, back)
    allowed = _allowed(ground, eviction, back)
    text = f"The return of an intruder that was evicted on {ground.day(eviction.answer.time)}, {_away(eviction):g} days"
    text += " after its last sign" + (", while that was still under way." if back.first < eviction.answer.time else ".")
    text += f" {allowed}"
    data = {
        "eviction": iso(eviction.answer.time), "returned": iso(back.first), "away_days": _away(eviction),
        "through": way.kind, "allowed_by": allowed, "previous": list(dict.fromkeys(own.id for own in eviction.before)),
    }  # fmt: skip
    return Statement("intrusion", back.id, "re-entry", text, eviction.confidence, way.findings, data)


def _allowed(ground: Ground, eviction: Eviction, back: Intrusion) -> str:
    """What the defenders had left open."""
    way = ways.of_part(ground, back)
    before = [ways.of_part(ground, own) for own in eviction.before]
    match way.means:
        case "exploited service":
            same = [one for one in before if one.kind == way.kind]
            if any(one.host == way.host for one in same):
                return f"The flaw of {way.host} by which it had come before was still open."
            if same:
                return f"The same sort of flaw was open on another host, {way.host}."
            return f"It came by a way that it had not used before: a flaw of a service on {way.host}."
        case "supplier's account" | "supplier's address":
            if any(one.supplier == way.supplier for one in before):
                return f"The access of {way.supplier}, by which it had come before, was still open."
            return f"It came by a way that it had not used before: the access of {way.supplier}."
        case "stolen credential":
            dumps = [step for own in eviction.before for step in own.steps if step.has("T1003") and step.tactics]
            known = way.account in {name for own in eviction.before for name in own.accounts}
            reset = way.account in eviction.answer.accounts
            why = "had used before" if known else "could have from credentials that it had dumped" if dumps else "had"
            return (
                f"It logged on with an account of staff that it {why}"
                + (", although the case file says that it was reset." if reset else ", and that was not reset.")
                if known or dumps
                else "It logged on with an account of staff; how it had its password is not seen."
            )
    return "How it came back is not seen."


def _timeline(
    ground: Ground, one: Campaign, found: list[Eviction], outlived: list[evictions.Answer]
) -> list[dict[str, Any]]:
    """The campaign's first steps of each sort and the defenders' actions, in order."""
    rows: list[tuple[int, str, str, list[str]]] = []
    for eviction in found:
        rows.append((eviction.answer.time, "defender", eviction.answer.what, []))
    for answer in outlived:
        rows.append((answer.time, "defender", f"{answer.what} (did not end its presence)", []))
    reached: set[str] = set()
    for own in one.intrusions:
        way = ways.of(ground)[own.id]
        rows.append((way.time, "actor", f"came in: {way.kind}", list(way.findings[:5])))
        for eviction in found:
            if eviction.back is not None and eviction.back.id == own.id and eviction.back.part:
                back = ways.of_part(ground, eviction.back)
                rows.append((back.time, "actor", f"came back: {back.kind}", list(back.findings[:5])))
        rows.append((own.last, "actor", "last sign of this intrusion", [own.steps[-1].finding_id]))
        for step in own.steps:
            role = ground.hosts.role(step.host)
            if role and step.host not in reached:
                reached.add(step.host)
                rows.append((step.time, "actor", f"first on {step.host} ({role})", [step.finding_id]))
        dumps = [step for step in own.steps if step.has("T1003")]
        if dumps:
            rows.append((dumps[0].time, "actor", f"dumped credentials on {dumps[0].host}", [dumps[0].finding_id]))
        for session in lookups.of(ground).owned.get(own.id, ())[:1]:
            rows.append((session.first, "actor", "first read records of subscribers", list(session.findings[:5])))
        for thing in things.of(ground):
            if thing.owner == own.id and not thing.passing:
                rows.append((thing.time, "actor", f"put in place on {thing.host}: {thing.sort}", list(thing.findings)))
    return [
        {"time": iso(time), "who": who, "what": what, "findings": ids}
        for time, who, what, ids in sorted(rows)[:1000]
    ]  # fmt: skip


Traits = dict[str, list[tuple[str, int, int]]]
"""Intrusion to its traits, each with when it was first and last seen."""


def _traits(ground: Ground) -> Traits:
    table = ground.store.read("traits", ["owner_kind", "owner_id", "kind", "value", "first_time", "last_time"])
    times = [pc.cast(table[name], pa.int64()).to_pylist() for name in ("first_time", "last_time")]
    columns = [table[name].to_pylist() for name in ("owner_kind", "owner_id", "kind", "value")]
    found: Traits = {}
    for owner_kind, owner, kind, value, first, last in zip(*columns, *times, strict=True):
        if owner_kind == "intrusion" and kind in TELLING and first is not None:
            found.setdefault(owner, []).append((f"{kind}: {value}", first, last))
    return found


def _of(traits: Traits, some: Iterable[Intrusion]) -> set[str]:
    """Those that were seen while a part lasted, or before and after it."""
    return {
        value
        for one in some
        for value, first, last in traits.get(one.id, ())
        if first <= one.last + MINUTE and last >= one.first - MINUTE
    }


def _cut(values: set[str]) -> list[str]:
    order = {kind: place for place, kind in enumerate(TELLING)}
    return sorted(values, key=lambda one: (order.get(one.partition(":")[0], 99), one))[:MOST]
