"""Which sessions of databases belong to an intrusion, and whose records they read; all others are the background."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.assess import events, ways, words
from ringleader.assess.ground import Ground, Intrusion, Step
from ringleader.assess.logons import near
from ringleader.assess.statement import DAY, HOUR, MINUTE, SECOND
from ringleader.assess.words import Database
from ringleader.schema import subscriber

CLOSE = 30 * MINUTE
"""A session of the same host and account that begins so near to a finding may be the intruder's."""
HABIT = 3
"""As many sessions of the same sort at other times make it a habit of that host."""
MOST = 200_000
"""Sessions on hosts of intrusions that are held."""


@dataclass(frozen=True)
class Read:
    """One statement. ``numbers``: the subscribers whom it names. ``period``: of the records, as far as it says."""

    time: int
    how: subscriber.How
    numbers: tuple[str, ...]
    table: str
    period: tuple[int, int] | None
    answered: bool
    event_id: str


@dataclass
class Session:
    """``host``: the client's. ``owner``: intrusion, empty for the background; ``sure``: a finding of it is of it.
    ``chosen``: of its reads only those that an analytic names are there."""

    account: str
    user: str
    host: str
    program: str
    first: int
    last: int
    reads: list[Read] = field(default_factory=list)
    event_ids: set[str] = field(default_factory=set)
    owner: str = ""
    sure: bool = False
    chosen: bool = False
    findings: tuple[str, ...] = ()

    @property
    def sort(self) -> tuple[str, str, str, str]:
        return self.host, self.user, self.account, self.program.lower()


@dataclass
class Lookups:
    """``owned`` by intrusion. ``background``: (program, account) to the number of statements that name subscribers, of
    all sessions that are not owned. ``left_out``: sessions beyond the bound."""

    owned: dict[str, list[Session]] = field(default_factory=dict)
    background: Counter[tuple[str, str]] = field(default_factory=Counter)
    recorded: bool = False
    left_out: int = 0


def of(ground: Ground) -> Lookups:
    return ground.once(_read)


def _read(ground: Ground) -> Lookups:
    found = Lookups(recorded=events.has(ground.store, "db"))
    finding_of: dict[str, tuple[str, str]] = {}
    compared: set[str] = set()
    for intrusion in ground.intrusions:
        for step in intrusion.steps:
            finding_of |= {
                event: (intrusion.id, step.finding_id) for event in (step.event_id, *step.event_ids) if event
            }
            if step.compared:
                compared.add(step.finding_id)
    places = {host for one in ground.intrusions for host in one.hosts}
    sessions: dict[tuple[str, ...], Session] = {}
    for kind, names in words.vocabulary().databases.items():
        _sessions(ground, kind, names, places, finding_of, sessions, found)
    _own(ground, list(sessions.values()), finding_of, compared)
    for one in sessions.values():
        if one.owner:
            found.owned.setdefault(one.owner, []).append(one)
            naming = sum(1 for read in one.reads if read.numbers)
            found.background[one.program, one.account] -= naming
    found.background = +found.background
    for owner, some in _requests(ground):
        found.owned.setdefault(owner, []).append(some)
    for listed in found.owned.values():
        listed.sort(key=lambda one: (one.first, one.host, one.account))
    return found


def _sessions(
    ground: Ground,
    kind: str,
    names: Database,
    places: set[str],
    finding_of: dict[str, tuple[str, str]],
    sessions: dict[tuple[str, ...], Session],
    found: Lookups,
) -> None:
    fields = [
        names.account, names.user, names.client, names.program, names.session, names.action, names.object, names.sql,
        names.code,
    ]  # fmt: skip
    known = pa.array(sorted(finding_of), pa.string())
    marked: set[tuple[str, ...]] = set()
    if len(known):  # a session that a finding is of counts, wherever its client is
        for *_, account, _, client, _, session, _, _, _, _ in events.rows(
            ground.store, kind, fields, lambda part: pc.is_in(part["event_id"], known)
        ):
            marked.add((kind, session or "", account or "", client or ""))
    naming = rf"(?i)\b({'|'.join(subscriber.names().columns)})\b"
    for part in events.parts(ground.store, kind, fields):
        some = part.filtered(pc.match_substring_regex(part[names.sql], naming))
        table = pa.table({"program": some[names.program], "account": some[names.account]})
        for row in table.group_by(["program", "account"]).aggregate([([], "count_all")]).to_pylist():
            found.background[row["program"] or "", row["account"] or ""] += row["count_all"]
        clients = {
            raw: ground.hosts.name(_host(raw)) for raw in pc.unique(part[names.client]).to_pylist() if raw is not None
        }
        wanted = pa.array(
            sorted({raw for raw, host in clients.items() if host in places} | {key[3] for key in marked}), pa.string()
        )
        chosen = part.filtered(pc.is_in(part[names.client], wanted))
        for event_id, time, _, _, account, user, client, program, session, action, thing, sql, code in chosen.rows(
            fields
        ):
            key = (kind, session or "", account or "", client or "")
            host = clients.get(client or "", "")
            if time is None or (host not in places and key not in marked):
                continue
            one = sessions.get(key)
            if one is None:
                if len(sessions) >= MOST:
                    found.left_out += 1
                    continue
                who = "" if names.user == names.program else (user or "").rpartition("\\")[2].lower()
                one = sessions[key] = Session(account or "", who, host, program or "", time, time)
            one.first, one.last = min(one.first, time), max(one.last, time)
            if event_id in finding_of:
                one.event_ids.add(event_id)
            if (read := _statement(time, sql or "", action or "", thing or "", code or "", event_id)) is not None:
                one.reads.append(read)


def _host(client: str) -> str:
    """Without port."""
    return re.sub(r"(?<=\d):\d+$", "", client)


def _statement(time: int, sql: str, action: str, thing: str, code: str, event_id: str) -> Read | None:
    how, numbers = subscriber.access(sql)
    if not how and not sql and action.lower() in subscriber.names().bulk_actions and subscriber.is_record_table(thing):
        how = "bulk"
    if not how:
        return None
    tables = subscriber.tables(sql)
    table = thing or (tables[0] if tables else "")
    answered = code in words.vocabulary().answered
    return Read(time, how, numbers, table.rpartition(".")[2].lower(), period(sql, time), answered, event_id)


def _own(ground: Ground, sessions: list[Session], finding_of: dict[str, tuple[str, str]], compared: set[str]) -> None:
    by_id = {one.id: one for one in ground.intrusions}
    spans = near(ground, margin=2 * HOUR)
    habits = Counter(one.sort for one in sessions if not any(first <= one.first <= last for first, last in spans))
    steps: dict[str, list[tuple[Step, str]]] = {}
    for intrusion in ground.intrusions:
        for step in intrusion.steps:
            if not step.compared:  # an analytic has looked at the sessions nearby
                steps.setdefault(step.host, []).append((step, intrusion.id))
    for one in sessions:
        if one.event_ids:
            owners = Counter(finding_of[event][0] for event in one.event_ids)
            one.owner = min(owners, key=lambda name: (-owners[name], by_id[name].first, name))
            one.sure = True
            one.findings = tuple(sorted({finding_of[event][1] for event in one.event_ids}))
            if compared.issuperset(one.findings):  # the rest of the session is this person's work
                one.reads = [read for read in one.reads if read.event_id in one.event_ids]
                one.chosen = True
        elif habits[one.sort] < HABIT:
            close = [
                (abs(step.time - one.first), owner, step.finding_id)
                for step, owner in steps.get(one.host, ())
                if abs(step.time - one.first) <= CLOSE and one.user and step.account == one.user
            ]
            if close:
                _, one.owner, finding = min(close)
                one.findings = (finding,)
    _same(by_id, sessions)


def _same(by_id: dict[str, Intrusion], sessions: list[Session]) -> None:
    """Sessions that look like those of an intrusion, in its time, where that is what most of such sessions are."""
    groups: dict[tuple[str, ...], list[Session]] = {}
    for one in sessions:
        groups.setdefault(one.sort, []).append(one)
    for some in groups.values():
        owned = [one for one in some if one.owner and not one.chosen]
        if not owned or len(owned) * 2 < len(some):
            continue
        for one in some:
            if not one.owner:
                nearest = min(owned, key=lambda other: (abs(other.first - one.first), other.owner))
                intrusion = by_id[nearest.owner]
                if intrusion.first - DAY <= one.first <= intrusion.last + DAY:
                    one.owner, one.findings = nearest.owner, nearest.findings[:1]


def _requests(ground: Ground) -> Iterator[tuple[str, Session]]:
    """Applications on the web whose address names a subscriber, asked for from an address of an intrusion."""
    owner_of: dict[str, Intrusion] = {}
    for one in ground.intrusions:
        way = ways.of(ground)[one.id]
        for address in (way.address, way.dial.inside if way.dial else None):
            if address:
                owner_of.setdefault(address.lower(), one)
    if not owner_of:
        return
    pattern = re.compile(rf"(?i)\b(?:{'|'.join(subscriber.names().columns)})=\+?(\d{{6,15}})")
    fields = ["c-ip", "cs-uri-query", "cs-uri-stem", "sc-status"]
    for event_id, time, _, host, client, query, stem, status in events.rows(
        ground.store, "web/iis", fields, lambda part: part.one_of("c-ip", owner_of)
    ):
        numbers = tuple(dict.fromkeys(pattern.findall(query or "")))
        intrusion = owner_of[client.lower()]
        if time is None or not numbers or not intrusion.first - DAY <= time <= intrusion.last + DAY:
            continue
        how: subscriber.How = "single" if len(numbers) == 1 else "list"
        read = Read(time, how, numbers, stem or "", None, (status or "200").startswith("2"), event_id)
        owner = intrusion.id
        yield owner, Session("", "", ground.hosts.name(host), "web", time, time, [read], owner=owner)


@lru_cache(maxsize=4096)
def _asked(sql: str) -> tuple[tuple[str, float], ...]:
    text = subscriber.without_comments(sql)
    back = re.findall(r"(?i)(?:sysdate|current_date|current_timestamp|now\(\))\s*-\s*(?:interval\s*')?(\d+)", text)
    dates = re.findall(r"'(\d{4}-\d{2}-\d{2})", text)
    return (*(("back", float(one)) for one in back), *((one, 0.0) for one in dates))


def period(sql: str, time: int) -> tuple[int, int] | None:
    """From when to when the records are that a statement of ``time`` asks for; None if it does not say.

    >>> [(n - 1_551_000_000_000_000) // DAY for n in period("x where d >= sysdate - 30", 1_551_000_000_000_000)]
    [-30, 0]
    """
    found: list[int] = []
    for word, number in _asked(sql):
        if word == "back":
            found += [time - int(min(number, 36_500) * DAY), time]
        else:
            try:
                begun = datetime.combine(date.fromisoformat(word), datetime.min.time(), UTC)
            except ValueError:
                continue
            start = int(begun.timestamp()) * SECOND
            found += [start, start + DAY - 1]
    return (min(found), max(found)) if found else None
