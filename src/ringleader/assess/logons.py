"""Who logged on where, from where: dials into the network, log-ons to hosts, and what was tried in vain."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.assess import events, names
from ringleader.assess.ground import Ground
from ringleader.assess.statement import DAY, HOUR, MINUTE

K = TypeVar("K")

HOW = {
    "2": "console", "3": "network", "4": "batch", "5": "service", "7": "console", "8": "network",
    "9": "other credentials", "10": "remote desktop", "11": "console", "12": "remote desktop", "13": "console",
}  # fmt: skip
"""Windows' types of log-on."""
KEPT = frozenset({"console", "batch", "service", "other credentials", "remote desktop", "ssh"})
"""After these the host holds credentials that its administrator can take; a network log-on leaves none."""
REMOTE = frozenset({"22", "23", "135", "445", "3389", "5900", "5985", "5986"})
"""Ports by which one works on another host."""
MOST = 500_000
"""Different log-ons that are held."""
DIAL_LASTS = 24 * HOUR
"""How long an address that a gateway gave out is taken to be whose it was."""


class Logon(NamedTuple):
    """``source``: a host, or an address."""

    time: int
    account: str
    source: str
    host: str
    how: str
    event_id: str


class Dial(NamedTuple):
    """Into the network from outside. ``inside``: the address that was given out, empty if the gateway did not say."""

    time: int
    account: str
    address: str
    gateway: str
    inside: str
    event_id: str


class Way(NamedTuple):
    """What log-ons have in common."""

    account: str
    source: str
    host: str
    how: str


@dataclass
class Span:
    first: int
    last: int
    count: int

    def add(self, first: int, last: int, count: int) -> None:
        self.first, self.last, self.count = min(self.first, first), max(self.last, last), self.count + count


@dataclass
class Logons:
    """``ways``: all log-ons, summed. ``of``: single ones, those of suppliers and those near a visit of an intrusion, by
    account in order of time. ``stayed``: on hosts of intrusions, who left credentials there on which days.
    ``failed``: (account, source, host) to how often and when first, near visits only. ``onward``: connections near
    visits from addresses that a gateway gave out: time, address, host. ``left_out``: ways beyond the bound."""

    ways: dict[Way, Span] = field(default_factory=dict)
    of: dict[str, list[Logon]] = field(default_factory=dict)
    dials: list[Dial] = field(default_factory=list)
    stayed: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    failed: dict[tuple[str, str, str], Span] = field(default_factory=dict)
    left_out: int = 0
    onward: list[tuple[int, str, str]] = field(default_factory=list)
    windows: bool = False
    gateways: bool = False

    def fail(self, account: str, source: str, host: str, time: int) -> None:
        """Who guesses names can make any number of them."""
        key = (account, source, host)
        if key in self.failed or len(self.failed) < MOST:
            _add(self.failed, key, time, time, 1)

    def last_before(self, account: str, host: str, time: int, within: int = 16 * HOUR) -> Logon | None:
        """The log-on in whose session something on ``host`` at ``time`` happened. One that leaves a session counts
        before one over the network."""
        some = self.of.get(account, [])
        at = bisect_right(some, time + 2_000_000, key=lambda one: one.time)
        best: Logon | None = None
        for one in reversed(some[:at]):
            if time - one.time > within:
                break
            if one.host == host:
                if one.how != "network":
                    return one
                best = best or one
        return best

    def dial_of(self, source: str, time: int) -> Dial | None:
        """Whose the address ``source`` was at ``time``."""
        at = bisect_right(self.dials, time + 2_000_000, key=lambda one: one.time)
        for one in reversed(self.dials[:at]):
            if time - one.time > DIAL_LASTS:
                return None
            if one.inside == source:
                return one
        return None

    def connected(self, host: str, time: int) -> list[Dial]:
        """Who, by the wire, came to ``host`` from a gateway in the hours before, where the host itself tells of nobody
        who stayed there on that day: its log-ons are missing. Of each account the last."""
        if any(time // DAY in days for days in self.stayed.get(host, {}).values()):
            return []
        some = [one for one in self.onward if one[2] == host and 0 <= time - one[0] <= 16 * HOUR]
        found = sorted(dial for at, inside, _ in some if (dial := self.dial_of(inside, at)) is not None)
        return list({dial.account: dial for dial in found}.values())


def of(ground: Ground) -> Logons:
    return ground.once(_read)


def _read(ground: Ground) -> Logons:
    found = Logons(windows=events.has(ground.store, "windows/security/4624"), gateways=events.has(ground.store, "vpn"))
    _learn(ground)
    watched = {name for supplier in ground.suppliers.by_name for name in ground.suppliers.accounts(supplier)}
    accounts = watched | {name for one in ground.intrusions for name in one.accounts}
    spans = near(ground)
    _dials(ground, found)
    accounts |= {one.account for one in found.dials if any(first <= one.time <= last for first, last in spans)}
    _windows(ground, found, watched, accounts, spans)
    _ssh(ground, found, watched, spans)
    _onward(ground, found, spans)
    for some in found.of.values():
        some.sort()
    return found


def near(ground: Ground, margin: int = 16 * HOUR) -> list[tuple[int, int]]:
    """The times of all visits with a margin, joined where they meet."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((visit.first, visit.last) for one in ground.intrusions for visit in one.visits):
        if found and first - margin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last + margin)
        else:
            found.append((first - margin, last + margin))
    return found


def _learn(ground: Ground) -> None:
    """Whose an address is, from connections that a host began: the host with nearly all of them."""
    counts: dict[str, Counter[str]] = {}
    for part in events.parts(
        ground.store, "windows/sysmon/3", ["SourceIp", "Initiated"], lambda one: one.one_of("Initiated", ["true"])
    ):
        table = pa.table({"host": part["host"], "address": part["SourceIp"]})
        for row in table.group_by(["host", "address"]).aggregate([([], "count_all")]).to_pylist():
            if row["host"] and row["address"]:
                counts.setdefault(row["address"], Counter())[row["host"]] += row["count_all"]
    ground.hosts.learn(
        {
            address: some.most_common(1)[0][0]
            for address, some in sorted(counts.items())
            if some.most_common(1)[0][1] >= 0.9 * some.total() and not names.is_outside(address)
        }
    )


def _dials(ground: Ground, found: Logons) -> None:
    seen: set[tuple[str, str, str, int]] = set()
    plain: list[Dial] = []
    fields = ["action", "outcome", "user", "src_ip", "from_ip", "assigned_ip"]
    for event_id, time, _, host, _action, outcome, user, source, source2, inside in events.rows(
        ground.store, "vpn", fields, lambda part: part.one_of("action", ["login", "address-assigned"])
    ):
        address, inside = (source or source2 or "").lower(), (inside or "").lower()
        if time is None or not user:
            continue
        one = Dial(time, names.account(user), address, ground.hosts.name(host), inside, event_id)
        if outcome == "failure":
            found.fail(one.account, address, one.gateway, time)
        elif inside:
            key = (one.account, address, inside, time // MINUTE)
            if key not in seen:
                seen.add(key)
                found.dials.append(one)
        else:
            plain.append(one)
    # A gateway that tells of log-ons alone: they stand for themselves. Others say the same twice.
    told = {(one.account, one.address, one.time // (5 * MINUTE)) for one in found.dials}
    for one in plain:
        minute = one.time // (5 * MINUTE)
        if not any((one.account, one.address, minute + late) in told for late in (0, 1)):
            told.add((one.account, one.address, minute))
            found.dials.append(one)
    found.dials.sort()


def _windows(
    ground: Ground, found: Logons, watched: set[str], accounts: set[str], spans: list[tuple[int, int]]
) -> None:
    places = {host for one in ground.intrusions for host in one.hosts}
    fields = ["TargetUserName", "IpAddress", "WorkstationName", "LogonType"]
    for part in events.parts(ground.store, "windows/security/4624", fields):
        days = pc.divide(part.time, DAY)
        table = pa.table(
            {
                "account": part.lower("TargetUserName"), "address": part["IpAddress"],
                "station": part["WorkstationName"], "host": part["host"], "how": part["LogonType"], "time": part.time,
                "day": days,
            }
        )  # fmt: skip
        keys = ["account", "address", "station", "host", "how"]
        summed = table.group_by(keys).aggregate([("time", "min"), ("time", "max"), ([], "count_all")])
        for row in summed.to_pylist():
            who, host = names.account(row["account"]), ground.hosts.name(row["host"])
            if row["time_min"] is None or not names.is_person(who):
                continue
            way = Way(who, _source(ground, row["address"], row["station"], host), host, HOW.get(row["how"], "other"))
            if way in found.ways or len(found.ways) < MOST:
                _add(found.ways, way, row["time_min"], row["time_max"], row["count_all"])
            else:
                found.left_out += 1
        for row in table.group_by(["account", "host", "how", "day"]).aggregate([([], "count_all")]).to_pylist():
            host, how = ground.hosts.name(row["host"]), HOW.get(row["how"], "other")
            if host in places and how in KEPT and row["day"] is not None:
                who = names.account(row["account"])
                if names.is_person(who):
                    found.stayed.setdefault(host, {}).setdefault(who, set()).add(row["day"])
        mask = pc.or_(
            part.one_of("TargetUserName", watched),
            pc.and_(part.one_of("TargetUserName", accounts), part.between(spans)),
        )
        for event_id, time, _, host, user, address, station, how in part.filtered(mask).rows(fields):
            if time is not None:
                who, name = names.account(user), ground.hosts.name(host)
                source = _source(ground, address, station, name)
                found.of.setdefault(who, []).append(Logon(time, who, source, name, HOW.get(how, "other"), event_id))
    fields = ["TargetUserName", "IpAddress", "WorkstationName"]
    for _, time, _, host, user, address, station in events.rows(
        ground.store, "windows/security/4625", fields, lambda part: part.between(spans)
    ):
        name = ground.hosts.name(host)
        found.fail(names.account(user), _source(ground, address, station, name), name, time)


def _ssh(ground: Ground, found: Logons, watched: set[str], spans: list[tuple[int, int]]) -> None:
    fields = ["user", "src_ip", "outcome", "action"]
    for event_id, time, _, host, user, address, outcome, _ in events.rows(ground.store, "linux/sshd", fields, _logins):
        if time is None:
            continue
        who, name = names.account(user), ground.hosts.name(host)
        source = _source(ground, address, None, name)
        close = any(first <= time <= last for first, last in spans)
        if outcome == "failure":
            if close:
                found.fail(who, source, name, time)
            continue
        way = Way(who, source, name, "ssh")
        if way in found.ways or len(found.ways) < MOST:
            _add(found.ways, way, time, time, 1)
        else:
            found.left_out += 1
        if close or who in watched:
            found.of.setdefault(who, []).append(Logon(time, who, source, name, "ssh", event_id))


def _logins(part: events.Part) -> pa.Array:
    return part.one_of("action", ["login"])


def _onward(ground: Ground, found: Logons, spans: list[tuple[int, int]]) -> None:
    given = {one.inside for one in found.dials if one.inside and any(a <= one.time <= b for a, b in spans)}
    if not given:
        return
    for _, time, _, _, source, target, port in events.rows(
        ground.store, "zeek/conn", ["id.orig_h", "id.resp_h", "id.resp_p"], lambda part: part.one_of("id.orig_h", given)
    ):
        if time is not None and port in REMOTE and ground.hosts.is_host(host := ground.hosts.name(target)):
            found.onward.append((time, source.lower(), host))
    found.onward.sort()


def _source(ground: Ground, address: str | None, station: str | None, host: str) -> str:
    """Where a log-on came from, by the address if there is one; empty for the host itself."""
    if address and address not in ("-", "127.0.0.1", "::1", "LOCAL"):
        found = ground.hosts.name(address)
    else:
        found = ground.hosts.name(station)
    return "" if found == host else found


def _add(spans: dict[K, Span], key: K, first: int, last: int, count: int) -> None:
    if key in spans:
        spans[key].add(first, last, count)
    else:
        spans[key] = Span(first, last, count)
