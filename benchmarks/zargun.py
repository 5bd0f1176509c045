"""The Python peer: zargunlite, with rules through pySigma's SQLite backend. Runs in the peer's own environment.

``python zargun.py convert RULES QUERIES`` converts; ``python zargun.py scan QUERIES WORKERS OUTPUT FILE...`` loads each
file into a table in memory and runs every query on it, in WORKERS processes, and writes one line per match.

Pipelines: ``sysmon`` and ``windows-logsources`` (categories to Sysmon's event ids, services to channels), as
Zircolite's own rule sets are made. As Zircolite does, the table has an index on EventID.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any


def convert(rules: str, queries: str) -> None:
    from sigma.backends.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_logsource_pipeline

    backend = sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline())
    out: list[dict[str, Any]] = []
    refused: list[tuple[str, str]] = []
    for path in sorted(Path(rules).rglob("*.yml")):
        try:
            found = backend.convert(SigmaCollection.from_yaml(path.read_text(encoding="utf-8")), "zircolite")
            out += json.loads(found) if isinstance(found, str) else found
        except Exception as error:  # noqa: BLE001  (whatever the peer does not support)
            refused.append((str(path), f"{type(error).__name__}: {error}"[:200]))
    Path(queries).write_text(json.dumps({"rules": out, "refused": refused}), encoding="utf-8")
    print(json.dumps({"queries": len(out), "refused": len(refused)}))


def scan(queries: str, workers: int, output: str, files: list[str]) -> None:
    # Largest first, so that no process is left alone with a large one at the end.
    largest = sorted(files, key=lambda path: -Path(path).stat().st_size)
    matches = 0
    with (
        multiprocessing.get_context("fork").Pool(workers, _load, (queries,)) as pool,
        Path(output).open("w", encoding="utf-8") as sink,
    ):
        for lines in pool.imap_unordered(_file, largest):
            matches += len(lines)
            sink.writelines(lines)
    print(matches)


_rules: list[Any] = []


def _load(queries: str) -> None:
    from zargunlite.model import ZircoliteRule

    known = {field.name for field in dataclasses.fields(ZircoliteRule)}
    for rule in json.loads(Path(queries).read_text(encoding="utf-8"))["rules"]:
        _rules.append(ZircoliteRule(**{name: value for name, value in rule.items() if name in known}))


def _file(path: str) -> list[str]:
    from zargunlite.core import ZargunCore
    from zargunlite.preprocess import flatten_json, mapping_field

    with Path(path).open("rb") as source:
        rows = [mapping_field(flatten_json(json.loads(line))) for line in source if line.strip()]
    out: list[str] = []
    with ZargunCore() as core:
        core.load_data(rows)
        core.create_index("EventID")
        for rule in _rules:
            for match in core.execute_zircolite_rule(rule).matches:
                out.append(json.dumps({"rule": rule.id, "file": path, "row": match["row_id"]}) + "\n")
    return out


if __name__ == "__main__":
    if sys.argv[1] == "convert":
        convert(sys.argv[2], sys.argv[3])
    else:
        scan(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
