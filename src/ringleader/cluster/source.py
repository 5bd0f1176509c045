"""Intrusions with their profiles, from a case's store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ringleader.compare import Profile, Trait, characteristic
from ringleader.store import Store

PLACE = "host-hour"
_COLUMNS = ["owner_kind", "owner_id", "kind", "value", "grade", "count", "findings", "first_time", "last_time"]


@dataclass(frozen=True)
class Intrusion:
    """``own`` is its id in the table of its own case, ``id`` the one that no other case's intrusion has. ``anchor`` is
    its earliest finding: by it an intrusion that grew is known again. ``source`` is the case or file, empty for the
    case itself."""

    id: str
    profile: Profile
    first_time: datetime | None = None
    last_time: datetime | None = None
    hosts: tuple[str, ...] = ()
    anchor: str = ""
    findings: frozenset[str] = field(default=frozenset(), repr=False)
    source: str = ""
    own: str = ""

    @property
    def host_hours(self) -> frozenset[str]:
        return frozenset(self.profile.values(PLACE))


def intrusions(store: Store, source: str = "") -> list[Intrusion]:
    """All intrusions of a store in order of time. ``source`` is put before their ids where it is not empty."""
    traits: dict[str, list[Trait]] = {}
    for owner, trait in _traits(store):
        traits.setdefault(owner, []).append(trait)
    members = _members(store)
    found = []
    for row in store.read("intrusions", ["intrusion_id", "first_time", "last_time", "hosts"]).to_pylist():
        own = row["intrusion_id"]
        name = f"{source}:{own}" if source else own
        steps = members.get(own, [])
        found.append(
            Intrusion(
                name, Profile.of(name, characteristic(traits.get(own, ()))), row["first_time"], row["last_time"],
                tuple(row["hosts"] or ()), steps[0] if steps else "", frozenset(steps), source, own,
            )
        )  # fmt: skip
    return sorted(found, key=order)


def order(one: Intrusion) -> tuple[bool, datetime | str, str]:
    return one.first_time is None, one.first_time or "", one.id


def _traits(store: Store) -> Iterator[tuple[str, Trait]]:
    for batch in store.batches("traits", _COLUMNS):
        columns = [batch[name].to_pylist() for name in _COLUMNS]
        for owner_kind, owner, kind, value, grade, count, findings, first, last in zip(*columns, strict=True):
            if owner_kind == "intrusion":
                yield owner, Trait(kind, value, grade, max(count or 1, 1), frozenset(findings or ()), first, last)


def _members(store: Store) -> dict[str, list[str]]:
    """The findings of each intrusion, the earliest first."""
    rows = store.sql(
        "SELECT intrusion_id, finding_id FROM steps JOIN findings USING (finding_id) ORDER BY time, finding_id"
    )
    found: dict[str, list[str]] = {}
    for intrusion, finding in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
        found.setdefault(intrusion, []).append(finding)
    return found
