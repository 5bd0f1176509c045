"""Cost of ``ringleader profile`` on a made-up store: findings on events of process starts, as many events again around
them, repetitive or with every value another.

``python traits.py [--findings N] [--intrusions N]``
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import corpus
import measure
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ringleader.case import CONFIG
from ringleader.schema import tables
from ringleader.store import File, Store, sha256_file
from ringleader.store.layout import events_path

PART = 250_000
YEAR = 365 * 86_400 * 1_000_000
START = 1_735_689_600_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--intrusions", type=int, default=1_000)
    asked = parser.parse_args()
    rows = []
    for name, distinct, intrusions in (
        ("repetitive", False, asked.intrusions),
        ("all distinct", True, asked.intrusions),
        ("all distinct, one intrusion", True, 1),
    ):
        case = make(asked.findings, intrusions, distinct=distinct)
        done = measure.run([sys.executable, "-m", "ringleader", "profile", str(case), "--quiet"], sample=True)
        traits = Store.open(case).rows("traits")
        rows.append(
            (name, f"{asked.findings:,}", f"{intrusions:,}", f"{done.wall:.0f}", f"{done.cpu:.0f}",
             f"{done.peak / 1e9:.2f}", f"{traits:,}")
        )  # fmt: skip
        measure.say(f"  {name}: {done.cpu:.0f} s CPU")
    head = ["values", "findings", "intrusions", "wall s", "CPU s", "peak GB", "traits"]
    measure.report("traits", f"{measure.machine()}\n\n{measure.table(head, rows)}", rows, corpus.CACHE)


def make(findings: int, intrusions: int, *, distinct: bool) -> Path:
    """A case; half of its events have a finding."""
    root = corpus.CACHE / "case-traits"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / CONFIG).write_text("")
    draw = np.random.default_rng(1)
    times = np.concatenate([START + np.sort(draw.integers(0, YEAR, findings)), np.full(findings, START)])
    with Store.open(root, create=True).transaction() as tx:
        for begin in range(0, 2 * findings, PART):
            part = range(begin, min(begin + PART, 2 * findings))
            path = tx.folder / f"{begin}.parquet"
            pq.write_table(_events(part, times[begin : part.stop], distinct), path, compression="zstd")
            digest, size = sha256_file(path)
            tx.adopt(path, File(events_path("windows/sysmon/1", f"p{begin:010}"), digest, size, len(part)))
        ids = [f"f{number:023}" for number in range(findings)]
        tx.write("findings", "findings", _findings(ids, times[:findings]))
        owners = [f"{number:016x}" for number in draw.integers(0, intrusions, findings)]
        steps = [{"intrusion_id": owner, "finding_id": one} for owner, one in zip(owners, ids, strict=True)]
        tx.write("steps", "link", pa.Table.from_pylist(steps, tables.STEPS))
        rows = [{"intrusion_id": owner} for owner in sorted(set(owners))]
        tx.write("intrusions", "link", pa.Table.from_pylist(rows, tables.INTRUSIONS))
    return root


def _id(number: int) -> str:
    return f"{number // 1000:016x}-{number}"


def _command(number: int, distinct: bool) -> str:
    if distinct:
        return (
            f"C:\\Temp\\x{number}q.exe -k word{number} C:\\Data\\f{number}.bin /x:{number}abc host{number}.example.org"
        )
    some = number % 500
    return (
        'net group "domain admins" /domain', "whoami /all", f"ping -n 1 srv{some}",
        f"C:\\PerfLogs\\r.exe a -hpx{some} -m5 -v200m C:\\PerfLogs\\w{some}.dat x",
    )[number % 4]  # fmt: skip


def _events(part: range, times: np.ndarray, distinct: bool) -> pa.Table:
    which = [number if distinct else number % 200 for number in part]
    fixed = pa.table(
        {
            "event_id": [_id(number) for number in part],
            "evidence_id": ["x"] * len(part),
            "kind": ["windows/sysmon/1"] * len(part),
            "time": pa.array(times, pa.int64()).cast(tables.TIME),
            "time_raw": pa.nulls(len(part), pa.string()),
            "host": [f"h{number % 1000}.corp.example" for number in part],
            "rest": pa.nulls(len(part), tables.PAIRS),
        }
    ).cast(tables.EVENTS)
    fields = {
        "Image": [f"C:\\Temp\\x{number}.exe" for number in which],
        "CommandLine": [_command(number, distinct) for number in part],
        "ParentImage": ["C:\\Windows\\System32\\cmd.exe"] * len(part),
        "OriginalFileName": ["x.exe"] * len(part),
        "Hashes": [f"MD5={number:032X},SHA256={number:064X}" for number in which],
    }
    for name, values in fields.items():
        fixed = fixed.append_column(name, pa.array(values).dictionary_encode())
    return fixed


def _findings(ids: list[str], times: np.ndarray) -> pa.Table:
    rules = [number % 50 for number in range(len(ids))]
    told = {
        "finding_id": ids,
        "rule_id": [f"r{rule}" for rule in rules],
        "rule_title": [f"r{rule}" for rule in rules],
        "level": ["high"] * len(ids),
        "techniques": [[f"T10{rule:02}"] for rule in rules],
        "tactics": [["execution"]] * len(ids),
        "event_id": [_id(number) for number in range(len(ids))],
        "kind": ["windows/sysmon/1"] * len(ids),
        "time": pa.array(times, pa.int64()).cast(tables.TIME),
        "host": [f"h{number % 1000}.corp.example" for number in range(len(ids))],
        "account": [f"CORP\\u{number % 300}" for number in range(len(ids))],
    }
    whole = {field.name: told.get(field.name, pa.nulls(len(ids), field.type)) for field in tables.FINDINGS}
    return pa.table(whole).cast(tables.FINDINGS)


if __name__ == "__main__":
    main()
