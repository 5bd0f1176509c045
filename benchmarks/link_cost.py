"""What linking costs: findings over hosts, noise and a few actors among it, from 100,000 to a million.

    python benchmarks/link_cost.py [--findings 100000 1000000] [--hosts 1000]

Each size is made in a process of its own and linked in another, which reads the events file by file as the stage does.
CPU, wall time and the greatest memory of the latter are told, from its start to its end.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from ringleader.link import link
from ringleader.schema import tables

DAY = 86_400_000_000
START = 1_700_000_000_000_000
DAYS = 90
LEVELS = ("informational",) * 12 + ("low",) * 5 + ("medium",) * 2 + ("high",)


def evidence(findings: int, hosts: int, seed: int = 7) -> tuple[pa.Table, list[pa.Table]]:
    """Sessions of one to eight processes, each a finding of one of 60 rules; one session in 2,000 is an intruder's,
    with its own tool and address."""
    random = Random(seed)
    rows, events = [], []
    number = 0
    while number < findings:
        host, day, session = random.randrange(hosts), random.randrange(DAYS), hex(random.getrandbits(40))
        moment = START + day * DAY + random.randrange(DAY)
        actor = random.randrange(5) if random.random() < 0.0005 else None
        account = f"CORP\\user{random.randrange(hosts)}" if actor is None else f"CORP\\svc{actor}"
        name = f"h{host}.corp.example"
        for _ in range(random.randint(1, 8)):
            moment += random.randrange(60_000_000)
            rule = random.randrange(60) if actor is None else 60 + random.randrange(8)
            level = LEVELS[rule % len(LEVELS)] if actor is None else ("high", "critical")[rule % 2]
            tool = rf"C:\Windows\System32\tool{rule}.exe" if actor is None else rf"C:\PerfLogs\a{actor}.exe"
            command = f"{tool} -x arg{number % 977}"
            events.append(
                (f"e{number:08}", moment, name, session, tool, command, f"{{{number}}}", str(number % 60_000))
            )
            rows.append((f"f{number:08}", f"r{rule}", level, f"e{number:08}", moment, name, account))
            number += 1
    return _findings(rows), _events(events)


def _findings(rows: list[tuple[object, ...]]) -> pa.Table:
    names = ("finding_id", "rule_id", "level", "event_id", "time", "host", "account")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    same = {"detector": "sigma", "kind": "windows/sysmon/1", "evidence_id": "x", "rule_title": "a rule"}
    out = {}
    for field in tables.FINDINGS:
        if field.name in columns or field.name in same:
            out[field.name] = pa.array(columns.get(field.name) or [same[field.name]] * len(rows)).cast(field.type)
        else:
            out[field.name] = pa.nulls(len(rows), field.type)
    return pa.table(out)


def _events(rows: list[tuple[object, ...]]) -> list[pa.Table]:
    names = ("event_id", "time", "host", "LogonId", "Image", "CommandLine", "ProcessGuid", "ProcessId")
    columns = dict(zip(names, map(pa.array, zip(*rows, strict=True)), strict=True))
    columns["time"] = columns["time"].cast(tables.TIME)
    columns["kind"] = pa.array(["windows/sysmon/1"] * len(rows))
    whole = pa.table(columns)
    return [whole.slice(at, 50_000) for at in range(0, len(rows), 50_000)]


def make(folder: Path, findings: int, hosts: int) -> None:
    rows, events = evidence(findings, hosts)
    pq.write_table(rows, folder / "findings.parquet")
    for number, table in enumerate(events):
        pq.write_table(table, folder / f"events-{number:04}.parquet")


def read(folder: Path) -> Iterator[pa.Table]:
    for path in sorted(folder.glob("events-*.parquet")):
        yield pq.read_table(path)


def measure(folder: Path, findings: int, hosts: int) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    intrusions, steps = link(pq.read_table(folder / "findings.parquet"), read(folder))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {findings:,} | {hosts:,} | {intrusions.num_rows:,} | {steps.num_rows:,} | {cpu:.1f} | {wall:.1f} |"
          f" {peak:,.0f} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--do", nargs=2, metavar=("WHAT", "FOLDER"), help="for what the benchmark starts itself")
    asked = parser.parse_args()
    if asked.do:
        {"make": make, "measure": measure}[asked.do[0]](Path(asked.do[1]), asked.findings[0], asked.hosts)
        return
    print("| findings | hosts | intrusions | steps | CPU s | wall s | peak MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for size in asked.findings:
        with tempfile.TemporaryDirectory() as folder:
            for what in ("make", "measure"):
                own = [sys.executable, __file__, "--do", what, folder, "--findings", str(size)]
                subprocess.run([*own, "--hosts", str(asked.hosts)], check=True)


if __name__ == "__main__":
    main()
