"""``ringleader scan`` beside its peers and beside the limit: same recordings, same rules, same number of processes.

``python scan.py`` runs two comparisons: all engines on a part of the flat recordings (the Python peer takes minutes for
it), and all but the Python peer on all of them. ``--megabytes`` and ``--times`` make it shorter.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus
import measure

HERE = Path(__file__).resolve().parent
OUT = corpus.CACHE / "out"
PIPELINE = "sysmon"
LIMIT = "orjson.loads alone"


@dataclass(frozen=True, slots=True)
class Engine:
    """``start`` is the same as ``command`` on one event. ``counted``: files that it writes, a match in each line."""

    name: str
    command: Sequence[str]
    start: Sequence[str]
    counted: Sequence[Path] = ()


def ringleader() -> str:
    found = Path(sys.executable).with_name("ringleader")
    return str(found) if found.exists() else shutil.which("ringleader") or "ringleader"


def rsigma() -> str | None:
    found = os.environ.get("RSIGMA") or shutil.which("rsigma") or str(Path.home() / ".cargo" / "bin" / "rsigma")
    return found if Path(found).exists() else None


def zargunlite() -> str | None:
    """The Python of an environment with zargunlite, pysigma-backend-sqlite and the sysmon and windows pipelines."""
    found = os.environ.get("ZARGUNLITE_PYTHON") or sys.executable
    asked = [
        found,
        "-c",
        "import zargunlite.core, sigma.backends.sqlite, sigma.pipelines.sysmon, sigma.pipelines.windows",
    ]
    return found if subprocess.run(asked, capture_output=True, check=False).returncode == 0 else None


def ours(files: Sequence[Path], rules: Path, workers: int, tag: str) -> Engine:
    target = OUT / f"ringleader-{tag}.jsonl"

    def command(chosen: Sequence[Path]) -> list[str]:
        options = ["--rules", str(rules), "--no-builtin", "--min-level", "informational", "--quiet"]
        shape = ["--format", "jsonl", "--output", str(target), "--workers", str(workers)]
        return [ringleader(), "scan", *map(str, chosen), *options, *shape]

    return Engine("ringleader", command(files), counted=[target], start=command([one_event()]))


def theirs_rust(files: Sequence[Path], rules: Path, workers: int, tag: str) -> Engine | None:
    binary = rsigma()
    if binary is None:
        measure.say("rsigma was not found (RSIGMA, PATH): not compared. cargo install --locked rsigma")
        return None
    parts = corpus.joined(list(files), workers)
    targets = [OUT / f"rsigma-{tag}-{number + 1}-of-{workers}.ndjson" for number in range(workers)]

    def command(chosen: Sequence[Path]) -> list[str]:
        evals = [
            f"'{binary}' engine eval -r '{rules}' -p {PIPELINE} --input-format json --output-format ndjson -q"
            f" -e '@{part}' > '{target}' &"
            for part, target in zip(chosen, targets, strict=False)
        ]
        return ["sh", "-c", " ".join([*evals, "wait"])]

    name = f"rsigma, {workers} process{'es' if workers > 1 else ''}"
    return Engine(name, command(parts), counted=targets, start=command([one_event()]))


def theirs_python(files: Sequence[Path], rules: Path, workers: int, tag: str) -> Engine | None:
    python = zargunlite()
    if python is None:
        measure.say("zargunlite was not found (ZARGUNLITE_PYTHON): not compared. See benchmarks/README.md")
        return None
    queries = corpus.CACHE / f"{rules.name}-queries.json"
    if not queries.exists():
        measure.run([python, str(HERE / "zargun.py"), "convert", str(rules), str(queries)])
    target = OUT / f"zargunlite-{tag}.jsonl"

    def command(chosen: Sequence[Path]) -> list[str]:
        return [python, str(HERE / "zargun.py"), "scan", str(queries), str(workers), str(target), *map(str, chosen)]

    return Engine("zargunlite", command(files), counted=[target], start=command([one_event()]))


def limits(files: Sequence[Path], workers: int) -> list[Engine]:
    def command(chosen: Sequence[Path], keep: str) -> list[str]:
        return [sys.executable, str(HERE / "limit.py"), str(workers), keep, *map(str, chosen)]

    names = {"0": LIMIT, "1": f"{LIMIT}, events kept by the block"}
    return [Engine(name, command(files, keep), start=command([one_event()], keep)) for keep, name in names.items()]


def one_event() -> Path:
    path = corpus.CACHE / "one-event.json"
    if not path.exists():
        with corpus.recordings(flat=True)[0].open("rb") as source:
            path.write_bytes(source.readline())
    return path


def compare(
    title: str, engines: Sequence[Engine | None], files: list[Path], times: int
) -> tuple[str, dict[str, object]]:
    """Take turns, and the table of what it gave."""
    OUT.mkdir(parents=True, exist_ok=True)
    there = [engine for engine in engines if engine is not None]
    events, size = corpus.events(files), corpus.size(files)
    measure.say(f"{title}: {len(files)} files, {size / 1e6:,.0f} MB, {events:,} events")
    # The first run of each fills caches (rules compiled, files in memory) and is not counted.
    starts = [measure.Contestant(f"{each.name}, start", each.start) for each in there]
    measure.take_turns(starts, times)
    entries = [measure.Contestant(each.name, each.command) for each in there]
    measure.take_turns(entries, times)
    base = next((entry for entry in entries if entry.name == LIMIT), None)
    rows, figures = [], []
    for engine, entry, start in zip(there, entries, starts, strict=True):
        walls = [events / cost.wall for cost in entry.costs]
        net = entry.cpu - start.cpu
        matches = sum(sum(1 for _ in path.open("rb")) for path in engine.counted)
        ratio = entry.cpu / base.cpu if base else float("nan")
        rows.append(
            (
                entry.name,
                measure.spread(walls, 0),
                measure.spread([cost.cpu for cost in entry.costs]),
                f"{start.cpu:.2f}",
                f"{ratio:.2f}",
                f"{events / net:,.0f}" if net > 0 else "",
                f"{matches:,}" if engine.counted else "",
            )
        )
        figures.append(
            {"engine": entry.name, "matches": matches, "start_cpu": start.cpu, "ratio": ratio}
            | {"wall": [cost.wall for cost in entry.costs], "cpu": [cost.cpu for cost in entry.costs]}
        )
    head = (
        "engine",
        "events/s wall",
        "CPU s",
        "of these start-up",
        "CPU, times the limit",
        "events per CPU s net",
        "matches",
    )
    text = f"### {title}\n\n{len(files)} files, {size / 1e6:,.0f} MB, {events:,} events; {measure.machine()}\n\n"
    return text + measure.table(head, rows), {"title": title, "events": events, "bytes": size, "engines": figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--part", type=float, default=100, help="MB for the comparison with the Python peer; 0: none")
    parser.add_argument("--megabytes", type=float, help="MB for the other comparisons; default: all")
    parser.add_argument("--workers", type=int, default=measure.cores())
    asked = parser.parse_args()
    results = []
    rules, more = corpus.rules(), corpus.with_correlations()
    if asked.part:
        files = corpus.recordings(asked.part, flat=True)
        engines = [
            *limits(files, asked.workers),
            ours(files, rules, asked.workers, "part"),
            theirs_rust(files, rules, 1, "part"),
            theirs_rust(files, rules, asked.workers, "part"),
            theirs_python(files, rules, asked.workers, "part"),
        ]
        results.append(compare("A part of the flat recordings, all peers", engines, files, asked.times))
    files = corpus.recordings(asked.megabytes, flat=True)
    engines = [
        *limits(files, asked.workers),
        ours(files, more, asked.workers, "flat"),
        theirs_rust(files, more, 1, "flat"),
        theirs_rust(files, more, asked.workers, "flat"),
    ]
    results.append(compare("All flat recordings, with keyword and correlation rules", engines, files, asked.times))
    files = corpus.recordings(asked.megabytes)
    engines = [*limits(files, asked.workers), ours(files, more, asked.workers, "all")]
    results.append(compare("All recordings, Winlogbeat's too", engines, files, asked.times))
    measure.report("scan", "\n\n".join(text for text, _ in results), [data for _, data in results], corpus.CACHE)


if __name__ == "__main__":
    main()
