"""What ``ringleader simulate`` costs: events a second, by the clock and by CPU, and memory against the years.

python benchmarks/simulate.py [--scale tiny] [--hosts 50] [--days 40 400 4000] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="tiny")
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--days", type=int, nargs="+", default=[0], help="one run for each; 0: those of the scale")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{measure.machine()}; simulate --scale {asked.scale} --seed {asked.seed}\n")
    rows = []
    for days in asked.days:
        folder = Path(tempfile.mkdtemp(prefix="simulate-"))
        changed = [
            str(each) for name, each in (("--hosts", asked.hosts), ("--days", days)) if each for each in (name, each)
        ]
        command = [sys.executable, "-m", "ringleader", "simulate", str(folder / "s"), "--scale", asked.scale]
        try:
            cost = measure.run(
                [*command, "--seed", str(asked.seed), *changed, "--json", "--quiet"],
                output=folder / "said",
                sample=True,
            )
            told = json.loads((folder / "said").read_text())
            size = sum(path.stat().st_size for path in (folder / "s").rglob("*") if path.is_file())
        finally:
            shutil.rmtree(folder)
        events = told["events"]
        rows.append([
            asked.hosts or "scale's", days or "scale's", f"{events:,}", f"{size / 1e6:,.0f}", f"{cost.wall:,.1f}",
            f"{cost.cpu:,.1f}", f"{events / cost.wall:,.0f}", f"{events / cost.cpu:,.0f}", f"{cost.peak / 1e6:,.0f}",
        ])  # fmt: skip
        measure.say(str(rows[-1]))
    head = ["hosts", "days", "events", "MB", "wall, s", "CPU, s", "events/s", "events/CPU s", "peak memory, MB"]
    print(measure.table(head, rows))


if __name__ == "__main__":
    main()
