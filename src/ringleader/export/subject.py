"""What is exported: campaigns with their intrusions, traits, overlaps, attributions and assessments.

A subject is a campaign, or an intrusion where the case has no campaigns yet. Memory grows with the distinct traits of
the subjects, not with findings or events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ringleader.case import Config
from ringleader.compare.trait import GRADE, trust
from ringleader.errors import StoreError
from ringleader.schema import tables
from ringleader.store import Store


@dataclass(frozen=True, slots=True)
class Intrusion:
    """A row of the table intrusions."""

    id: str
    first: datetime | None
    last: datetime | None
    hosts: tuple[str, ...]
    accounts: tuple[str, ...]
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    findings: int
    level: str


@dataclass(slots=True)
class Trait:
    """One trait of a subject, over all its intrusions: the best grade, counts added up."""

    kind: str
    value: str
    grade: str
    count: int
    first: datetime | None
    last: datetime | None
    hosts: set[str] = field(default_factory=set)
    intrusions: set[str] = field(default_factory=set)

    @property
    def trust(self) -> float:
        return trust(self.grade)

    @property
    def durable(self) -> bool:
        """Whether it outlived one visit: seen in two intrusions, on two hosts, or a day apart."""
        days = (self.last - self.first).days if self.first and self.last else 0
        return len(self.intrusions) > 1 or len(self.hosts) > 1 or days >= 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the table attributions; ``contributions`` are kind, value, weight and reason."""

    id: str
    name: str
    rank: int
    probability: float
    verdict: str
    contributions: list[dict[str, Any]]
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the table pairs that compares two campaigns."""

    left: str
    right: str
    log_lr: float | None
    probability: float | None
    p_value: float | None
    q_value: float | None
    colocation_p: float | None
    contributions: list[dict[str, Any]]
    hypotheses: list[dict[str, Any]]
    would_change: list[str]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A row of the table assessments."""

    subject_kind: str
    subject_id: str
    aspect: str
    statement: str
    confidence: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """``traits`` by (kind, value)."""

    id: str
    kind: str
    name: str
    intrusions: tuple[Intrusion, ...]
    traits: Mapping[tuple[str, str], Trait]
    candidates: tuple[Candidate, ...] = ()

    @property
    def label(self) -> str:
        """A name that no other case gives to anything else: it holds the id, a hash of findings.

        OpenCTI takes two objects of one name for the same one (intrusion sets, campaigns, infrastructure, ...)."""
        return f"{self.name} (RL-{self.id})" if self.name else f"RL-{self.id}"

    @property
    def first(self) -> datetime | None:
        return min((i.first for i in self.intrusions if i.first), default=None)

    @property
    def last(self) -> datetime | None:
        return max((i.last for i in self.intrusions if i.last), default=None)

    @property
    def findings(self) -> int:
        return sum(i.findings for i in self.intrusions)

    @property
    def techniques(self) -> list[str]:
        told = {value for kind, value in self.traits if kind == "technique"}
        return sorted(told.union(*(i.techniques for i in self.intrusions)))

    @property
    def software(self) -> list[str]:
        return sorted(value for kind, value in self.traits if kind == "software")


@dataclass(frozen=True, slots=True)
class Material:
    """``stand_in``: there are no campaigns, each intrusion is a subject. ``last``: the latest event of the evidence."""

    config: Config
    subjects: tuple[Subject, ...]
    pairs: tuple[Pair, ...]
    assessments: tuple[Assessment, ...]
    stand_in: bool
    last: datetime | None

    @property
    def intrusions(self) -> list[Intrusion]:
        return [intrusion for subject in self.subjects for intrusion in subject.intrusions]


def read(store: Store, config: Config) -> Material:
    """Everything but findings and events. Subjects come by their first time, then by id."""
    intrusions = {row["intrusion_id"]: _intrusion(row) for row in store.read("intrusions").to_pylist()}
    campaigns = store.read("campaigns").to_pylist()
    owners: dict[str, list[str]] = {row["campaign_id"]: list(row["intrusion_ids"] or ()) for row in campaigns}
    names = {row["campaign_id"]: row["name"] or "" for row in campaigns}
    if not campaigns:
        owners = {key: [key] for key in intrusions}
    traits = _traits(store, {intrusion: owner for owner, inside in owners.items() for intrusion in inside})
    candidates = _candidates(store)
    subjects = [
        Subject(
            id=key,
            kind="campaign" if campaigns else "intrusion",
            name=names.get(key, ""),
            intrusions=tuple(sorted((intrusions[i] for i in inside if i in intrusions), key=_when)),
            traits=traits.get(key, {}),
            candidates=tuple(candidates.get(key, ())),
        )
        for key, inside in owners.items()
    ]
    last = max((row for row in store.read("evidence", ["last_time"])["last_time"].to_pylist() if row), default=None)
    return Material(
        config,
        tuple(sorted(subjects, key=_when)),
        _pairs(store),
        _assessments(store),
        stand_in=not campaigns,
        last=last or max((s.last for s in subjects if s.last), default=None),
    )


def _when(one: Intrusion | Subject) -> tuple[bool, float, str]:
    return one.first is None, one.first.timestamp() if one.first else 0.0, one.id


def _intrusion(row: Mapping[str, Any]) -> Intrusion:
    return Intrusion(
        row["intrusion_id"],
        row["first_time"],
        row["last_time"],
        tuple(row["hosts"] or ()),
        tuple(row["accounts"] or ()),
        tuple(row["tactics"] or ()),
        tuple(row["techniques"] or ()),
        row["findings"] or 0,
        row["level"] or "informational",
    )


def _traits(store: Store, owner_of: Mapping[str, str]) -> dict[str, dict[tuple[str, str], Trait]]:
    found: dict[str, dict[tuple[str, str], Trait]] = {}
    columns = ["owner_kind", "owner_id", "kind", "value", "grade", "count", "first_time", "last_time", "hosts"]
    for batch in store.batches("traits", columns):
        for row in batch.to_pylist():
            owner = owner_of.get(row["owner_id"])
            if row["owner_kind"] != "intrusion" or owner is None:
                continue
            grade = row["grade"] if GRADE.fullmatch(row["grade"] or "") else "F6"
            key = row["kind"], row["value"]
            mine = found.setdefault(owner, {})
            trait = mine.get(key)
            if trait is None:
                trait = mine[key] = Trait(*key, grade, 0, row["first_time"], row["last_time"])
            trait.grade = max(trait.grade, grade, key=lambda g: (trust(g), -ord(g[0]), -ord(g[1])))
            trait.count += row["count"] or 0
            trait.first = min((t for t in (trait.first, row["first_time"]) if t), default=None)
            trait.last = max((t for t in (trait.last, row["last_time"]) if t), default=None)
            trait.hosts.update(row["hosts"] or ())
            trait.intrusions.add(row["owner_id"])
    return {owner: dict(sorted(mine.items())) for owner, mine in found.items()}


def _candidates(store: Store) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    rows = store.read("attributions").to_pylist()
    for row in sorted(rows, key=lambda r: (r["campaign_id"], r["rank"] or 0, r["candidate"])):
        found.setdefault(row["campaign_id"], []).append(
            Candidate(
                row["candidate"],
                row["name"] or row["candidate"],
                row["rank"] or 0,
                row["probability"] or 0.0,
                row["verdict"] or "not indicated",
                _json("attributions", row["contributions"], list),
                _json("attributions", row["detail"], dict),
            )
        )
    return found


def _pairs(store: Store) -> tuple[Pair, ...]:
    found = []
    for row in store.read("pairs").to_pylist():
        if row["owner_kind"] != "campaign":
            continue
        told = _json("pairs", row["hypotheses"], dict)
        found.append(
            Pair(
                row["left_id"],
                row["right_id"],
                row["log_lr"],
                row["probability"],
                row["p_value"],
                row["q_value"],
                row["colocation_p"],
                _json("pairs", row["contributions"], list),
                [one for one in told.get("hypotheses", ()) if isinstance(one, dict)],
                [str(one) for one in told.get("would_change", ())],
            )
        )
    return tuple(sorted(found, key=lambda pair: (pair.left, pair.right)))


def _assessments(store: Store) -> tuple[Assessment, ...]:
    columns = [name for name in tables.ASSESSMENTS.names if name != "data"]
    found = [
        Assessment(
            row["subject_kind"] or "case",
            row["subject_id"] or "",
            row["aspect"] or "",
            row["statement"] or "",
            row["confidence"] or "unknown",
            tuple(row["findings"] or ()),
        )
        for row in store.read("assessments", columns).to_pylist()
    ]
    return tuple(sorted(found, key=lambda a: (a.subject_kind, a.subject_id, a.aspect, a.statement)))


def _json(table: str, content: str | None, kind: type) -> Any:
    try:
        found = json.loads(content) if content else kind()
    except (ValueError, RecursionError) as error:
        raise StoreError(f"the table {table} holds a value that is no JSON", hint="make the table again") from error
    return found if isinstance(found, kind) else kind()
