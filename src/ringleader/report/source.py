"""The tables that a report is made of. Findings may be a million: their values are fetched only for those shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.schema import tables as schemas
from ringleader.store import Store

Row = dict[str, Any]
LIGHT = [
    "finding_id", "rule_id", "rule_title", "level", "techniques", "tactics", "event_id", "kind", "time", "host",
    "account",
]  # fmt: skip
"""Columns of findings that are read of every one."""
OPTIONAL = ("traits", "pairs", "campaigns", "attributions", "assessments")
"""Tables that a case may lack."""
TRAIT_COLUMNS = [
    "owner_kind", "owner_id", "kind", "value", "grade", "first_time", "last_time", "count", "findings",
]  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """Tables of the store by name. ``findings`` has all columns, or those of :data:`LIGHT` and ``fetch`` for the
    rest."""

    evidence: pa.Table
    rejects: pa.Table
    findings: pa.Table
    intrusions: pa.Table
    steps: pa.Table
    kinds: Mapping[str, int] = field(default_factory=dict)
    """Events by kind."""
    traits: pa.Table = field(default_factory=schemas.TRAITS.empty_table)
    pairs: pa.Table = field(default_factory=schemas.PAIRS.empty_table)
    campaigns: pa.Table = field(default_factory=schemas.CAMPAIGNS.empty_table)
    attributions: pa.Table = field(default_factory=schemas.ATTRIBUTIONS.empty_table)
    assessments: pa.Table = field(default_factory=schemas.ASSESSMENTS.empty_table)
    hosts: Mapping[str, int] | None = None
    """Events by host; None where that is not known."""
    fetch: Callable[[pa.Array], pa.Table] | None = None
    """Whole rows of findings by their ids."""

    def rows(self, ids: pa.Array) -> pa.Table:
        if self.fetch is not None:
            return self.fetch(ids)
        return self.findings.filter(pc.is_in(self.findings["finding_id"], value_set=ids))


def read(store: Store) -> Tables:
    """Everything that a report needs of the store, in bounded memory: not the values of findings, not events."""

    def fetch(ids: pa.Array) -> pa.Table:
        some = [
            pa.Table.from_batches([batch.filter(pc.is_in(batch["finding_id"], value_set=ids))])
            for batch in store.batches("findings")
        ]
        return pa.concat_tables([schemas.FINDINGS.empty_table(), *some], promote_options="permissive")

    hosts: Counter[str] = Counter()
    for batch in store.batches("events", ["host"]):
        for entry in pc.value_counts(batch["host"].cast(pa.string())).to_pylist():
            if entry["values"]:
                hosts[entry["values"]] += entry["counts"]
    return Tables(
        **{name: store.read(name) for name in ("evidence", "rejects", "intrusions")},
        **{name: store.read(name) for name in OPTIONAL if name != "traits"},
        traits=store.read("traits", TRAIT_COLUMNS),
        steps=store.read("steps"),
        findings=store.read("findings", LIGHT),
        kinds=store.kinds(),
        hosts=hosts,
        fetch=fetch,
    )
