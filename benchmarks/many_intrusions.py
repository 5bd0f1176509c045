"""`ringleader cluster` on many made-up intrusions: time, memory, and whether the made-up actors come out.

    many_intrusions.py --intrusions 10000 --actors 400

Each actor has things of its own and each intrusion shows some of them, beside what everybody shows. Sizes of actors
fall as one over their rank: the largest has a seventh of all intrusions. There is no telemetry: what the stage does
with it is measured with clusters.py.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from ringleader import cluster
from ringleader.schema import tables
from ringleader.store import Store

START = datetime(2020, 1, 1, tzinfo=UTC)
OWN = {
    "address": 6, "domain": 4, "service": 4, "file-hash": 8, "path": 8, "user-agent": 1, "command-template": 12,
    "archive-habit": 3, "scheduled-task": 2, "staging-folder": 2,
}  # fmt: skip
COMMON = {"technique": 150, "software": 40, "file-name": 200, "command-template": 100}


def made(count: int, actors: int, seed: int) -> Iterator[tuple[int, datetime, list[tuple[str, str]]]]:
    draw = random.Random(seed)
    weights = [1 / rank for rank in range(1, actors + 1)]
    own = [
        [(kind, _value(kind, f"{actor}-{n}")) for kind, most in OWN.items() for n in range(most)]
        for actor in range(actors)
    ]
    common = [(kind, _value(kind, f"c{n}")) for kind, most in COMMON.items() for n in range(most)]
    share = [1 / (1 + n % 50) for n in range(len(common))]
    for _ in range(count):
        actor = draw.choices(range(actors), weights)[0]
        traits = {*draw.sample(own[actor], 14), *draw.choices(common, share, k=40)}
        yield actor, START + timedelta(hours=draw.randrange(24 * 2000)), sorted(traits)


def _value(kind: str, name: str) -> str:
    if kind == "technique":
        return f"T{1000 + int(name[1:])}"
    if kind == "command-template":
        # What everybody runs is short; who has habits of his own writes more.
        return f"{name} /all" if name.startswith("c") else f"tool-{name} -a <file> -b <host> /x:{name} /quiet"
    return f"{kind}-{name}"


def write(store: Store, count: int, actors: int, seed: int) -> dict[str, int]:
    truth = {}
    intrusions, steps, findings, traits = [], [], [], []
    for number, (actor, begin, shown) in enumerate(made(count, actors, seed)):
        name, finding = f"{number:016x}", f"f{number:015x}"
        truth[name] = actor
        end = begin + timedelta(hours=5)
        host = f"h{number % 500}"
        intrusions.append({"intrusion_id": name, "first_time": begin, "last_time": end, "hosts": [host]})
        findings.append({"finding_id": finding, "time": begin, "host": host})
        steps.append({"intrusion_id": name, "finding_id": finding})
        shown = [*shown, ("host-hour", f"{host} {begin:%Y-%m-%dT%H}")]
        traits += [
            {"owner_kind": "intrusion", "owner_id": name, "kind": kind, "value": value, "grade": "A2", "count": 1,
             "first_time": begin, "last_time": end, "hosts": [host], "findings": [f"{finding}-{place}"]}
            for place, (kind, value) in enumerate(shown)
        ]  # fmt: skip
    with store.transaction() as tx:
        for table, rows in (("intrusions", intrusions), ("steps", steps), ("findings", findings), ("traits", traits)):
            tx.write(table, "made", pa.Table.from_pylist(rows, tables.ALL[table]))
    return truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intrusions", type=int, default=10_000)
    parser.add_argument("--actors", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="many-"))
    try:
        store = Store.open(folder, create=True)
        truth = write(store, given.intrusions, given.actors, given.seed)
        store.refresh()
        wall, cpu = time.monotonic(), time.process_time()
        summary = cluster.run(store)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        store.refresh()
        mixed = 0
        parts: Counter[int] = Counter()
        for row in store.read("campaigns").to_pylist():
            inside = {truth[one] for one in row["intrusion_ids"]}
            mixed += len(inside) > 1
            parts.update(inside)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.intrusions:,} intrusions of {len(parts)} actors")
        print(f"{wall:.0f} s wall, {cpu:.0f} s CPU, {peak:.0f} MiB")
        print(f"{summary.pairs:,} pairs compared, {store.rows('pairs'):,} rows of pairs")
        print(f"{summary.campaigns:,} campaigns, {summary.single:,} of one; {mixed} of several actors")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
