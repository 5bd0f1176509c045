"""One page for each campaign: what it did, where, with what, and whom it is like."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ringleader.knowledge import Knowledge
from ringleader.report import graph, timeline
from ringleader.report.assessed import everything
from ringleader.report.counts import techniques
from ringleader.report.findings import Group
from ringleader.report.model import Assessment, Attribution, Campaign, Edge, Statement, Trait
from ringleader.report.payload import Payload
from ringleader.report.source import Row
from ringleader.report.text import Show
from ringleader.report.timeline import Mark
from ringleader.schema.order import WORST_FIRST
from ringleader.schema.shown import listed

MAX_CAMPAIGNS = 40
PER_KIND = 8
"""Traits of one kind that a page lists."""
PER_INTRUSION = 12
# What tells actors apart comes first; what the page draws elsewhere is left out of the table.
KINDS = (
    "software", "command-template", "web-shell", "web-shell-request", "archive-habit", "staging-folder", "service",
    "scheduled-task", "named-pipe", "file-name", "file-hash", "path", "domain", "address", "network", "user-agent",
    "account", "created-account", "account-pattern", "database-statement", "subscriber-access", "supplier",
    "victim-role", "tactics-order",
)  # fmt: skip
_ELSEWHERE = {"technique", "working-hour", "time-zone", "host-hour", "subscriber"}


def order(rows: Iterable[Row], scores: Mapping[str, float]) -> list[Row]:
    """Campaigns as a report numbers them: the gravest first."""
    return sorted(
        rows,
        key=lambda row: (
            -sum(scores.get(each, 0.0) for each in row["intrusion_ids"] or ()),
            row["first_time"] is None,
            row["first_time"] or 0,
            row["campaign_id"],
        ),
    )


def name(row: Row, show: Show) -> str:
    return show(row["name"], 120) or f"campaign {show(row['campaign_id'], 12)}"


def statements(assessment: Assessment, number: int) -> list[Statement]:
    """Those about a campaign or one of its intrusions, but for systems that it was not seen on."""
    unseen = {id(jewel.statement) for jewel in assessment.jewels if jewel.state == "not seen"}
    return [
        said for said in everything(assessment) if said.campaign == number and id(said) not in unseen
    ]  # fmt: skip


class Traits:
    """The table traits, by owner."""

    def __init__(self, table: pa.Table, show: Show, knowledge: Knowledge) -> None:
        self._show = show
        self._knowledge = knowledge
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)
        for batch in table.to_batches(max_chunksize=1 << 14):
            for row in batch.to_pylist():
                if row["kind"] not in ("host-hour", "subscriber"):
                    self._rows[row["owner_id"]].append(row)

    def of(self, owners: Iterable[str]) -> list[Trait]:
        """Those of these owners as one profile, by kind, what more intrusions share first."""
        merged: dict[tuple[str, str], list[Row]] = {}
        for owner in owners:
            for row in self._rows.get(owner, ()):
                merged.setdefault((row["kind"] or "", row["value"] or ""), []).append(row)
        found = [self._merged(kind, value, rows) for (kind, value), rows in merged.items()]
        rank = {kind: at for at, kind in enumerate(KINDS)}
        found.sort(key=lambda t: (rank.get(t.kind, len(KINDS)), t.kind, -t.intrusions, -t.count, t.value))
        return found

    def _merged(self, kind: str, value: str, rows: list[Row]) -> Trait:
        entity = self._knowledge.entities.get(value) if kind in ("software", "technique") else None
        return Trait(
            kind=self._show(kind, 60),
            value=f"{value} {entity.name}" if entity else self._show(value, 300, field=kind),
            grade=self._show(min((row["grade"] or "" for row in rows), default=""), 10),
            count=sum(row["count"] or 0 for row in rows),
            intrusions=len({row["owner_id"] for row in rows}),
            first=min((row["first_time"] for row in rows if row["first_time"]), default=None),
            last=max((row["last_time"] for row in rows if row["last_time"]), default=None),
            findings=list(dict.fromkeys(each for row in rows for each in row["findings"] or ()))[:20],
        )


def shortened(traits: Sequence[Trait], most: int = PER_KIND) -> tuple[list[Trait], int]:
    """At most so many of each kind, and how many others there are."""
    told: Counter[str] = Counter()
    kept, left = [], 0
    for trait in traits:
        if trait.kind in _ELSEWHERE:
            continue
        told[trait.kind] += 1
        if told[trait.kind] <= most:
            kept.append(trait)
        else:
            left += 1
    return kept, left


def build(
    number: int,
    row: Row,
    *,
    intrusions: Mapping[str, int],
    groups: Sequence[Group],
    members: Sequence[Row],
    steps: Sequence[Row],
    traits: Traits,
    roles: Mapping[str, str],
    statements: list[Statement],
    attribution: Attribution | None,
    marks: Sequence[Mark],
    knowledge: Knowledge,
    show: Show,
) -> Campaign:
    """``groups``, ``members`` and ``steps``: findings of its intrusions, counted and as rows, and why they were
    joined. ``intrusions``: numbers by id."""
    ids = [each for each in row["intrusion_ids"] or () if each in intrusions]
    hosts = _in_order(members, "host") or sorted({group.host for group in groups if group.host})
    profile = traits.of(ids)
    kept, left = shortened(profile)
    uses: Counter[tuple[str, str]] = Counter()
    for group in groups:
        uses[group.account, group.host] += group.count
    hours, zone = _hours(profile)
    return Campaign(
        number=number,
        id=row["campaign_id"],
        name=name(row, show),
        first=row["first_time"],
        last=row["last_time"],
        intrusions=sorted(intrusions[each] for each in ids),
        level=min((group.level for group in groups), key=WORST_FIRST.index, default="informational"),
        findings=sum(group.count for group in groups),
        hosts=hosts,
        accounts=_in_order(members, "account") or sorted({group.account for group in groups if group.account}),
        statements=statements,
        weakest_bridge=_bridge(Payload.parse(row["weakest_bridge"], show), intrusions),
        lanes=timeline.lanes(members, hosts, marks),
        matrix=techniques(groups, knowledge),
        graph=graph.accounts_and_hosts(uses, [host for host in hosts if host], roles, _moves(steps, members)),
        traits=kept,
        traits_left_out=left,
        hours=hours,
        zone=zone,
        attribution=attribution,
    )


def _in_order(members: Sequence[Row], column: str) -> list[str]:
    """Distinct values in order of first appearance."""
    timed = sorted(members, key=lambda row: (row["time"] is None, row["time"] or 0, row["finding_id"]))
    return list(dict.fromkeys(row[column] for row in timed if row[column]))


def _moves(steps: Sequence[Row], members: Sequence[Row]) -> Counter[Edge]:
    """From host to host, by what joined a finding there to one here."""
    host = {row["finding_id"]: row["host"] for row in members}
    found: Counter[Edge] = Counter()
    for step in steps:
        here, there = host.get(step["joined_to"] or ""), host.get(step["finding_id"])
        if here and there and here != there:
            kind = (step["entity_kind"] or "").replace("-", " ")
            found[Edge(here, there, f"{here} to {there}: {kind}", 1)] += 1
    return found


def _hours(profile: Iterable[Trait]) -> tuple[list[int], str]:
    hours, zone = [0] * 24, ""
    for trait in profile:
        digits = "".join(filter(str.isdecimal, trait.value[:2]))
        if trait.kind == "working-hour" and digits and int(digits) < 24:
            hours[int(digits)] += trait.count
        elif trait.kind == "time-zone" and not zone:
            zone = trait.value
    return (hours if any(hours) else []), zone


def _bridge(found: Payload, intrusions: Mapping[str, int]) -> str:
    """The weakest bridge in words, whatever keys it has beside the two intrusions."""
    if not found:
        return ""
    ends = [found.raw(name) for name in ("left", "right")]
    if not all(ends):
        ends = [found.raw(name) for name in ("left_id", "right_id")]
    names: list[Any] = [f"intrusion {intrusions[end]}" for end in ends if isinstance(end, str) and end in intrusions]
    weight = found.number("log_lr", "log_odds", "weight")
    likely = found.number("probability")
    said = listed(names) or "two of its intrusions"
    facts = [f"{weight:+.1f} nats" if weight is not None else "", f"{likely:.0%}" if likely is not None else ""]
    told = ", ".join(fact for fact in facts if fact)
    lines = [" ".join(part for part in (line.text("kind"), line.text("value", longest=80)) if part)
             for line in found.each("because")]  # fmt: skip
    reason = found.text("reason", "what", "statement") or listed([line for line in lines if line], 3)
    return f"{said}{f' ({told})' if told else ''}{f', joined by {reason}' if reason else ''}"
