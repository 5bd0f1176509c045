"""An intrusion as a story: how it begins, its phases, where it was, what it touched, what is missing, what is
characteristic. Every text in it is as the evidence has it; who shows it makes it safe."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.case import Config
from ringleader.errors import UsageError
from ringleader.profile import facts, names
from ringleader.profile.kinds import KINDS
from ringleader.profile.kinds.account import bare
from ringleader.schema import kind as kinds
from ringleader.schema.order import TACTICS, WORST_FIRST
from ringleader.store import Store

AROUND = timedelta(days=1)
"""How far before and after an intrusion the telemetry of its hosts is looked at."""
SILENCE = timedelta(hours=24)
"""A host that is silent for longer is told."""
VALUE = 300
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One finding. ``values``: what made the rule match."""

    finding_id: str
    time: datetime | None
    host: str
    account: str
    level: str
    rule: str
    techniques: list[str]
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Phase:
    """Everything under one tactic. ``rules``: the most frequent, with their findings."""

    tactic: str
    first: datetime | None
    last: datetime | None
    findings: int
    hosts: list[str]
    techniques: list[str]
    rules: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Host:
    """``missing``: what no sensor recorded of it meanwhile (fields.yml, sensors). ``silent``: when it sent nothing at
    all for more than a day."""

    name: str
    role: str | None
    first: datetime | None
    last: datetime | None
    findings: int
    accounts: list[str]
    missing: list[str]
    silent: list[tuple[datetime, datetime]]
    telemetry_from: datetime | None
    telemetry_to: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    supplier: str | None
    first: datetime | None
    last: datetime | None
    findings: int
    hosts: list[str]


@dataclass(frozen=True, slots=True)
class Link:
    """The step that the least holds in the intrusion: joined through ``entity`` to ``joined_to``."""

    weight: float
    entity_kind: str
    entity: str
    step: Step
    joined_to: Step | None


@dataclass(frozen=True, slots=True)
class Trait:
    kind: str
    value: str
    grade: str
    basis: str
    first: datetime | None
    last: datetime | None
    count: int
    hosts: list[str]
    findings: list[str]
    left_out: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """``touched``: what was made, read or gathered, by what it is. ``early``: the intrusion begins within a day of the
    first thing that is known of its first host, so that it may have begun before."""

    intrusion_id: str
    level: str
    score: float
    first: datetime | None
    last: datetime | None
    findings: int
    entry: list[Step]
    early: bool
    phases: list[Phase]
    hosts: list[Host]
    accounts: list[Account]
    touched: list[tuple[str, list[str]]]
    weakest: Link | None
    traits: list[Trait]


TOUCHED = (
    ("subscribers' records read", "subscriber-access"),
    ("accounts made", "created-account"),
    ("services made", "service"),
    ("scheduled tasks", "scheduled-task"),
    ("web shells", "web-shell"),
    ("folders for staging", "staging-folder"),
    ("roles of hosts", "victim-role"),
    ("suppliers' access used", "supplier"),
)
"""What is told as touched, and the kind of trait that says so."""


def find(store: Store, beginning: str) -> str:
    """The id of the only intrusion that begins so, in any case. Raises :class:`UsageError` with the nearest ids."""
    ids: list[str] = sorted(store.read("intrusions", ["intrusion_id"])["intrusion_id"].to_pylist())
    if not ids:
        raise UsageError("this case has no intrusions", hint="find some with: ringleader hunt CASE EVIDENCE...")
    wanted: str = beginning.strip().lower()
    if wanted in ids:
        return wanted
    found = [one for one in ids if wanted and one.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found):,} intrusions begin with {wanted}", hint=f"write more of one of: {', '.join(found[:6])}"
        )
    nearest = sorted(ids, key=lambda one: (-_alike(one, wanted[:64]), one))[:3]
    raise UsageError(
        f"no intrusion is called {beginning[:64]}",
        hint=f"nearest: {', '.join(nearest)}; new evidence may have given it another id",
    )


def _alike(one: str, wanted: str) -> float:
    """First by how much of the beginning is the same, then by how many letters are."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, wanted, strict=False)))
    return same + difflib.SequenceMatcher(None, one[: len(wanted)], wanted, autojunk=False).ratio()


def story(store: Store, config: Config, intrusion_id: str) -> Story:
    """``intrusion_id`` as :func:`find` gives it."""
    intrusion = _where(store, "intrusions", "intrusion_id", [intrusion_id]).to_pylist()[0]
    steps = _where(store, "steps", "intrusion_id", [intrusion_id]).to_pylist()
    rows = _where(store, "findings", "finding_id", [step["finding_id"] for step in steps]).to_pylist()
    aliases = config.aliases()
    hostnames = names.Hostnames([*(row["host"] or "" for row in rows), *(intrusion["hosts"] or ())], aliases)
    for row in rows:
        row["host"] = hostnames.name(row["host"] or "", intrusion["hosts"] or ())
    rows.sort(key=lambda row: (row["time"] is None, row["time"] or 0, _rank(row["level"]), row["finding_id"]))
    by_id = {row["finding_id"]: _step(row) for row in rows}
    roles = {hostnames.name(asset.host): str(asset.role) for asset in config.asset}
    hosts = _hosts(rows, roles, _Telemetry(store, hostnames, intrusion, {row["host"] for row in rows if row["host"]}))
    traits = _traits(store, intrusion_id)
    entry = _entry(rows)
    start = next((host.telemetry_from for host in hosts if entry and host.name == entry[0].host), None)
    first = intrusion["first_time"]
    return Story(
        intrusion_id=intrusion_id,
        level=intrusion["level"],
        score=intrusion["score"],
        first=first,
        last=intrusion["last_time"],
        findings=len(rows),
        entry=entry,
        early=bool(first and (start is None or first - start < AROUND)),
        phases=_phases(rows),
        hosts=hosts,
        accounts=_accounts(rows, config),
        touched=_touched(traits),
        weakest=_weakest(steps, by_id),
        traits=traits,
    )


def _where(store: Store, table: str, column: str, values: Iterable[str]) -> pa.Table:
    wanted = pa.array(sorted(set(values)), pa.string())
    found = [pa.Table.from_batches([batch.filter(pc.is_in(batch[column], wanted))]) for batch in store.batches(table)]
    return pa.concat_tables(found).unify_dictionaries() if found else store.read(table)


def _step(row: Row) -> Step:
    return Step(
        finding_id=row["finding_id"],
        time=row["time"],
        host=row["host"],
        account=row["account"] or "",
        level=row["level"],
        rule=row["rule_title"],
        techniques=list(row["techniques"] or ()),
        values=[(name, (value or "")[:VALUE]) for name, value in (row["values"] or ())[:6]],
    )


def _entry(rows: Sequence[Row]) -> list[Step]:
    """The earliest event, with all that rules say of it, and the first one of initial access if that is another."""
    if not rows:
        return []
    first = [row for row in rows if row["event_id"] == rows[0]["event_id"] and row["time"] == rows[0]["time"]]
    access = [row for row in rows if "initial-access" in (row["tactics"] or ())][:1]
    return [_step(row) for row in [*first, *(row for row in access if row not in first)]]


def _phases(rows: Sequence[Row]) -> list[Phase]:
    """By tactic, in the order of their beginning. What no rule has a tactic for comes last."""
    by_tactic: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for tactic in row["tactics"] or ("",):
            by_tactic[tactic].append(row)
    phases = [
        Phase(
            tactic=tactic,
            first=some[0]["time"],
            last=max((row["time"] for row in some if row["time"]), default=None),
            findings=len(some),
            hosts=list(dict.fromkeys(row["host"] for row in some if row["host"])),
            techniques=sorted({technique for row in some for technique in row["techniques"] or ()}),
            rules=_most(row["rule_title"] for row in some),
        )
        for tactic, some in by_tactic.items()
    ]
    return sorted(phases, key=lambda one: (not one.tactic, one.first is None, one.first or 0, _place(one.tactic)))


def _most(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))


class _Telemetry:
    """Of the hosts of an intrusion: since when and until when there are events, of what kinds meanwhile, and in which
    hours."""

    def __init__(self, store: Store, hostnames: names.Hostnames, intrusion: Row, hosts: set[str]) -> None:
        told = store.sql("SELECT DISTINCT host FROM events WHERE host IS NOT NULL")["host"].to_pylist()
        called = {name: host for name in told if (host := hostnames.name(name)) in hosts}
        self.spans: dict[str, tuple[datetime, datetime]] = {}
        self.kinds: defaultdict[str, set[str]] = defaultdict(set)
        self.hours: defaultdict[str, set[datetime]] = defaultdict(set)
        if not called:
            return
        some = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(called))
        for row in store.sql(
            # names of hosts are quoted above
            f"SELECT host, min(time) AS first, max(time) AS last FROM events WHERE host IN ({some})"  # noqa: S608
            " AND time IS NOT NULL GROUP BY host"
        ).to_pylist():
            host = called[row["host"]]
            first, last = self.spans.get(host, (row["first"], row["last"]))
            self.spans[host] = min(first, row["first"]), max(last, row["last"])
        if intrusion["first_time"] is None:
            return
        since, until = _back(intrusion["first_time"]), _on(intrusion["last_time"])
        for row in store.sql(
            f"SELECT DISTINCT host, kind, date_trunc('hour', time) AS hour FROM events WHERE host IN ({some})"  # noqa: S608
            f" AND epoch_us(time) BETWEEN {_microseconds(since)} AND {_microseconds(until)}"
        ).to_pylist():
            host = called[row["host"]]
            self.kinds[host].add(row["kind"])
            self.hours[host].add(row["hour"])

    def missing(self, host: str) -> list[str]:
        held = self.kinds.get(host)
        if not held:
            return ["all events"]
        return [
            name
            for name, prefixes in facts.fields().sensors.items()
            if not any(kinds.covers(prefix, kind) for prefix in prefixes for kind in held)
        ]

    def silent(self, host: str, first: datetime | None, last: datetime | None) -> list[tuple[datetime, datetime]]:
        """Between the first and the last finding there, a day more on either side."""
        if first is None or last is None or host not in self.hours:
            return []
        begins, ends = self.spans[host]
        since, until = max(_back(first), begins), min(_on(last), ends)
        hours = sorted(hour for hour in self.hours[host] if since - timedelta(hours=1) <= hour <= until)
        marks = [since, *hours, until]
        hour = timedelta(hours=1)
        return [(before + hour, after) for before, after in pairwise(marks) if after - before - hour > SILENCE]


def _hosts(rows: Sequence[Row], roles: dict[str, str], telemetry: _Telemetry) -> list[Host]:
    by_host: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["host"]:
            by_host[row["host"]].append(row)
    out = []
    for name, some in by_host.items():
        first, last = _span(some)
        since, until = telemetry.spans.get(name, (None, None))
        accounts = list(dict.fromkeys(row["account"] for row in some if row["account"]))
        missing, silent = telemetry.missing(name), telemetry.silent(name, first, last)
        out.append(Host(name, roles.get(name), first, last, len(some), accounts, missing, silent, since, until))
    return out


def _accounts(rows: Sequence[Row], config: Config) -> list[Account]:
    suppliers = {bare(account): supplier.name for supplier in config.supplier for account in supplier.accounts}
    by_account: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["account"]:
            by_account[row["account"]].append(row)
    return [
        Account(
            name, suppliers.get(bare(name)), *_span(some), len(some), list(dict.fromkeys(row["host"] for row in some))
        )
        for name, some in by_account.items()
    ]


def _span(rows: Sequence[Row]) -> tuple[datetime | None, datetime | None]:
    times = [row["time"] for row in rows if row["time"]]
    return min(times, default=None), max(times, default=None)


def _traits(store: Store, intrusion_id: str) -> list[Trait]:
    """In the order of the kinds, then by count."""
    rows = _where(store, "traits", "owner_id", [intrusion_id]).to_pylist()
    place = {kind.name: number for number, kind in enumerate(KINDS)}
    rows.sort(key=lambda row: (place.get(row["kind"], len(place)), -row["count"], row["value"]))
    return [
        Trait(
            kind=row["kind"],
            value=row["value"],
            grade=row["grade"],
            basis=row["basis"],
            first=row["first_time"],
            last=row["last_time"],
            count=row["count"],
            hosts=list(row["hosts"] or ()),
            findings=list(row["findings"] or ()),
            left_out=row["left_out"],
            detail=row["detail"],
        )
        for row in rows
        if row["owner_kind"] == "intrusion"
    ]


def _touched(traits: Sequence[Trait]) -> list[tuple[str, list[str]]]:
    found = []
    for title, kind in TOUCHED:
        values = [
            f"{one.value} ({one.count:,})" if kind == "subscriber-access" else one.value
            for one in traits
            if one.kind == kind
        ]
        if values:
            found.append((title, values))
    return found


def _weakest(steps: Sequence[Row], by_id: dict[str, Step]) -> Link | None:
    joined = [step for step in steps if step["weight"] is not None and step["finding_id"] in by_id]
    if not joined:
        return None
    least = min(joined, key=lambda step: (step["weight"], step["finding_id"]))
    return Link(
        least["weight"], least["entity_kind"], least["entity"], by_id[least["finding_id"]],
        by_id.get(least["joined_to"] or ""),
    )  # fmt: skip


def _back(time: datetime) -> datetime:
    """AROUND before; where the calendar ends, its end."""
    return time - AROUND if time.year > 1 else time


def _on(time: datetime) -> datetime:
    return time + AROUND if time.year < 9999 else time


def _microseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _rank(level: str) -> int:
    return WORST_FIRST.index(level) if level in WORST_FIRST else len(WORST_FIRST)


def _place(tactic: str) -> int:
    return TACTICS.index(tactic) if tactic in TACTICS else len(TACTICS)
