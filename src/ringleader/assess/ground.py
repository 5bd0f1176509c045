"""What all questions stand on: intrusions with their findings, campaigns, the case file, and how far telemetry goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.assess import events, names
from ringleader.assess.statement import DAY, HOUR, parsed
from ringleader.case import Config, subscribers_key
from ringleader.schema import subscriber
from ringleader.store import Store

T = TypeVar("T")

PAUSE = 3 * HOUR
"""A longer silence ends a visit."""
SANE = (DAY * 365 * 20, DAY * 365 * 80)
"""Times that are believed, about 1990 to 2050: clocks lie, and so do those who write logs."""
_FINDINGS = [
    "finding_id", "event_id", "event_ids", "rule_title", "level", "techniques", "tactics", "kind", "time", "host",
    "account", "detector",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A finding of an intrusion. ``account`` without domain, lower case. ``compared``: an analytic's, which looked at
    all that the person did, and names what is unusual of that."""

    finding_id: str
    event_id: str
    event_ids: tuple[str, ...]
    rule: str
    level: str
    techniques: frozenset[str]
    tactics: frozenset[str]
    kind: str
    time: int
    host: str
    account: str
    compared: bool = False

    def has(self, *techniques: str) -> bool:
        """One of them or of their sub-techniques."""
        return any(own == one or own.startswith(one + ".") for own in self.techniques for one in techniques)

    @property
    def adds_module(self) -> bool:
        """A module is put into a web server, and not only a page or a file, or a list of modules asked for."""
        return self.has("T1505.004") and not self.has("T1056.003", "T1518")

    @property
    def person(self) -> str:
        """The account if it is one of hosts: empty for the system's own, for computers, and for those of a database."""
        own = self.account if names.is_person(self.account) and not self.account.isdecimal() else ""
        return "" if self.kind.startswith("db/") else own


@dataclass(frozen=True, slots=True)
class Visit:
    """Steps without a pause between them."""

    first: int
    last: int
    steps: tuple[Step, ...]

    @property
    def hosts(self) -> set[str]:
        return {step.host for step in self.steps if step.host}

    @property
    def accounts(self) -> set[str]:
        return {step.person for step in self.steps if step.person}


@dataclass(frozen=True)
class Intrusion:
    """``steps`` in order of time; there is at least one. ``campaign`` is the id of the campaign that it is part of.
    ``part``: which part of an intrusion that is looked at in parts (:mod:`.evictions`)."""

    id: str
    steps: tuple[Step, ...]
    campaign: str
    part: int = 0

    @property
    def first(self) -> int:
        return self.steps[0].time

    @property
    def last(self) -> int:
        return self.steps[-1].time

    @cached_property
    def hosts(self) -> list[str]:
        return list(dict.fromkeys(step.host for step in self.steps if step.host))

    @cached_property
    def accounts(self) -> set[str]:
        return {step.person for step in self.steps if step.person}

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        found: list[list[Step]] = []
        for step in self.steps:
            if found and step.time - found[-1][-1].time <= PAUSE:
                found[-1].append(step)
            else:
                found.append([step])
        return tuple(Visit(some[0].time, some[-1].time, tuple(some)) for some in found)


@dataclass(frozen=True)
class Campaign:
    """``intrusions`` the earliest first."""

    id: str
    name: str
    intrusions: tuple[Intrusion, ...]

    @property
    def first(self) -> int:
        return self.intrusions[0].first

    @property
    def last(self) -> int:
        return max(one.last for one in self.intrusions)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return tuple(sorted((step for one in self.intrusions for step in one.steps), key=_order))

    @cached_property
    def hosts(self) -> list[str]:
        return list(dict.fromkeys(step.host for step in self.steps if step.host))

    @cached_property
    def accounts(self) -> set[str]:
        return {name for one in self.intrusions for name in one.accounts}


@dataclass
class Ground:
    """``clustered``: campaigns come from their table; else each intrusion counts as one. ``spans``: of each host the
    time of its first and its last event. ``days``: by source (the first part of the kind) the days with events, numbers
    since 1970, and how many."""

    store: Store
    config: Config
    root: Path
    clear: bool
    hosts: names.Hosts
    suppliers: names.Suppliers
    intrusions: list[Intrusion]
    campaigns: list[Campaign]
    clustered: bool
    spans: dict[str, tuple[int, int]]
    days: dict[str, dict[int, int]]
    _known: dict[Any, Any] = field(default_factory=dict)

    def once(self, make: Callable[[Ground], T]) -> T:
        """What ``make`` answers, computed the first time that a question wants it."""
        if make not in self._known:
            self._known[make] = make(self)
        found: T = self._known[make]
        return found

    @property
    def about(self) -> str:
        """The id of the case as a subject."""
        return self.config.organisation.name or "case"

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.organisation.zone)

    def day(self, time: int | None) -> str:
        """The day on which it was for the organisation, as the rest of a report has it."""
        moment = None if time is None else parsed(time, self.zone)
        return "an unknown day" if moment is None else f"{moment:%Y-%m-%d}"

    @cached_property
    def key(self) -> bytes:
        return subscribers_key(self.root)

    def hide(self, number: str) -> str:
        """A subscriber's number as the table may show it."""
        return number if self.clear else subscriber.hidden(self.key, number)

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """From the first to the last day with events."""
        told = [number for source in self.days.values() for number in source]
        return (min(told) * DAY, (max(told) + 1) * DAY - 1) if told else None

    @cached_property
    def by_role(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for host, role in sorted(self.hosts.roles.items()):
            found.setdefault(role, []).append(host)
        return found


def load(store: Store, config: Config, root: Path, *, clear: bool) -> Ground:
    steps = store.read("steps", ["intrusion_id", "finding_id"])
    findings = _findings(store, steps)
    spans = _spans(store)
    hosts = names.Hosts(config, [*spans, *filter(None, pc.unique(findings["host"]).to_pylist())])
    intrusions = _intrusions(steps, findings, _campaign_of(store), hosts, _origins(store, findings))
    campaigns, clustered = _campaigns(store, intrusions)
    named: dict[str, tuple[int, int]] = {}
    for raw, (first, last) in spans.items():
        name = hosts.name(raw)
        before = named.get(name, (first, last))
        named[name] = min(first, before[0]), max(last, before[1])
    return Ground(
        store=store, config=config, root=root, clear=clear, hosts=hosts, suppliers=names.Suppliers(config, hosts),
        intrusions=intrusions, campaigns=campaigns, clustered=clustered, spans=named, days=_days(store),
    )  # fmt: skip


def _findings(store: Store, steps: pa.Table) -> pa.Table:
    """The findings of intrusions; leads stay where they are."""
    wanted = pc.unique(steps["finding_id"])
    wanted = wanted.combine_chunks() if isinstance(wanted, pa.ChunkedArray) else wanted
    found = [
        pa.Table.from_batches([batch.filter(pc.is_in(batch["finding_id"], wanted))])
        for batch in store.batches("findings", _FINDINGS)
    ]
    if not found:
        return store.read("findings", _FINDINGS)
    return pa.concat_tables(found).unify_dictionaries()


def _origins(store: Store, findings: pa.Table) -> dict[str, str]:
    """Of findings on the wire, which have no host: the address that began the connection."""
    wanted = findings.filter(pc.is_null(findings["host"]))["event_id"]
    wanted = wanted.combine_chunks() if isinstance(wanted, pa.ChunkedArray) else wanted
    if not len(wanted):
        return {}
    rows = events.rows(store, "zeek", ["id.orig_h"], lambda part: pc.is_in(part["event_id"], wanted))
    return {event: address for event, _, _, _, address in rows if address and not names.is_outside(address)}


def _campaign_of(store: Store) -> dict[str, str]:
    """Intrusion to campaign; the first by id, should one be in two."""
    rows = store.read("campaigns", ["campaign_id", "intrusion_ids"]).to_pylist()
    pairs = sorted(((one, row["campaign_id"]) for row in rows for one in row["intrusion_ids"] or ()), reverse=True)
    return dict(pairs)


def _intrusions(
    steps: pa.Table, findings: pa.Table, campaign_of: dict[str, str], hosts: names.Hosts, origins: dict[str, str]
) -> list[Intrusion]:
    owners: dict[str, list[str]] = {}
    for owner, finding in zip(steps["intrusion_id"].to_pylist(), steps["finding_id"].to_pylist(), strict=True):
        owners.setdefault(finding, []).append(owner)
    sets: dict[tuple[str, ...], frozenset[str]] = {}

    def interned(values: Sequence[str] | None) -> frozenset[str]:
        key = tuple(values or ())
        return sets.setdefault(key, frozenset(key))

    texts: dict[str, str] = {}
    times = pc.cast(findings["time"], pa.int64()).to_pylist()
    found: dict[str, list[Step]] = {}
    known: dict[str, set[str]] = {}
    columns = [findings[name].to_pylist() for name in _FINDINGS if name != "time"]
    for time, finding, event, others, rule, level, techniques, tactics, kind, host, account, detector in zip(
        times, *columns, strict=True
    ):
        if time is None or not SANE[0] < time < SANE[1]:
            continue  # without a time it tells nothing of when, and all questions begin there
        named, who = hosts.name(host or origins.get(event or "")), names.account(account)
        step = Step(
            finding, event or "", tuple(others or ()), texts.setdefault(rule or "", rule or ""), level or "",
            interned(techniques), interned(tactics), texts.setdefault(kind or "", kind or ""), time,
            texts.setdefault(named, named), texts.setdefault(who, who), detector == "analytic",
        )  # fmt: skip
        for owner in set(owners[finding]):
            found.setdefault(owner, []).append(step)
            if hosts.is_host(named):
                known.setdefault(owner, set()).add(named)
    out = []
    for owner, some in found.items():
        own = sorted(known.get(owner, ()))
        if len(own) == 1:  # a web server logs its address: where nobody says whose it is, it is the only host's
            some = [_on(step, hosts.name(step.host, own)) for step in some]
        out.append(Intrusion(owner, tuple(sorted(some, key=_order)), campaign_of.get(owner, owner)))
    return sorted(out, key=lambda one: (one.first, one.id))


def _on(step: Step, host: str) -> Step:
    from dataclasses import replace

    return step if step.host == host else replace(step, host=host)


def _order(step: Step) -> tuple[int, str]:
    return step.time, step.finding_id


def _campaigns(store: Store, intrusions: list[Intrusion]) -> tuple[list[Campaign], bool]:
    rows = store.read("campaigns", ["campaign_id", "name"]).to_pylist()
    titles = {row["campaign_id"]: row["name"] or row["campaign_id"] for row in rows}
    members: dict[str, list[Intrusion]] = {}
    for one in intrusions:
        members.setdefault(one.campaign, []).append(one)
    found = [Campaign(name, titles.get(name, name), tuple(some)) for name, some in members.items()]
    return sorted(found, key=lambda one: (one.first, one.id)), bool(rows)


def _spans(store: Store) -> dict[str, tuple[int, int]]:
    if not store.rows("events"):
        return {}
    found = store.sql(
        "SELECT host, epoch_us(min(time)) AS first, epoch_us(max(time)) AS last FROM events"  # noqa: S608
        f" WHERE host IS NOT NULL AND epoch_us(time) BETWEEN {SANE[0]} AND {SANE[1]} GROUP BY host"
    ).to_pylist()
    return {row["host"]: (row["first"], row["last"]) for row in found}


def _days(store: Store) -> dict[str, dict[int, int]]:
    """Days at the ends with next to nothing, and a month away from all others, are left out: they are a clock's."""
    if not store.rows("events"):
        return {}
    rows = store.sql(
        "SELECT split_part(kind::VARCHAR, '/', 1) AS source, epoch_us(time) // 86400000000 AS day,"  # noqa: S608
        f" count(*) AS events FROM events WHERE epoch_us(time) BETWEEN {SANE[0]} AND {SANE[1]} GROUP BY source, day"
    ).to_pylist()
    found: dict[str, dict[int, int]] = {}
    totals: dict[int, int] = {}
    for row in rows:
        found.setdefault(row["source"], {})[int(row["day"])] = row["events"]
        totals[int(row["day"])] = totals.get(int(row["day"]), 0) + row["events"]
    believed = _believed(totals)
    return {
        source: {day: some[day] for day in sorted(some) if day in believed} for source, some in sorted(found.items())
    }


def _believed(totals: dict[int, int]) -> set[int]:
    runs: list[list[int]] = []
    for number in sorted(totals):
        if runs and number - runs[-1][-1] <= 31:
            runs[-1].append(number)
        else:
            runs.append([number])
    sizes = [sum(totals[one] for one in run) for run in runs]
    enough = min(max(sum(sizes) / 1000, 3), max(sizes, default=0))
    return {number for run, size in zip(runs, sizes, strict=True) if size >= enough for number in run}
