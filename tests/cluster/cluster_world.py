"""A store with intrusions and traits made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader.schema import tables
from ringleader.store import Store

START = datetime(2026, 1, 5, 2, tzinfo=UTC)

HERON = {
    "address": ["203.0.113.7"],
    "archive-habit": ["password option -hp", "volumes 200m"],
    "command-template": [
        "rar a -r -hp<secret> -m5 -v<number>m <file> <glob>",
        "sc \\\\<host> create <name> binpath= <p>",
    ],
    "service": ["winhelpsvc"],
    "technique": ["T1560.001", "T1003.003"],
}
OTTER = {
    "address": ["198.51.100.20"],
    "command-template": [
        "7zr a -mhe=on -p<secret> <file> <glob>",
        "schtasks /create /s <host> /tn <name> /tr <x> /sc once",
    ],
    "scheduled-task": ["adobeflashsync"],
    "technique": ["T1560.001", "T1053.005"],
}
Shown = Mapping[str, Sequence[str]]


def write(root: Path, shown: Mapping[str, Shown], *, days: Mapping[str, int] | None = None) -> Store:
    """Intrusions by id, ten days apart unless ``days`` says on which each began. Replaces those that are there."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "ringleader.toml").exists():
        (root / "ringleader.toml").write_text("")
    store = Store.open(root, create=True)
    intrusions: list[dict[str, Any]] = []
    steps, findings, traits = [], [], []
    for number, (name, kinds) in enumerate(shown.items()):
        begin = START + timedelta(days=(days or {}).get(name, 10 * number))
        end = begin + timedelta(hours=6)
        host = f"h{number}.corp.example"
        intrusions.append({"intrusion_id": name, "first_time": begin, "last_time": end, "hosts": [host], "findings": 1})
        findings.append({"finding_id": f"f-{name}", "time": begin, "host": host})
        steps.append({"intrusion_id": name, "finding_id": f"f-{name}"})
        every = {**kinds, "host-hour": [f"{host} {begin:%Y-%m-%dT%H}"]}
        for kind, values in every.items():
            for place, value in enumerate(values):
                traits.append(
                    {
                        "owner_kind": "intrusion", "owner_id": name, "kind": kind, "value": value, "grade": "A2",
                        "count": 2, "first_time": begin, "last_time": end, "hosts": [host],
                        "findings": [f"f-{name}-{kind}-{place}"],
                    }
                )  # fmt: skip
    with store.transaction() as tx:
        for table, rows in (("intrusions", intrusions), ("steps", steps), ("findings", findings), ("traits", traits)):
            tx.drop_table(table)
            tx.write(table, "made", pa.Table.from_pylist(rows, tables.ALL[table]))
    store.refresh()
    return store


def groups(store: Store) -> list[list[str]]:
    store.refresh()
    return sorted(sorted(row["intrusion_ids"]) for row in store.read("campaigns").to_pylist())
