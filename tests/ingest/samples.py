"""Small evidence, made on the spot, and engines that misbehave."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ringleader import scan
from ringleader.engines import Failure, Local
from ringleader.engines.progress import Silent
from ringleader.ingest import package as packages
from ringleader.ingest.limits import Limits
from ringleader.ingest.run import Summary, ingest
from ringleader.store import Store


def events(count: int, seed: int = 0) -> bytes:
    """JSON lines of Windows events of a few kinds; the last line is broken."""
    chance = random.Random(seed)
    lines = [
        json.dumps(
            {
                "EventID": chance.choice([1, 3, 4688]),
                "Channel": chance.choice(["Security", "Microsoft-Windows-Sysmon/Operational"]),
                "Hostname": f"ws{chance.randrange(3)}.example.org",
                "@timestamp": f"2021-03-0{1 + n % 9}T10:00:0{n % 10}.{seed:03}Z",
                "Image": f"C:\\tools\\{chance.randrange(99)}.exe",
                "Number": n,
            }
        )
        for n in range(count)
    ]
    return "\n".join([*lines, '{"EventID": 1, "Channel"', ""]).encode()


def folder(root: Path, files: int = 12, count: int = 20) -> Path:
    for number in range(files):
        path = root / f"sub{number % 3}" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(events(count, number))
    return root


def run(case: Path, *inputs: Path, engine: Any = None, limits: Limits | None = None) -> tuple[Store, Summary]:
    store = Store.open(case, create=True)
    summary = ingest(store, inputs, engine=engine or Local(1), progress=Silent(), limits=limits)
    assert store.verify() == []
    return store, summary


def state(store: Store) -> dict[str, str]:
    """Every file of the store and its hash."""
    from ringleader.schema import tables

    return {entry.path: entry.sha256 for table in tables.ALL for entry in store.entries(table)}


def rejected(store: Store) -> list[tuple[str, str]]:
    """(last part of the path, code) of rejects that concern whole files."""
    rows = store.read("rejects").to_pylist()
    return sorted((row["path"].rpartition("/")[2], row["code"]) for row in rows if row["offset"] == -1)


class Sabotaged(Local):
    """Parsing and scanning go wrong for evidence that holds one of the words of :func:`sabotage`."""

    def map(
        self, kernel: Callable[[Any], Any], units: Iterable[Any], **limits: Any
    ) -> Iterator[tuple[Any, Any | Failure]]:
        return super().map({packages.parse: parse, scan._work: match}.get(kernel, kernel), units, **limits)


def match(unit: scan.Work) -> scan.Answer:
    sabotage(Path(unit.piece.evidence.path).read_bytes())
    return scan._work(unit)


def parse(package: packages.Package) -> packages.Parsed:
    for part in package.parts:
        content = Path(part.evidence.path).read_bytes()
        if part.units:
            content = content[part.units[0].start : part.units[-1].end]
        sabotage(content)
    return packages.parse(package)


def sabotage(content: bytes) -> None:
    if b"DIE-HERE" in content:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"HANG-HERE" in content:
        time.sleep(600)
    if b"EAT-HERE" in content:
        print(len(b"x" * (8 << 30)))
    if b"RAISE-HERE" in content:
        raise ValueError("not foreseen")


def main() -> None:
    """For subprocesses: CASE PACKAGE INPUT..."""
    import sys

    run(Path(sys.argv[1]), *map(Path, sys.argv[3:]), engine=Local(2), limits=Limits(package=int(sys.argv[2])))


if __name__ == "__main__":
    main()
