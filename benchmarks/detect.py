"""``ringleader detect`` over stored events with a rule set that they have not seen: a retro-hunt.

The bar: 400,000 events per second of wall time in two processes.
"""

from __future__ import annotations

import argparse
import shutil

import corpus
import measure
from scan import one_event, ringleader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="repetitions")
    parser.add_argument("--megabytes", type=float, help="MB of recordings; default: all")
    parser.add_argument("--workers", type=int, default=measure.cores())
    asked = parser.parse_args()
    files = corpus.recordings(asked.megabytes)
    case, small = corpus.CACHE / "case-detect", corpus.CACHE / "case-one-event"
    for folder, evidence in ((case, files), (small, [one_event()])):
        shutil.rmtree(folder, ignore_errors=True)
        measure.run([ringleader(), "ingest", str(folder), *map(str, evidence), "--quiet"])
    from ringleader.store import Store

    events = sum(entry.rows for entry in Store.open(case).entries("events"))
    turns = []
    for name, rules in (("all of SigmaHQ", corpus.all_rules()), ("SigmaHQ for Windows", corpus.rules())):
        for where, folder in (("one event", small), (f"{events:,} events", case)):
            command = [ringleader(), "detect", str(folder), "--rules", str(rules), "--no-builtin", "--quiet"]
            turns.append(measure.Contestant(f"{name}, {where}", [*command, "--workers", str(asked.workers)]))
    measure.take_turns(turns, 1)  # compiles the rules
    for each in turns:
        each.costs.clear()
    measure.take_turns(turns, asked.times)
    rows = []
    for start, full in zip(turns[::2], turns[1::2], strict=True):
        rows.append(
            (
                full.name,
                measure.spread([cost.wall for cost in full.costs]),
                measure.spread([cost.cpu for cost in full.costs]),
                f"{events / full.wall:,.0f}",
                f"{start.wall:.2f} / {start.cpu:.2f}",
                f"{events / (full.wall - start.wall):,.0f}",
                f"{events / (full.cpu - start.cpu):,.0f}",
            )
        )
    head = (
        "rules",
        "wall s",
        "CPU s",
        "events/s wall",
        "start-up, wall / CPU s",
        "events/s wall without start-up",
        "events per CPU s without start-up",
    )
    text = (
        f"### detect over stored events, {asked.workers} workers\n\n{measure.machine()}\n\n{measure.table(head, rows)}"
    )
    measure.report("detect", text, [[each.name, [[c.wall, c.cpu] for c in each.costs]] for each in turns], corpus.CACHE)


if __name__ == "__main__":
    main()
