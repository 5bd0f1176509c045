"""A finding as far as linking needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

BATCH = 20_000


@dataclass(slots=True)
class Finding:
    """``alert``: of another product. ``time``: microseconds since 1970."""

    finding_id: str
    rule_id: str
    level: str | None
    event_id: str | None
    event_ids: tuple[str, ...]
    evidence_id: str | None
    host: str | None
    account: str | None
    time: int | None
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    alert: bool


def read(table: pa.Table) -> list[Finding]:
    """The rows of FINDINGS in an order of their own, each finding once and each text once."""
    single = ["finding_id", "rule_id", "level", "event_id", "evidence_id", "host", "account", "detector"]
    many = ["event_ids", "tactics", "techniques"]
    flat = table.select([*single, *many]).append_column("time", pc.cast(table["time"], pa.int64()))
    texts: dict[str, str] = {}
    lists: dict[tuple[str, ...], tuple[str, ...]] = {}

    def once(column: Iterable[str | None]) -> Iterable[str | None]:
        return (None if text is None else texts.setdefault(text, text) for text in column)

    def all_once(column: Iterable[list[str] | None]) -> Iterable[tuple[str, ...]]:
        return (lists.setdefault(some, some) for some in (tuple(each or ()) for each in column))

    found: dict[str, Finding] = {}
    for batch in flat.to_batches(max_chunksize=BATCH):
        name, rule, level, event, evidence, host, account = (once(batch[column].to_pylist()) for column in single[:-1])
        events, tactics, techniques = (all_once(batch[column].to_pylist()) for column in many)
        alert = (detector == "alert" for detector in batch["detector"].to_pylist())
        columns = name, rule, level, event, events, evidence, host, account, batch["time"].to_pylist()
        for one in map(Finding, *columns, tactics, techniques, alert):
            found[one.finding_id] = one
    return sorted(found.values(), key=lambda one: (one.time is None, one.time or 0, one.finding_id))
