"""What a store holds: what was read, from when to when, per kind and host, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ringleader.store import Store


@dataclass(frozen=True, slots=True)
class Format:
    format: str
    files: int
    bytes: int
    records: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Span:
    """Events of one kind or host. ``name`` is None where the host is unknown."""

    name: str | None
    events: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rows of rejects with one code, and one of them as an example."""

    stage: str
    code: str
    rows: int
    path: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Clock:
    """Evidence whose times were corrected; JSON of host to seconds."""

    path: str
    clock: str


@dataclass(frozen=True, slots=True)
class Status:
    evidence: list[Format]
    kinds: list[Span]
    hosts: list[Span]
    clocks: list[Clock]
    rejects: list[Rejected]


def status(store: Store) -> Status:
    """Most frequent first."""
    return Status(
        [
            Format(**row)
            for row in store.sql(
                "SELECT format, count(*) AS files, sum(bytes)::BIGINT AS bytes, sum(records)::BIGINT AS records,"
                " sum(rejected)::BIGINT AS rejected FROM evidence GROUP BY format ORDER BY records DESC, format"
            ).to_pylist()
        ],
        _spans(store, "kind"),
        _spans(store, "host"),
        [
            Clock(**row)
            for row in store.sql("SELECT path, clock FROM evidence WHERE clock <> '{}' ORDER BY path").to_pylist()
        ],
        [
            Rejected(**row)
            for row in store.sql(
                "SELECT stage, code, count(*) AS rows, min(path) AS path, arg_min(detail, path) AS detail"
                " FROM rejects GROUP BY stage, code ORDER BY rows DESC, stage, code"
            ).to_pylist()
        ],
    )


def _spans(store: Store, column: str) -> list[Span]:
    rows = store.sql(
        # column is a literal of ours
        f"SELECT {column} AS name, count(*) AS events, min(time) AS first, max(time) AS last"  # noqa: S608
        f" FROM events GROUP BY {column} ORDER BY events DESC, name"
    ).to_pylist()
    return [Span(**row) for row in rows]
