"""What the rules find of simulated actors, over seeds: simulate, hunt and score each, and put the figures side by side.

    python benchmarks/chains.py --seeds 1 2 3 [--scale tiny] [--rules SIGMA.zip]

The built-in pack was written beside these actors (seeds 1 to 6): its recall says that each chain is covered, not how
much of an unknown actor would be seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def ringleader(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "ringleader", *map(str, arguments), "--quiet"], check=True, capture_output=True
    )


def told(seed: int, scale: str, rules: list[Path]) -> dict[str, Any]:
    """The sections of ``score`` for one seed."""
    folder = Path(tempfile.mkdtemp(prefix="chains-"))
    try:
        ringleader("simulate", folder / "s", "--scale", scale, "--seed", seed)
        case = folder / "s" / "alpha" / "case"
        chosen = [item for path in rules for item in ("--rules", path)]
        ringleader("hunt", case, folder / "s" / "alpha" / "evidence", *chosen)
        ringleader("score", case, folder / "s" / "truth" / "alpha")
        found: dict[str, Any] = json.loads((case / "reports" / "score.json").read_text())["sections"]
        return found
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 21)))
    parser.add_argument("--scale", default="tiny")
    parser.add_argument("--rules", type=Path, action="append", default=[])
    asked = parser.parse_args()
    actors: dict[str, list[float]] = {}
    columns: dict[str, list[float]] = {}
    for seed in asked.seeds:
        sections = told(seed, asked.scale, asked.rules)
        techniques, findings = (sections[name]["figures"] for name in ("techniques", "findings"))
        linking = sections["linking"]["figures"]
        for actor in techniques["actors"]:
            actors.setdefault(actor["actor"], []).append(actor["recall"]["step_recall"])
        row = {"step recall": techniques["everything"]["step_recall"]}
        row["technique recall"] = techniques["everything"]["technique_recall"]
        for level in findings["levels"]:
            row[f"false per host-day, {level['level']}"] = level["false_per_host_day"]
        row["B-cubed F1 by intrusion"] = linking["by_intrusion"]["bcubed_f1"]
        row["intrusions with no actor"] = linking["false"]
        row["intrusions of several actors"] = len(linking["merged"])
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
        print(seed, {name: round(value, 4) for name, value in row.items()}, file=sys.stderr)
    print("| figure | median | least | greatest |\n| --- | --- | --- | --- |")
    for name, values in [*columns.items(), *((f"steps of {actor} found", values) for actor, values in actors.items())]:
        there = [value for value in values if value is not None]
        if there:
            print(f"| {name} | {statistics.median(there):.4f} | {min(there):.4f} | {max(there):.4f} |")


if __name__ == "__main__":
    main()
