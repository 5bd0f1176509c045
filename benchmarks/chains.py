"""What the rules find of simulated actors, over seeds: simulate, hunt and score each, and put the figures side by side.

    python benchmarks/chains.py --seeds 1 2 3 [--scale tiny] [--rules SIGMA.zip]

With ``--rules``, each seed is hunted twice: with the built-in rules alone, and with those as well.

The built-in pack was written beside these actors (seeds 1 to 6), and the parameters of the analytics were chosen on
seeds 100 to 109: recall says that each chain is covered, not how much of an unknown actor would be seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def ringleader(*arguments: object) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "ringleader", *map(str, arguments), "--quiet"], check=True, capture_output=True
    )
    return json.loads(done.stdout) if "--json" in arguments else None


Sections = dict[str, Any]


def told(seed: int, scale: str, rules: list[Path]) -> list[Sections]:
    """The sections of ``score`` for one seed: with the built-in rules, and with ``rules`` as well where there are any.
    ``simulate`` is added to them: events and seconds."""
    folder = Path(tempfile.mkdtemp(prefix="chains-"))
    try:
        begun = time.monotonic()
        events = ringleader("simulate", folder / "s", "--scale", scale, "--seed", seed, "--json")["events"]
        seconds = time.monotonic() - begun
        case, evidence = folder / "s" / "alpha" / "case", folder / "s" / "alpha" / "evidence"
        found = []
        for chosen in [["builtin"], ["builtin", *rules]] if rules else [["builtin"]]:
            ringleader("hunt", case, evidence, *(item for name in chosen for item in ("--rules", name)))
            ringleader("score", case, folder / "s" / "truth" / "alpha")
            sections: Sections = json.loads((case / "reports" / "score.json").read_text())["sections"]
            found.append(sections | {"simulate": {"events": events, "seconds": seconds}})
        return found
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 21)))
    parser.add_argument("--scale", default="tiny")
    parser.add_argument("--rules", type=Path, action="append", default=[])
    asked = parser.parse_args()
    tables: dict[str, dict[str, list[float]]] = {}
    for seed in asked.seeds:
        for name, sections in zip(
            ["built-in rules", "and " + ", ".join(path.name for path in asked.rules)],
            told(seed, asked.scale, asked.rules),
            strict=False,
        ):
            row = figures(sections)
            for figure, value in row.items():
                tables.setdefault(name, {}).setdefault(figure, []).append(value)
            print(seed, name, {figure: round(value, 4) for figure, value in row.items()}, file=sys.stderr, flush=True)
    for name, columns in tables.items():
        print(f"{name}, {len(asked.seeds)} seeds, scale {asked.scale}\n")
        print("| figure | median | least | greatest |\n| --- | --- | --- | --- |")
        for figure, values in columns.items():
            print(f"| {figure} | {statistics.median(values):,.4g} | {min(values):,.4g} | {max(values):,.4g} |")
        print()


def figures(sections: Sections) -> dict[str, float]:
    """What is told of a seed; figures that are not there are left out."""
    techniques, findings = (sections[name]["figures"] for name in ("techniques", "findings"))
    linking = sections["linking"]["figures"]
    row: dict[str, float | None] = {
        "events": sections["simulate"]["events"],
        "seconds to simulate": sections["simulate"]["seconds"],
        "step recall": techniques["everything"]["step_recall"],
        "technique recall": techniques["everything"]["technique_recall"],
    }
    for level in findings["levels"]:
        row[f"false per host-day, {level['level']}"] = level["false_per_host_day"]
    row["B-cubed F1 by intrusion"] = linking["by_intrusion"]["bcubed_f1"]
    for kind in ("precision", "recall", "f1"):
        row[f"B-cubed {kind} by actor"] = linking["by_actor"][f"bcubed_{kind}"]
    true = [actor for actor in linking["actors"] if not actor["decoy"]]
    row["found steps in intrusions of their actor only"] = sum(actor["alone"] for actor in true) / max(
        sum(actor["found"] for actor in true), 1
    )
    row["intrusions with no actor"] = linking["false"]
    row["intrusions of several actors"] = len(linking["merged"])
    campaigns, like = (sections[name]["figures"] for name in ("clustering", "attribution"))
    if campaigns:
        row["campaigns, B-cubed F1"] = campaigns["agreement"]["bcubed_f1"]
        row["every intrusion a campaign, B-cubed F1"] = campaigns["alone"]["bcubed_f1"]
        row["campaigns of several actors"] = len(campaigns["false_merges"])
    if like:
        row["unknown first, of actors that imitate nobody"] = like["unknown_right"]
        row["the group first, of actors that imitate one"] = like["top1"]
    for what, found in (sections["assessment"]["figures"] or {}).items():
        row[f"{what}, precision"] = found["precision"]
        row[f"{what}, recall"] = found["recall"]
    for actor in techniques["actors"]:
        row[f"steps of {actor['actor']} found"] = actor["recall"]["step_recall"]
    return {name: value for name, value in row.items() if value is not None}


if __name__ == "__main__":
    main()
