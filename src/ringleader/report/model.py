"""What the report says, as plain data: the tables of a case, counted, ordered and made fit to be shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol

import pyarrow as pa

from ringleader import __version__
from ringleader.report import text
from ringleader.report.findings import Embedded, Omission, embed
from ringleader.report.timeline import Intrusion, Row, intrusion, owners
from ringleader.schema import host, order
from ringleader.schema import tables as schemas
from ringleader.schema.batch import NOTICES
from ringleader.schema.order import WORST_FIRST
from ringleader.store import Store

MAX_INTRUSIONS = 200
MAX_ROWS = 500
"""Rows of the tables of evidence, hosts, rules and problems."""


class Problem(Protocol):
    """A rule that could not be used."""

    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


@dataclass(frozen=True)
class Tables:
    evidence: pa.Table
    rejects: pa.Table
    findings: pa.Table
    intrusions: pa.Table
    steps: pa.Table
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Events by kind."""


@dataclass(frozen=True)
class Headline:
    intrusions: int
    findings: int
    leads: int
    hosts: int
    """Hosts that intrusions touched."""
    first: datetime | None
    last: datetime | None
    evidence: int
    events: int
    rejected: int
    """Records and files that ingest could not read; of them ``unknown`` are files of a format that nobody knows."""
    unknown: int
    duplicates: int
    """Files left out because the same bytes were read already. Nothing is lost with them."""
    unread: int
    """Pieces of evidence of which nothing could be read."""
    read_from: datetime | None
    read_to: datetime | None
    levels: dict[str, int]


@dataclass(frozen=True)
class Technique:
    id: str
    tactic: str
    findings: int
    hosts: int
    rules: int
    levels: dict[str, int]


@dataclass(frozen=True)
class Host:
    name: str
    levels: dict[str, int]
    intrusions: list[int]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Rule:
    title: str
    id: str
    level: str
    findings: int
    hosts: int
    intrusions: int
    techniques: list[str]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Source:
    path: str
    format: str
    bytes: int
    records: int
    rejected: int
    first: datetime | None
    last: datetime | None
    clock: str
    id: str


@dataclass(frozen=True)
class Reject:
    stage: str
    code: str
    count: int
    paths: int
    example: str
    detail: str


@dataclass(frozen=True)
class Unusable:
    where: str
    code: str
    message: str


@dataclass(frozen=True)
class Model:
    zone: tzinfo
    zone_name: str
    version: str
    headline: Headline
    intrusions: list[Intrusion]
    intrusions_left_out: int
    techniques: list[Technique]
    hosts: list[Host]
    rules: list[Rule]
    sources: list[Source]
    kinds: list[tuple[str, int]]
    rejects: list[Reject]
    problems: list[Unusable] | None
    """None when the report was not told."""
    findings: Embedded
    times: list[tuple[datetime, str]]
    """Time and level of every finding that has a time."""

    @property
    def omissions(self) -> list[Omission]:
        return self.findings.omissions


def from_store(store: Store, timezone: str = "UTC", problems: Sequence[Problem] | None = None) -> Model:
    names = ("evidence", "rejects", "findings", "intrusions", "steps")
    return from_tables(Tables(**{name: store.read(name) for name in names}, kinds=store.kinds()), timezone, problems)


def from_tables(tables: Tables, timezone: str = "UTC", problems: Sequence[Problem] | None = None) -> Model:
    """The same tables give the same report, whatever the order of their rows."""
    known = tables.intrusions.to_pylist()
    known.sort(key=lambda row: (-row["score"], row["first_time"] is None, row["first_time"] or 0, row["intrusion_id"]))
    numbers = {row["intrusion_id"]: number for number, row in enumerate(known, 1)}
    steps: defaultdict[str, list[Row]] = defaultdict(list)
    for step in tables.steps.to_pylist():
        steps[step["intrusion_id"]].append(step)
    part = {step["finding_id"]: numbers[iid] for iid, some in steps.items() if iid in numbers for step in some}
    findings = sorted(
        _shown(tables.findings, known, steps),
        key=lambda row: (row["time"] is None, row["time"] or 0, row["finding_id"]),
    )
    by_id = {row["finding_id"]: row for row in findings}
    for row in findings:
        row["intrusion"] = part.get(row["finding_id"], 0)
    return Model(
        zone=text.zone(timezone),
        zone_name=timezone,
        version=__version__,
        headline=_headline(tables, findings, known),
        intrusions=[
            intrusion(numbers[row["intrusion_id"]], row, steps[row["intrusion_id"]], by_id)
            for row in known[:MAX_INTRUSIONS]
        ],
        intrusions_left_out=max(0, len(known) - MAX_INTRUSIONS),
        techniques=_techniques(findings),
        hosts=_hosts(findings),
        rules=_rules(findings),
        sources=_sources(tables.evidence),
        kinds=sorted(tables.kinds.items(), key=lambda item: (-item[1], item[0])),
        rejects=_rejects(tables.rejects, problems or ()),
        problems=None if problems is None else [_unusable(problem) for problem in problems],
        findings=embed(findings),
        times=[(row["time"], row["level"]) for row in findings if row["time"] is not None],
    )


def _shown(findings: pa.Table, intrusions: Sequence[Row], steps: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Rows with every text from evidence made visible and cut, and one name for each host."""
    memo: dict[str | None, str] = {}

    def show(content: str | None) -> str:
        if content not in memo:
            memo[content] = text.visible(content)
        return memo[content]

    rows: list[Row] = findings.cast(schemas.FINDINGS).to_pylist()
    full = host.full_names({row["host"] for row in rows if row["host"]})
    for row in rows:
        row["host"] = full.get(row["host"], row["host"])
    owner = owners(intrusions, steps, {row["finding_id"]: row["host"] for row in rows})
    for row in rows:
        row["host"] = owner.get(row["host"], row["host"])
        for name in ("rule_title", "host", "account", "kind"):
            row[name] = show(row[name])
        row["level"] = row["level"] if row["level"] in WORST_FIRST else "informational"
        for name in ("techniques", "tactics"):
            row[name] = [show(each) for each in row[name] or ()]
        row["values"] = [(show(name), show(value)) for name, value in (row["values"] or ())[:40]]
    return rows


def _headline(tables: Tables, findings: list[Row], intrusions: list[Row]) -> Headline:
    rejects = tables.rejects.select(["stage", "code"]).to_pylist()
    codes = Counter(row["code"] for row in rejects if row["stage"] == "ingest")
    evidence = tables.evidence.select(["records", "rejected", "first_time", "last_time"]).to_pylist()
    return Headline(
        intrusions=len(intrusions),
        findings=len(findings),
        leads=sum(not row["intrusion"] for row in findings),
        hosts=len({name for row in intrusions for name in row["hosts"] or ()}),
        first=min((row["first_time"] for row in intrusions if row["first_time"]), default=None),
        last=max((row["last_time"] for row in intrusions if row["last_time"]), default=None),
        evidence=len(evidence),
        events=sum(tables.kinds.values()) or sum(row["records"] or 0 for row in evidence),
        rejected=sum(count for code, count in codes.items() if code not in NOTICES),
        unknown=codes["unknown-format"],
        duplicates=codes["duplicate"],
        unread=sum(not row["records"] for row in evidence),
        read_from=min((row["first_time"] for row in evidence if row["first_time"]), default=None),
        read_to=max((row["last_time"] for row in evidence if row["last_time"]), default=None),
        levels=dict(Counter(row["level"] for row in findings)),
    )


def _techniques(findings: list[Row]) -> list[Technique]:
    """Each technique under the tactic that it occurs with most; a finding of two tactics counts half for each."""
    tactics: defaultdict[str, Counter[str]] = defaultdict(Counter)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in findings:
        for technique in row["techniques"]:
            rows[technique].append(row)
            for tactic in row["tactics"]:
                tactics[technique][tactic] += 1 / len(row["tactics"])  # type: ignore[assignment]
    out = [
        Technique(
            id=technique,
            tactic=min(tactics[technique].items(), key=lambda item: (-item[1], _tactic(item[0])), default=("", 0))[0],
            findings=len(some),
            hosts=len({row["host"] for row in some}),
            rules=len({row["rule_id"] for row in some}),
            levels=dict(Counter(row["level"] for row in some)),
        )
        for technique, some in rows.items()
    ]
    return sorted(out, key=lambda each: (_tactic(each.tactic), -each.findings, each.id))


def _tactic(name: str) -> tuple[int, str]:
    return (order.TACTICS.index(name) if name in order.TACTICS else len(order.TACTICS), name)


def _hosts(findings: list[Row]) -> list[Host]:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in findings:
        rows[row["host"]].append(row)
    out = []
    for name, some in rows.items():
        times = [row["time"] for row in some if row["time"]]
        levels = Counter(row["level"] for row in some)
        numbers = sorted({row["intrusion"] for row in some} - {0})
        out.append(
            Host(name, {level: levels[level] for level in WORST_FIRST if level in levels}, numbers,
                 min(times, default=None), max(times, default=None))
        )  # fmt: skip
    return sorted(out, key=lambda each: ([-each.levels.get(level, 0) for level in WORST_FIRST], each.name))


def _rules(findings: list[Row]) -> list[Rule]:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in findings:
        rows[row["rule_id"] or row["rule_title"]].append(row)
    out = []
    for rule_id, some in rows.items():
        times = [row["time"] for row in some if row["time"]]
        out.append(
            Rule(
                title=some[0]["rule_title"],
                id=text.visible(rule_id, 80),
                level=some[0]["level"],
                findings=len(some),
                hosts=len({row["host"] for row in some}),
                intrusions=len({row["intrusion"] for row in some} - {0}),
                techniques=some[0]["techniques"],
                first=min(times, default=None),
                last=max(times, default=None),
            )
        )
    return sorted(out, key=lambda rule: (WORST_FIRST.index(rule.level), -rule.findings, rule.title, rule.id))


def _sources(evidence: pa.Table) -> list[Source]:
    out = [
        Source(
            path=text.visible(row["path"], 300),
            format=row["format"] or "",
            bytes=row["bytes"] or 0,
            records=row["records"] or 0,
            rejected=row["rejected"] or 0,
            first=row["first_time"],
            last=row["last_time"],
            clock=text.visible(text.clock(row["clock"]), 300),
            id=row["evidence_id"] or "",
        )
        for row in evidence.to_pylist()
    ]
    return sorted(out, key=lambda source: (source.path, source.id))


def _rejects(rejects: pa.Table, problems: Sequence[Problem]) -> list[Reject]:
    """By reason, without those that are ``problems``: these have a list of their own."""
    listed = {("detect", problem.path, problem.code, problem.line or -1) for problem in problems}
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rejects.to_pylist():
        if (row["stage"], row["path"], row["code"], row["offset"]) in listed:
            continue
        groups[row["stage"] or "", row["code"] or ""].append(row)
    out = []
    for (stage, code), rows in groups.items():
        example = min(rows, key=lambda row: (row["path"] or "", row["offset"] or 0, row["detail"] or ""))
        paths = len({row["path"] for row in rows})
        shown = text.visible(example["path"], 300), text.visible(example["detail"], 300)
        out.append(Reject(stage, text.visible(code, 60), len(rows), paths, *shown))
    return sorted(out, key=lambda reject: (-reject.count, reject.stage, reject.code))


def _unusable(problem: Problem) -> Unusable:
    where = f"{problem.path}:{problem.line}" if problem.line else str(problem.path)
    return Unusable(text.visible(where, 300), text.visible(problem.code, 60), text.visible(problem.message, 400))
