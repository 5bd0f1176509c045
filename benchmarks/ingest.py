"""``ringleader ingest`` beside the limit (JSON lines) and beside the ``evtx`` package alone (EVTX)."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import corpus
import measure
from scan import HERE, LIMIT, limits, one_event, ringleader

CASE = corpus.CACHE / "case-ingest"


def compare(title: str, contestants: list[measure.Contestant], files: list[Path], events: int, times: int) -> str:
    measure.take_turns(contestants, times)
    base = contestants[0]
    rows = [
        (
            each.name,
            measure.spread([events / cost.wall for cost in each.costs], 0),
            measure.spread([cost.cpu for cost in each.costs]),
            f"{each.cpu / base.cpu:.2f}",
        )
        for each in contestants
    ]
    head = ("", "events/s wall", "CPU s", "CPU, times the first line")
    text = f"### {title}\n\n{len(files)} files, {corpus.size(files) / 1e6:,.0f} MB, {events:,} events"
    text += f"; {measure.machine()}\n\n"
    return text + measure.table(head, rows)


def ingest(files: list[Path], workers: int, name: str = "ringleader ingest") -> measure.Contestant:
    command = [ringleader(), "ingest", str(CASE), *map(str, files), "--quiet", "--workers", str(workers)]
    return measure.Contestant(name, command, prepare=lambda: shutil.rmtree(CASE, ignore_errors=True))


def stored() -> int:
    from ringleader.store import Store

    return sum(entry.rows for entry in Store.open(CASE).entries("events"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--megabytes", type=float, help="MB of recordings; default: all")
    parser.add_argument("--workers", type=int, default=measure.cores())
    asked = parser.parse_args()
    texts = []
    files = corpus.recordings(asked.megabytes)
    bare = [measure.Contestant(each.name, each.command) for each in limits(files, asked.workers)]
    assert bare[0].name == LIMIT
    start = ingest([one_event()], asked.workers, "ringleader ingest, one event")
    turns = [*bare, start, ingest(files, asked.workers)]
    texts.append(compare("JSON lines", turns, files, corpus.events(files), asked.times))
    texts[-1] += f"\n\n{stored():,} events stored"
    counted = corpus.CACHE / "evtx-records.txt"
    for title, files in (("EVTX, small files", corpus.evtx()), ("EVTX, large files", corpus.large_evtx())):
        alone = [sys.executable, str(HERE / "evtx_alone.py"), str(asked.workers), *map(str, files)]
        start = ingest(corpus.evtx()[:1], asked.workers, "ringleader ingest, one file")
        turns = [measure.Contestant("evtx alone", alone, counted), start, ingest(files, asked.workers)]
        measure.run(alone, output=counted)
        texts.append(compare(title, turns, files, int(counted.read_text()), asked.times))
        texts[-1] += f"\n\n{stored():,} events stored"
    measure.report("ingest", "\n\n".join(texts), [], corpus.CACHE)


if __name__ == "__main__":
    main()
