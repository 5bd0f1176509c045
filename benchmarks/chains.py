"""What the rules find of simulated actors, over seeds: simulate, hunt and score each, and put the figures side by side.

    python benchmarks/chains.py --seeds 1 2 3 [--scale tiny] [--rules SIGMA.zip] [--found]

With ``--rules``, each seed is hunted twice: with the built-in rules alone, and with those as well. ``--found`` stops
where findings are made. On even seeds the actors have a common tasking, on odd ones they meet by chance.

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


def told(seed: int, scale: str, rules: list[Path], found_only: bool) -> list[Sections]:
    """The sections of ``score`` for one seed: with the built-in rules, and with ``rules`` as well where there are any.
    ``simulate`` is added to them: events and seconds."""
    folder = Path(tempfile.mkdtemp(prefix="chains-"))
    try:
        begun = time.monotonic()
        way = "--coincidental" if seed % 2 else "--coordinated"
        events = ringleader("simulate", folder / "s", "--scale", scale, "--seed", seed, way, "--json")["events"]
        seconds = time.monotonic() - begun
        case, evidence = folder / "s" / "alpha" / "case", folder / "s" / "alpha" / "evidence"
        found = []
        for chosen in [["builtin"], ["builtin", *rules]] if rules else [["builtin"]]:
            given = [item for name in chosen for item in ("--rules", name)]
            if found_only:
                ringleader("ingest", case, evidence)
                ringleader("detect", case, *given)
            else:
                ringleader("hunt", case, evidence, *given)
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
    parser.add_argument("--found", action="store_true", help="detect, and leave linking and all that follows")
    asked = parser.parse_args()
    tables: dict[str, dict[str, list[float]]] = {}
    sums: dict[str, Counts] = {}
    for seed in asked.seeds:
        for name, sections in zip(
            ["built-in rules", "and " + ", ".join(path.name for path in asked.rules)],
            told(seed, asked.scale, asked.rules, asked.found),
            strict=False,
        ):
            row = figures(sections)
            add(sums.setdefault(name, {}), sections)
            for figure, value in row.items():
                tables.setdefault(name, {}).setdefault(figure, []).append(value)
            print(seed, name, {figure: round(value, 4) for figure, value in row.items()}, file=sys.stderr, flush=True)
    for name, columns in tables.items():
        print(f"{name}, {len(asked.seeds)} seeds, scale {asked.scale}\n")
        print("| figure | median | least | greatest |\n| --- | --- | --- | --- |")
        for figure, values in columns.items():
            print(f"| {figure} | {statistics.median(values):,.4g} | {min(values):,.4g} | {max(values):,.4g} |")
        print("\nsummed over the seeds\n\n| what | of | right | share |\n| --- | --- | --- | --- |")
        for what, (right, of) in sums[name].items():
            print(f"| {what} | {of} | {right} | {right / max(of, 1):.3f} |")
        print()


Counts = dict[str, tuple[int, int]]
"""How many were right, and of how many."""


def add(counts: Counts, sections: Sections) -> None:
    """What a median over seeds would hide: of few things in each, some."""

    def count(what: str, right: int, of: int) -> None:
        before = counts.get(what, (0, 0))
        counts[what] = (before[0] + right, before[1] + of)

    if linking := sections["linking"]["figures"]:
        for actor in linking["actors"]:
            count(f"found steps of {actor['actor']} in intrusions of its own", actor["alone"], actor["found"])
        count("intrusions with an actor", linking["intrusions"] - linking["false"], linking["intrusions"])
        count("intrusions of one actor", linking["intrusions"] - len(linking["merged"]), linking["intrusions"])
    if campaigns := sections["clustering"]["figures"]:
        count("campaigns of one actor", campaigns["campaigns"] - len(campaigns["false_merges"]), campaigns["campaigns"])
    for campaign in (sections["attribution"]["figures"] or {"campaigns": ()})["campaigns"]:
        known = "a group that is imitated" if campaign["right"] != "unknown" else "none of the groups"
        count(f"first: {known}", campaign["top"] == campaign["right"], 1)
    for what, found in (sections["assessment"]["figures"] or {}).items():
        count(f"{what}, precision", found["right"], found["claimed"])
        count(f"{what}, recall", found["right"], found["true"])


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
    if linking:
        row["B-cubed F1 by intrusion"] = linking["by_intrusion"]["bcubed_f1"]
        for kind in ("precision", "recall", "f1"):
            row[f"B-cubed {kind} by actor"] = linking["by_actor"][f"bcubed_{kind}"]
        for actor in linking["actors"]:
            row[f"steps of {actor['actor']} in intrusions of its own"] = actor["share"]
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
