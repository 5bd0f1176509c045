"""The stage: intrusions, their findings and those findings' events from the store, traits into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.case import Config, subscribers_key
from ringleader.engines.progress import Progress, Silent
from ringleader.profile import kernel, names, sighting
from ringleader.schema import kind as kinds
from ringleader.store import Store
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import column_name

FINDING_COLUMNS = [
    "finding_id", "event_id", "event_ids", "techniques", "tactics", "software", "kind", "time", "host", "account",
]  # fmt: skip


@dataclass
class Summary:
    """``traits``: number of traits by kind."""

    intrusions: int = 0
    traits: dict[str, int] = field(default_factory=dict)


def run(
    store: Store, root: Path, config: Config, *, progress: Progress | None = None, clear_subscribers: bool = False
) -> Summary:
    """Replace the table ``traits``. ``root`` is the case's folder. ``clear_subscribers`` keeps subscribers' numbers as
    they are."""
    watcher = progress or Silent()
    intrusions, steps = store.read("intrusions"), store.read("steps", ["intrusion_id", "finding_id"])
    findings = _findings(store, steps)
    hosts = set(pc.unique(findings["host"]).to_pylist()) | {
        h for some in intrusions["hosts"].to_pylist() for h in some or ()
    }
    accounts = set(pc.unique(findings["account"]).to_pylist())
    hostnames = names.Hostnames(hosts - {None}, config.aliases())
    # A case without databases needs no key.
    key = subscribers_key(root) if any(kinds.covers("db", kind) for kind in store.kinds()) else b""
    context = names.context(config, hosts - {None}, accounts - {None}, hostnames, key=key, clear=clear_subscribers)
    watcher.begin("Profiling intrusions", intrusions.num_rows, "intrusions")
    summary = Summary(intrusions=intrusions.num_rows)
    counts: Counter[str] = Counter()

    def batches() -> Iterator[pa.RecordBatch]:
        fetch = _fetch(store)
        for batch in kernel.profile(intrusions, steps, findings, fetch, context, hostnames):
            counts.update(pc.cast(batch["kind"], pa.string()).to_pylist())
            watcher.advance(pc.count_distinct(batch["owner_id"]).as_py())
            yield batch

    with store.transaction() as tx:
        tx.drop_table("traits")
        tx.write("traits", "profile", batches())
    summary.traits = dict(sorted(counts.items()))
    return summary


def _findings(store: Store, steps: pa.Table) -> pa.Table:
    """The findings of intrusions; leads stay where they are."""
    wanted = pc.unique(steps["finding_id"])
    wanted = wanted.combine_chunks() if isinstance(wanted, pa.ChunkedArray) else wanted
    empty = store.read("findings", FINDING_COLUMNS).slice(0, 0) if not store.rows("findings") else None
    found = [
        pa.Table.from_batches([batch.filter(pc.is_in(batch["finding_id"], wanted))])
        for batch in store.batches("findings", FINDING_COLUMNS)
    ]
    return pa.concat_tables([*([empty] if empty is not None else []), *found]).unify_dictionaries()


def _fetch(store: Store) -> sighting.Fetch:
    """Events by id, file by file; of a file that has none of them only the ids are read. A correlation's events may be
    of other kinds than its finding, so that every file is asked."""

    def fetch(wanted: pa.Array) -> Iterator[pa.Table]:
        for entry in store.entries("events"):
            ids = [
                pc.is_in(batch["event_id"], wanted) for batch in store.batches_of(entry, ["event_id"]) if len(wanted)
            ]
            if not any(pc.any(mask).as_py() for mask in ids):
                continue
            fields = [column_name(name) for name in sighting.columns(list(kinds_in(entry)))]
            columns = ["event_id", "kind", "time", "host", "rest", *fields]
            for mask, batch in zip(ids, store.batches_of(entry, columns), strict=True):
                if pc.any(mask).as_py():
                    yield pa.Table.from_batches([batch]).filter(mask)

    return fetch
