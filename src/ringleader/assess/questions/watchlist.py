"""Were protected persons, or anything else of the watchlist, touched?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any, ClassVar

from ringleader.assess import lookups, names, reach
from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.statement import Aspect, Statement, iso
from ringleader.case import Watch, Watched
from ringleader.schema import subscriber
from ringleader.schema.shown import count, listed

PERSONAL = (Watch.SUBSCRIBER, Watch.ACCOUNT)
"""Kinds whose values may name a person."""
TRAITS = {
    Watch.DOMAIN: ("domain",), Watch.HASH: ("file-hash",), Watch.FILE: ("file-name", "path"),
    Watch.ADDRESS: ("address",),
}  # fmt: skip


class Watchlist:
    aspects: tuple[Aspect, ...] = ("watchlist",)
    what = "what of the watchlist each campaign touched, by kind and category, without naming persons"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "watchlist": {
            "kind": "of the entries: account, host, address, domain, hash, file or subscriber",
            "entries": "how many of that kind are watched",
            "count": "how many of them were touched",
            "categories": "category to how many were touched; `none given` for entries without",
            "matches": "list: value (of subscribers and accounts a keyed hash, unless `--clear-subscribers`), category,"
            " times (first and last, for subscribers), intrusions",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        watched: dict[Watch, list[Watched]] = {}
        for entry in ground.config.watch:
            watched.setdefault(entry.kind, []).append(entry)
        if not watched:
            if ground.intrusions:
                yield Statement(
                    "case", ground.about, "watchlist",
                    "The case file has no [[watch]], so whether anybody or anything that is to be protected was touched"
                    " cannot be said.", "unknown",
                )  # fmt: skip
            return
        if Watch.SUBSCRIBER in watched and not lookups.of(ground).recorded:
            yield Statement(
                "case", ground.about, "watchlist",
                f"{count(len(watched[Watch.SUBSCRIBER]), 'subscriber')} are watched, but no logs of databases are in"
                " the evidence.", "unknown",
            )  # fmt: skip
        for one in ground.campaigns:
            for kind, entries in sorted(watched.items()):
                matches = list(_matches(ground, one, kind, entries))
                if matches:
                    yield _said(one, kind, entries, matches)


def _said(one: Campaign, kind: Watch, entries: list[Watched], matches: list[dict[str, Any]]) -> Statement:
    categories = Counter(match["category"] or "none given" for match in matches)
    told = [
        count(number, name, _PLURAL.get(name, ""))
        for name, number in sorted(categories.items())
        if name != "none given"
    ]
    what = f"watched {kind}" + ("s" if len(matches) != 1 else "") if kind != "address" else "watched addresses"
    verb = "Read the records of" if kind is Watch.SUBSCRIBER else "Touched"
    text = f"{verb} {len(matches):,} {what}, of {len(entries):,}" + (f": {listed(told, 6)}." if told else ".")
    data = {
        "kind": str(kind), "entries": len(entries), "count": len(matches),
        "categories": dict(sorted(categories.items())),
        "matches": [{key: value for key, value in match.items() if key != "findings"} for match in matches],
    }  # fmt: skip
    findings = [finding for match in matches for finding in match["findings"]]
    return Statement("campaign", one.id, "watchlist", text, "high", findings, data)


def _matches(ground: Ground, one: Campaign, kind: Watch, entries: list[Watched]) -> Iterator[dict[str, Any]]:
    if kind is Watch.SUBSCRIBER:
        yield from _subscribers(ground, one, entries)
        return
    for entry in entries:
        owners, findings = _touched(ground, one, kind, entry.value)
        if owners:
            value = ground.hide(entry.value) if kind in PERSONAL else entry.value
            yield {
                "value": value, "category": entry.category and str(entry.category), "times": None,
                "intrusions": sorted(owners), "findings": findings,
            }  # fmt: skip


def _subscribers(ground: Ground, one: Campaign, entries: list[Watched]) -> Iterator[dict[str, Any]]:
    read: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
    for intrusion in one.intrusions:
        for session in lookups.of(ground).owned.get(intrusion.id, ()):
            for statement in session.reads:
                if statement.answered:
                    for number in statement.numbers:
                        read.setdefault(ground.hide(number), []).append(
                            (statement.time, intrusion.id, session.findings)
                        )
    for entry in entries:
        hidden = ground.hide(subscriber.plain(entry.value))
        if some := read.get(hidden):
            times = [time for time, _, _ in some]
            yield {
                "value": hidden, "category": entry.category and str(entry.category),
                "times": {"first": iso(min(times)), "last": iso(max(times))},
                "intrusions": sorted({owner for _, owner, _ in some}),
                "findings": [finding for _, _, findings in some for finding in findings][:20],
            }  # fmt: skip


def _touched(ground: Ground, one: Campaign, kind: Watch, value: str) -> tuple[set[str], list[str]]:
    """Intrusions, and findings."""
    if kind is Watch.ACCOUNT:
        wanted = names.account(value)
        steps = [(own.id, step) for own in one.intrusions for step in own.steps if step.account == wanted]
        return {owner for owner, _ in steps}, [step.finding_id for _, step in steps[:20]]
    if kind is Watch.HOST:
        host = ground.hosts.name(value)
        place = reach.reached(ground, one).get(host)
        owners = {own.id for own in one.intrusions if host in own.hosts}
        return (owners or {one.intrusions[0].id}, place.findings[:20]) if place else (set(), [])
    own = {intrusion.id for intrusion in one.intrusions}
    owners, findings = set(), []
    for owner, sort, told, ids in _traits(ground):
        if owner in own and sort in TRAITS[kind] and _same(kind, value, told):
            owners.add(owner)
            findings += ids
    return owners, findings[:20]


def _same(kind: Watch, value: str, told: str) -> bool:
    plain, seen = value.strip().lower(), told.lower()
    if kind is Watch.ADDRESS:
        parsed = names.address(seen)
        try:
            net = ip_network(plain, strict=False)
        except ValueError:
            return False
        return parsed is not None and parsed.version == net.version and parsed in net
    if kind is Watch.DOMAIN:
        return seen == plain or seen.endswith("." + plain)
    if kind is Watch.HASH:
        return plain in seen
    return seen == plain or seen.replace("/", "\\").endswith("\\" + plain.replace("/", "\\"))


def _traits(ground: Ground) -> list[tuple[str, str, str, list[str]]]:
    return ground.once(_all_traits)


def _all_traits(ground: Ground) -> list[tuple[str, str, str, list[str]]]:
    wanted = {kind for kinds in TRAITS.values() for kind in kinds}
    return [
        (row["owner_id"], row["kind"], row["value"], row["findings"] or [])
        for row in ground.store.read("traits", ["owner_kind", "owner_id", "kind", "value", "findings"]).to_pylist()
        if row["owner_kind"] == "intrusion" and row["kind"] in wanted
    ]


_PLURAL = {"company": "companies", "other": "other"}
