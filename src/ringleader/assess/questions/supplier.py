"""Which third parties did they come through, and what else can those reach?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from ringleader.assess import logons, reach, ways
from ringleader.assess.ground import Ground, Intrusion
from ringleader.assess.logons import Dial, Logon
from ringleader.assess.statement import HOUR, SECOND, Aspect, Confidence, Statement, iso
from ringleader.schema.shown import count, listed

RARE = 0.02
"""An hour of the week's day is no habit if so few of the log-ons are in it or in the hours beside it."""
ENOUGH = 20
"""Log-ons without which no habit of hours is told."""


class Suppliers:
    aspects: tuple[Aspect, ...] = ("supplier",)
    what = (
        "the path from a supplier to the target, what of it was not that supplier's habit, and what else it can reach"
    )
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "supplier": {
            "supplier": "its name in the case file",
            "accounts": "accounts of it that the intrusion used",
            "path": "list in order of time, the first of each: time, from, to, how, account",
            "unusual": "hours (of the day, in the organisation's time zone), hosts and addresses of the intrusion's"
            " log-ons that are in none of the supplier's other log-ons; undeclared: hosts that the case file does not"
            " give it",
            "habit": "log-ons outside all visits of intrusions: count, hours (24 numbers), hosts, addresses",
            "reach": "for the supplier, and for the intrusion: other hosts that its accounts may use or log on to:"
            " host, role, how",
            "used_by": "for the supplier: ids of the intrusions that used its access",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        if not ground.suppliers.by_name:
            if ground.intrusions:
                yield Statement(
                    "case", ground.about, "supplier",
                    "The case file names no [[supplier]], so whether anybody came through one cannot be said.",
                    "unknown",
                )  # fmt: skip
            return
        used: dict[str, list[str]] = {}
        for one in ground.intrusions:
            for name in sorted(_of(ground, one)):
                used.setdefault(name, []).append(one.id)
                yield _path(ground, one, name)
        for name, owners in sorted(used.items()):
            yield _reach(ground, name, owners)


def _of(ground: Ground, one: Intrusion) -> set[str]:
    found = {name for account in one.accounts if (name := ground.suppliers.of_account(account))}
    supplier = ways.of(ground)[one.id].supplier
    return found | ({supplier} if supplier else set())


def _path(ground: Ground, one: Intrusion, name: str) -> Statement:
    accounts = ground.suppliers.accounts(name)
    way = ways.of(ground)[one.id]
    if way.supplier == name and way.account:
        accounts = accounts | {way.account}
    dials, log = _in(ground, one, accounts)
    habit_dials, habit = _habit(ground, ground.suppliers.accounts(name))
    hours = _hours(ground, [*habit_dials, *habit])
    own_hours = _hours(ground, [*dials, *log])
    odd_hours = (
        [hour for hour in range(24) if own_hours[hour] and _is_rare(hours, hour)] if hours.total() >= ENOUGH else []
    )
    usual_hosts, usual_addresses = {each.host for each in habit}, {each.address for each in habit_dials}
    hosts = sorted({each.host for each in log} - usual_hosts) if habit else []
    addresses = sorted({each.address for each in dials} - usual_addresses - {""}) if habit_dials else []
    declared = set(ground.suppliers.hosts[name])
    undeclared = sorted({each.host for each in log} - declared) if declared else []
    onward = _onward(ground, one, {each.host for each in log}, accounts)
    findings = [step.finding_id for step in one.steps if step.account in accounts] or list(way.findings)
    data = {
        "supplier": name, "accounts": sorted({each.account for each in dials} | {each.account for each in log}),
        "path": _steps(name, dials, [*log, *onward]),
        "unusual": {"hours": odd_hours, "hosts": hosts, "addresses": addresses, "undeclared": undeclared},
        "habit": {
            "count": len(habit) + len(habit_dials), "hours": [hours[hour] for hour in range(24)],
            "hosts": sorted(usual_hosts)[:100], "addresses": sorted(usual_addresses)[:100],
        },
        "reach": _others(ground, name, {each.host for each in log}),
    }  # fmt: skip
    unusual = [
        said
        for some, said in (
            (addresses, count(len(addresses), "address", "addresses")),
            (odd_hours, count(len(odd_hours), "hour") + " of the day"),
            (hosts, count(len(hosts), "host")),
        )
        if some
    ]
    targets = list(dict.fromkeys(each.host for each in [*log, *onward]))
    text = f"Used the access of {name}" + (f" to get to {listed(targets)}" if targets else "") + "."
    if not habit and not habit_dials:
        text += " No other log-ons of that supplier are in the evidence, so what is its habit cannot be said."
    elif unusual:
        text += f" Not that supplier's habit: {listed(unusual)}."
    else:
        text += (
            " Addresses, hours and hosts are those of the supplier's own visits: it may be the supplier itself, or its"
        )
        text += " own network taken over."
    if undeclared:
        text += f" The case file does not give it {listed(undeclared)}."
    sure: Confidence = "high" if addresses or (hosts and odd_hours) else "moderate" if unusual else "low"
    return Statement("intrusion", one.id, "supplier", text, sure, findings, data)


def _reach(ground: Ground, name: str, owners: list[str]) -> Statement:
    others = _others(ground, name, set())
    aims = [item for item in others if item["host"] in reach.jewels(ground)]
    text = f"{name} can reach {count(len(others), 'host')}, by the case file and by its log-ons"
    text += f". Those that matter most among them: {listed([str(item['host']) for item in aims])}." if aims else "."
    findings = [
        ways.of(ground)[one.id].findings[0]
        for one in ground.intrusions
        if one.id in owners and ways.of(ground)[one.id].findings
    ]
    return Statement(
        "supplier", name, "supplier", text, "moderate", findings, {"supplier": name, "reach": others, "used_by": owners}
    )


def _in(ground: Ground, one: Intrusion, accounts: set[str]) -> tuple[list[Dial], list[Logon]]:
    """The dials and log-ons of those accounts about the visits of an intrusion. Where the way in shows an address,
    only dials from it."""
    spans = [(visit.first - 2 * HOUR, visit.last + HOUR) for visit in one.visits]
    seen, address = logons.of(ground), ways.of(ground)[one.id].address
    near = [each for each in seen.dials if each.account in accounts and _within(each.time, spans)]
    dials = [each for each in near if each.address == address] or near
    inside = {each.inside for each in dials if each.inside}
    log = [each for name in accounts for each in seen.of.get(name, ()) if _within(each.time, spans)]
    if inside:
        begun = {each.host for each in log if each.source in inside}
        log = [each for each in log if each.source in inside or each.source in begun | set(one.hosts)]
    return sorted(dials), sorted(log)


def _onward(ground: Ground, one: Intrusion, begun: set[str], accounts: set[str]) -> list[Logon]:
    """From the hosts that the supplier's access opened to others, with other accounts of the intrusion: of each host
    the first."""
    spans = [(visit.first - HOUR, visit.last + HOUR) for visit in one.visits]
    some = sorted(
        each
        for who in one.accounts - accounts
        for each in logons.of(ground).of.get(who, ())
        if _within(each.time, spans) and each.source in begun | set(one.hosts) and each.host in one.hosts
    )
    found: dict[str, Logon] = {}
    for each in some:
        if each.host not in begun:
            found.setdefault(each.host, each)
    return list(found.values())


def _habit(ground: Ground, accounts: set[str]) -> tuple[list[Dial], list[Logon]]:
    spans = logons.near(ground, margin=2 * HOUR)
    seen = logons.of(ground)
    dials = [each for each in seen.dials if each.account in accounts and not _within(each.time, spans)]
    log = [each for name in accounts for each in seen.of.get(name, ()) if not _within(each.time, spans)]
    return dials, log


def _within(time: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= time <= last for first, last in spans)


def _hours(ground: Ground, some: Sequence[Dial | Logon]) -> Counter[int]:
    return Counter(datetime.fromtimestamp(each.time // SECOND, UTC).astimezone(ground.zone).hour for each in some)


def _is_rare(hours: Counter[int], hour: int) -> bool:
    beside = sum(hours[(hour + late) % 24] for late in (-1, 0, 1))
    return hours.total() >= ENOUGH and beside < RARE * hours.total()


def _steps(name: str, dials: list[Dial], log: list[Logon]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for each in dials:
        rows.setdefault(
            (each.address, each.gateway, each.account),
            {"time": iso(each.time), "from": f"{name} ({each.address})" if each.address else name, "to": each.gateway,
             "how": "dial-in", "account": each.account},
        )  # fmt: skip
    gateway = {each.inside: each.gateway for each in dials if each.inside}
    for hop in log:
        start = gateway.get(hop.source, hop.source)
        rows.setdefault(
            (start, hop.host, hop.account),
            {"time": iso(hop.time), "from": start or None, "to": hop.host, "how": hop.how, "account": hop.account},
        )
    return sorted(rows.values(), key=lambda row: (row["time"], row["to"], row["account"]))[:200]


def _others(ground: Ground, name: str, known: set[str]) -> list[dict[str, Any]]:
    accounts = ground.suppliers.accounts(name)
    found = dict.fromkeys(ground.suppliers.hosts[name], "case file")
    for way in logons.of(ground).ways:
        if way.account in accounts and ground.hosts.is_host(way.host):
            found.setdefault(way.host, f"logs on there ({way.how})")
    return [
        {"host": host, "role": ground.hosts.role(host) or None, "how": how}
        for host, how in sorted(found.items())
        if host not in known
    ]
