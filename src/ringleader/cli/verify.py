"""``ringleader verify``: is everything still what it was when it was read and written?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ringleader.cli import options, screen

if TYPE_CHECKING:
    from ringleader.engines.progress import Progress
    from ringleader.store import Difference, Store


def verify(case: options.CasePath, as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    from ringleader.case import Case
    from ringleader.errors import CheckFailed
    from ringleader.store import Store

    Case.open(case)
    store = Store.open(case)
    with screen.Progress() as progress:
        tables = store.verify()
        evidence = list(changed_evidence(store, progress))
    # Evidence may have been moved away since: that is told, but is no fault.
    wrong = [*tables, *(item for item in evidence if item.code != "gone")]
    gone = len(evidence) - (len(wrong) - len(tables))
    if as_json:
        screen.data({"tables": tables, "evidence": evidence})
    else:
        if wrong:
            screen.table(["what", "where", "detail"], [(item.code, item.path, item.detail) for item in wrong])
        changed = f"{screen.count(len(wrong) - len(tables), 'difference')}, {gone:,} no longer in place"
        screen.facts([("tables", screen.count(len(tables), "difference")), ("evidence", changed)])
    if wrong:
        raise CheckFailed(
            f"{screen.count(len(wrong), 'difference')} found",
            hint="if you changed nothing, keep a copy of the case and of the evidence before anything else",
        )


def changed_evidence(store: Store, progress: Progress) -> Iterator[Difference]:
    """Evidence whose bytes on disk are not those that were read (``changed``) or that is not there (``gone``)."""
    from ringleader.store import Difference, sha256_file

    rows = store.read("evidence", ["evidence_id", "path", "container_sha256"]).to_pylist()
    expected = {
        on_disk(row["path"], row["container_sha256"]): row["container_sha256"] or row["evidence_id"] for row in rows
    }
    progress.begin("Checking evidence", len(expected), "files")
    for path, digest in sorted(expected.items()):
        try:
            found, _ = sha256_file(Path(path))
        except OSError as error:
            yield Difference(path, "gone", os.strerror(error.errno or 0))
        else:
            if found != digest:
                yield Difference(path, "changed", f"SHA-256 is {found}, was {digest}")
        progress.advance()


def on_disk(path: str, container: str | None) -> str:
    """The file that holds a piece of evidence: ``logs.zip`` for ``logs.zip!inner/name``. Names may hold ``!`` too."""
    if container is None:
        return path
    parts = path.split("!")
    candidates = ("!".join(parts[:end]) for end in range(1, len(parts) + 1))
    return next((name for name in candidates if Path(name).is_file()), parts[0])
