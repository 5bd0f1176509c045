"""Time until all of SigmaHQ is ready: compiled for the first time, and from what was kept; the peers beside it."""

from __future__ import annotations

import argparse
import shutil
import sys

import corpus
import measure
from scan import HERE, PIPELINE, rsigma, zargunlite

LOAD = """
import sys, pathlib
from ringleader.detect import ruleset
found, _ = ruleset.load([pathlib.Path(sys.argv[1])], cache=pathlib.Path(sys.argv[2]))
"""
PLANS = f"""{LOAD}
matcher = found.matcher()
for kind in sorted({{kind for entry in found.entries for kind in entry.kinds}}):
    matcher.plan(kind)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    asked = parser.parse_args()
    rules, kept = corpus.all_rules(), corpus.CACHE / "kept-rules"
    ours = [str(rules), str(kept)]
    turns = [
        measure.Contestant(
            "ringleader, first time: parse, compile, keep",
            [sys.executable, "-c", LOAD, *ours],
            prepare=lambda: shutil.rmtree(kept, ignore_errors=True),
        ),
        measure.Contestant("ringleader, kept rules", [sys.executable, "-c", LOAD, *ours]),
        measure.Contestant("ringleader, kept rules, plans for all kinds built", [sys.executable, "-c", PLANS, *ours]),
        measure.Contestant(
            "(of these: Python and imports)", [sys.executable, "-c", "import ringleader.detect.ruleset"]
        ),
    ]
    if (python := zargunlite()) is not None:
        queries = str(corpus.CACHE / "all-queries.json")
        turns.append(
            measure.Contestant(
                "pySigma to SQLite, what zargunlite runs on",
                [python, str(HERE / "zargun.py"), "convert", str(rules), queries],
            )
        )
        turns.append(
            measure.Contestant(
                "zargunlite, converted rules", [python, "-c", "import json, sys; json.load(open(sys.argv[1]))", queries]
            )
        )
    if (binary := rsigma()) is not None:
        command = [binary, "engine", "eval", "-r", str(rules), "-p", PIPELINE, "-q", "-e", '{"EventID": 0}']
        turns.append(measure.Contestant("rsigma, each time: parse, compile", command))
    measure.take_turns(turns, asked.times)
    rows = [
        (
            each.name,
            measure.spread([cost.wall for cost in each.costs]),
            measure.spread([cost.cpu for cost in each.costs]),
        )
        for each in turns
    ]
    count = sum(1 for _ in rules.rglob("*.yml"))
    text = f"### Rules ready\n\n{count:,} rules of SigmaHQ; {measure.machine()}\n\n"
    text += measure.table(("", "wall s", "CPU s"), rows)
    measure.report("rules", text, [[each.name, [[c.wall, c.cpu] for c in each.costs]] for each in turns], corpus.CACHE)


if __name__ == "__main__":
    main()
