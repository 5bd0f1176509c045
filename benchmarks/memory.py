"""Peak memory of all processes of ``ingest``, ``detect`` and ``scan`` with the evidence once and ten times.

Sum of the proportional set sizes of the process tree, every 50 ms. The bars: at most 1.2 times as much, under 1.5 GB.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import corpus
import measure
from scan import OUT, ringleader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2, help="repetitions; the largest counts")
    parser.add_argument("--megabytes", type=float, default=250, help="MB of recordings to begin with")
    parser.add_argument("--workers", type=int, default=measure.cores())
    asked = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    base = corpus.recordings(asked.megabytes, flat=True)
    amounts = {"1": corpus.copies(base, 1), "10": corpus.copies(base, 10)}
    rules = ["--rules", str(corpus.rules()), "--no-builtin"]
    more = ["--quiet", "--workers", str(asked.workers)]
    rows, figures = [], []
    for verb in ("scan", "ingest", "detect"):
        peaks: dict[str, int] = {}
        for amount, files in amounts.items():
            case = corpus.CACHE / f"case-memory-{amount}"
            commands = {
                "scan": ["scan", *map(str, files), *rules, "--format", "jsonl", "--output", str(OUT / "memory.jsonl")],
                "ingest": ["ingest", str(case), *map(str, files)],
                "detect": ["detect", str(case), *rules],
            }
            peaks[amount] = max(_peak(commands[verb] + more, case, verb) for _ in range(asked.times))
            measure.say(f"{verb} {amount}x: {peaks[amount] / 1e6:,.0f} MB")
        ratio = peaks["10"] / peaks["1"]
        rows.append((verb, f"{peaks['1'] / 1e6:,.0f}", f"{peaks['10'] / 1e6:,.0f}", f"{ratio:.2f}"))
        figures.append({"verb": verb, **peaks})
    sizes = " and ".join(f"{corpus.size(files) / 1e6:,.0f} MB" for files in amounts.values())
    head = ("", "evidence once: peak MB", "ten times: peak MB", "times")
    text = f"### Peak memory, {asked.workers} workers\n\n{sizes} of JSON lines; {measure.machine()}\n\n"
    measure.report("memory", text + measure.table(head, rows), figures, corpus.CACHE)
    shutil.rmtree(corpus.CACHE / "copies", ignore_errors=True)


def _peak(command: list[str], case: Path, verb: str) -> int:
    if verb == "ingest":
        shutil.rmtree(case, ignore_errors=True)
    return measure.run([ringleader(), *command], sample=True).peak


if __name__ == "__main__":
    main()
