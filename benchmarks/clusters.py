"""Campaigns on simulated operators: what clustering makes of them, over seeds.

    clusters.py make --out DIR --seeds 1-20 [--coincidental]   simulate, hunt, and lay the case out twice
    clusters.py fit --out DIR --seeds 100-109                  write cluster/calibration.json
    clusters.py report --out DIR --seeds 1-20                  the figures

Each operator is hunted once. Beside the case as it is, a second one is made in which the intrusions are the true ones (the
true findings, grouped by the truth): there clustering is measured without what the linker did before it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from ringleader.scenario import truth as truths
from ringleader.scenario.scores.matched import match
from ringleader.schema import tables
from ringleader.store import Store

STAGES = ("ingest", "detect", "link", "profile")


def make(out: Path, seed: int, coincidental: bool) -> None:
    """One operator: ``linked`` is the case as it is, ``true`` the one with the true intrusions."""
    folder = place(out, seed, coincidental)
    if (folder / "done").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    ringleader("simulate", folder / "made", "--seed", seed, *(["--coincidental"] if coincidental else []), "--quiet")
    case = folder / "linked"
    shutil.move(folder / "made" / "alpha" / "case", case)
    ringleader("ingest", case, folder / "made" / "alpha" / "evidence", "--quiet")
    for stage in STAGES[1:]:
        ringleader(stage, case, "--quiet")
    shutil.move(folder / "made" / "truth" / "alpha", folder / "truth")
    shutil.rmtree(folder / "made")
    shutil.copytree(case, folder / "true", copy_function=_link)
    for name in ("manifest.jsonl", "lock"):
        if (source := case / "store" / name).exists():
            (folder / "true" / "store" / name).unlink()
            shutil.copy(source, folder / "true" / "store" / name)
    true_intrusions(folder)
    ringleader("profile", folder / "true", "--quiet")
    (folder / "done").touch()


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def true_intrusions(folder: Path) -> None:
    """Replace the intrusions of ``true`` by those of the truth, each with all of its findings."""
    store = Store.open(folder / "true")
    matched = match(store, truths.read(folder / "truth"))
    findings = store.read("findings").to_pylist()
    members: dict[int, list[dict]] = {}
    for row, number in zip(findings, matched.intrusion.tolist(), strict=True):
        if number >= 0:
            members.setdefault(number, []).append(row)
    intrusions, steps = [], []
    for number, rows in sorted(members.items()):
        rows.sort(key=lambda row: (row["time"], row["finding_id"]))
        name = f"{number:016x}"
        intrusions.append(
            {
                "intrusion_id": name, "first_time": rows[0]["time"], "last_time": rows[-1]["time"],
                "hosts": list(dict.fromkeys(row["host"] for row in rows if row["host"])),
                "accounts": list(dict.fromkeys(row["account"] for row in rows if row["account"])),
                "tactics": [], "techniques": [], "findings": len(rows), "level": "high", "score": 1.0,
            }
        )  # fmt: skip
        steps += [
            {"intrusion_id": name, "finding_id": row["finding_id"], "entity_kind": "truth", "entity": "",
             "joined_to": None, "weight": None}
            for row in rows
        ]  # fmt: skip
    with store.transaction() as tx:
        for table, rows in (("intrusions", intrusions), ("steps", steps)):
            tx.drop_table(table)
            tx.write(table, "truth", pa.Table.from_pylist(rows, tables.ALL[table]))


def place(out: Path, seed: int, coincidental: bool) -> Path:
    return out / f"{seed:03}-{'coincidental' if coincidental else 'coordinated'}"


def ringleader(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "ringleader", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def seeds(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--coincidental", action="store_true")
    given = parser.parse_args()
    for seed in seeds(given.seeds):
        if given.what == "make":
            make(given.out, seed, given.coincidental)
            print(seed, flush=True)


if __name__ == "__main__":
    main()
