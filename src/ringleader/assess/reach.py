"""Where a campaign was, where it tried to go, and where it could go: a graph of hosts and accounts from the log-ons
that are in the evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ringleader.assess import events, exposed, logons, ways, words
from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.statement import MINUTE
from ringleader.schema import host as hostnames

HOPS = 6
"""Edges of a path that is looked for: host to account to host, three times."""
EVERYONE = "account:*"
"""All accounts of the domain: what who has the directory's database holds."""
BEFORE, AFTER = 10 * MINUTE, 30 * MINUTE
"""A log-on so near to a visit, from a host of it, is the intruder's."""

Edge = tuple[str, str]


@dataclass
class Place:
    """How it is known that a campaign was on a host: by findings, or by a log-on from another of its hosts."""

    findings: list[str] = field(default_factory=list)
    logon: logons.Logon | None = None


@dataclass
class Graph:
    """Nodes are ``host:NAME``, ``account:NAME`` and ``supplier:NAME``. ``edges`` with how one leads to the other.
    ``held`` are those that the campaign has."""

    edges: dict[str, dict[str, str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def add(self, start: str, end: str, how: str) -> None:
        self.edges.setdefault(start, {}).setdefault(end, how)

    def paths(self, without: Iterable[str] = ()) -> dict[str, list[str]]:
        """The shortest path from what is held to each node that can be reached; of equal ones always the same."""
        gone = set(without)
        start = sorted(self.held - gone)
        found: dict[str, list[str]] = {node: [node] for node in start}
        queue = deque(start)
        while queue:
            node = queue.popleft()
            path = found[node]
            if len(path) > HOPS:
                continue
            for other in sorted(self.edges.get(node, ())):
                if other not in found and other not in gone:
                    found[other] = [*path, other]
                    queue.append(other)
        return found


def reached(ground: Ground, campaign: Campaign) -> dict[str, Place]:
    """Host to how that is known."""
    return ground.once(_reached)[campaign.id]


def tried(ground: Ground, campaign: Campaign) -> dict[str, int]:
    """Hosts that refused it, or did not answer, and when first: log-ons that failed and connections that were not
    made, from hosts of the campaign about its visits."""
    return ground.once(_tried)[campaign.id]


def graph(ground: Ground, campaign: Campaign) -> Graph:
    return ground.once(_graphs)[campaign.id]


def _reached(ground: Ground) -> dict[str, dict[str, Place]]:
    by_source: dict[str, list[logons.Logon]] = {}
    for some in logons.of(ground).of.values():
        for one in some:
            if one.source:
                by_source.setdefault(one.source, []).append(one)
    for some in by_source.values():
        some.sort()
    return {one.id: _places(ground, one, by_source) for one in ground.campaigns}


def _places(ground: Ground, campaign: Campaign, by_source: dict[str, list[logons.Logon]]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for step in campaign.steps:
        if ground.hosts.is_host(step.host):
            ids = found.setdefault(step.host, Place()).findings
            if len(ids) < 50:
                ids.append(step.finding_id)
    for intrusion in campaign.intrusions:
        for visit in intrusion.visits:
            for source in visit.hosts:
                times = [step.time for step in visit.steps if step.host == source]
                for one in by_source.get(source, ()):
                    close = min(times) - BEFORE <= one.time <= max(times) + AFTER
                    own = one.account in campaign.accounts or one.how == "ssh"
                    if close and own and ground.hosts.is_host(one.host) and one.host not in found:
                        found[one.host] = Place(logon=one)
    return found


def _tried(ground: Ground) -> dict[str, dict[str, int]]:
    addresses = _addresses(ground)
    named = {address: host for host, some in addresses.items() for address in some}
    aims = {host for host in ground.hosts.roles if ground.hosts.role(host) in words.vocabulary().jewels}
    found: dict[str, dict[str, int]] = {one.id: {} for one in ground.campaigns}
    owners: dict[str, list[tuple[str, int, int]]] = {}
    for campaign in ground.campaigns:
        for intrusion in campaign.intrusions:
            for visit in intrusion.visits:
                for host in visit.hosts:
                    owners.setdefault(host, []).append((campaign.id, visit.first - BEFORE, visit.last + AFTER))

    def note(source: str, target: str, time: int) -> None:
        for campaign, first, last in owners.get(source, ()):
            if first <= time <= last and target != source:
                found[campaign][target] = min(time, found[campaign].get(target, time))

    for (_, source, host), span in logons.of(ground).failed.items():
        for time in (span.first, span.last):
            note(source, host, time)
    sources = {address for host in owners for address in addresses.get(host, ())}
    targets = {address for host in aims for address in addresses.get(host, ())}
    if sources and targets:
        spans = logons.near(ground, margin=AFTER)
        fields = ["id.orig_h", "id.resp_h", "conn_state"]
        for _, time, _, _, source, target, _ in events.rows(
            ground.store, "zeek/conn", fields, lambda part: _refused(part, sources, targets, spans)
        ):
            note(named[source.lower()], named[target.lower()], time)
    return found


def _refused(part: events.Part, sources: set[str], targets: set[str], spans: list[tuple[int, int]]) -> object:
    import pyarrow.compute as pc

    mask = pc.and_(part.one_of("id.orig_h", sources), part.one_of("id.resp_h", targets))
    return pc.and_(
        pc.and_(mask, part.one_of("conn_state", ["s0", "rej", "rsto", "rstr", "rstos0", "sh"])), part.between(spans)
    )


def _addresses(ground: Ground) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for asset in ground.config.asset:
        for alias in (asset.host, *asset.aliases):
            plain = hostnames.normal(alias) or ""
            if plain and not ground.hosts.is_host(plain):
                found.setdefault(ground.hosts.name(asset.host), set()).add(plain)
    return found


def _graphs(ground: Ground) -> dict[str, Graph]:
    common = Graph()
    for start, end, how in _edges(ground):
        common.add(start, end, how)
    out = {}
    for campaign in ground.campaigns:
        # All campaigns move in one network: its edges are kept once.
        one = Graph(common.edges)
        one.held = {f"host:{host}" for host, place in reached(ground, campaign).items() if place.findings}
        one.held |= {f"account:{name}" for name in campaign.accounts}
        for dump in exposed.of(ground)[campaign.id]:
            if dump.sort == "ntds":
                one.held.add(EVERYONE)
            for name in dump.accounts:
                one.held.add(f"account:{name}")
        for intrusion in campaign.intrusions:
            if supplier := ways.of(ground)[intrusion.id].supplier:
                one.held.add(f"supplier:{supplier}")
        out[campaign.id] = one
    return out


def _edges(ground: Ground) -> Iterator[tuple[str, str, str]]:
    """An account opens the hosts that it logs on to; a host holds the credentials of those who stay on it."""
    domain: set[str] = set()
    for way, span in sorted(logons.of(ground).ways.items()):
        if not ground.hosts.is_host(way.host):
            continue
        times = f"{span.count:,} times" if span.count > 1 else "once"
        yield f"account:{way.account}", f"host:{way.host}", f"logs on there ({way.how}, {times})"
        if way.how in logons.KEPT and way.how != "ssh":
            yield f"host:{way.host}", f"account:{way.account}", f"its credentials are on that host ({way.how})"
        if way.how != "ssh":
            domain.add(way.host)
    for host in sorted(domain):
        yield EVERYONE, f"host:{host}", "some account of the domain administers it"
    for name in sorted(ground.suppliers.by_name):
        for account in sorted(ground.suppliers.accounts(name)):
            yield f"supplier:{name}", f"account:{account}", "account of that supplier (case file)"
            for host in ground.suppliers.hosts[name]:
                yield f"account:{account}", f"host:{host}", "may use it (case file)"


def label(node: str) -> str:
    if node == EVERYONE:
        return "all accounts of the domain"
    return node.partition(":")[2]


def jewels(ground: Ground) -> list[str]:
    """Hosts with a role that is an aim, the gravest role first."""
    order = list(words.vocabulary().jewels)
    some = [host for host, role in ground.hosts.roles.items() if role in order]
    return sorted(some, key=lambda host: (order.index(ground.hosts.role(host)), host))


def cuts(one: Graph, aims: Sequence[str], most: int = 5) -> list[tuple[str, int]]:
    """Greedily: the node (account, supplier or host) without which the fewest of ``aims`` can still be reached, and so
    on; with how many each takes away. Of equal ones that on most of the shortest paths. What only several removals
    together cut is taken in the order of the paths."""
    gone: list[str] = []
    found: list[tuple[str, int]] = []
    while len(found) < most:
        paths = one.paths(gone)
        there = [aim for aim in aims if aim in paths]
        if not there:
            break
        passing: dict[str, int] = {}
        for aim in there:
            for node in paths[aim][:-1]:
                passing[node] = passing.get(node, 0) + 1
        best: tuple[int, int, str] | None = None
        for node in sorted(passing, key=lambda node: (-passing[node], node))[:40]:
            without = one.paths([*gone, node])
            removed = sum(1 for aim in there if aim not in without)
            key = (-removed, -passing[node], node)
            best = key if best is None or key < best else best
        if best is None:
            break
        gone.append(best[2])
        found.append((best[2], -best[0]))
    while found and not found[-1][1]:
        found.pop()  # what would take more cuts than these
    return found
