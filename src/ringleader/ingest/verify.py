"""Is the evidence still what was read? Files that are gone are told apart from files that have changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ringleader.ingest.containers import DAMAGE, SEPARATOR, Leaf, OverLimitError, Unpacker, not_the_disk, recognise
from ringleader.ingest.discover import open_regular
from ringleader.ingest.limits import Limits
from ringleader.ingest.readers import HEAD
from ringleader.store import Difference, Store, sha256_file


@dataclass(slots=True)
class Verified:
    """``tables`` and ``evidence`` list what differs; ``gone`` are files that are no longer in place, which is no
    fault."""

    files: int = 0
    tables: list[Difference] = field(default_factory=list)
    evidence: list[Difference] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def verify(store: Store, *, members: bool = False, progress: Callable[[str], None] = lambda _: None) -> Verified:
    """Recompute the hash of every table file and of every evidence file in place. A container whose own hash is what
    it was holds what it held; ``members`` opens it all the same. ``progress`` is told each path when it is done."""
    out = Verified(tables=store.verify())
    by_file: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in store.read("evidence", ["evidence_id", "path", "container_sha256"]).to_pylist():
        by_file[on_disk(row["path"], row["container_sha256"])].append(row)
    for path, rows in sorted(by_file.items()):
        wanted = rows[0]["container_sha256"] or rows[0]["evidence_id"]
        try:
            digest, size = sha256_file(Path(path))
        except OSError:
            out.gone.append(path)
            continue
        out.files += 1
        if digest != wanted:
            out.evidence.append(Difference(path, "changed", f"SHA-256 is {digest}, was {wanted}"))
        elif members and rows[0]["container_sha256"]:
            out.evidence += _members(path, size, {row["path"]: row["evidence_id"] for row in rows}, store)
        progress(path)
    return out


def on_disk(path: str, container: str | None) -> str:
    """The file that holds evidence: ``logs.zip`` for ``logs.zip!inner/name``. File names may hold the separator too."""
    if container is None:
        return path
    parts = path.split(SEPARATOR)
    candidates = [SEPARATOR.join(parts[:end]) for end in range(1, len(parts) + 1)]
    return next((name for name in candidates if Path(name).is_file()), parts[0])


def _members(path: str, size: int, wanted: dict[str, str], store: Store) -> list[Difference]:
    store.layout.spool.mkdir(parents=True, exist_ok=True)
    found: list[Difference] = []
    missing = dict(wanted)
    with open_regular(path) as source:
        kind = recognise(source.read(HEAD))
        source.seek(0)
        for leaf in Unpacker(size, store.layout.spool, Limits()).leaves(source, path, kind or ""):
            if isinstance(leaf, Leaf) and leaf.shown in missing:
                digest = hashlib.sha256(leaf.head)
                try:
                    while chunk := leaf.stream.read(1 << 20):
                        digest.update(chunk)
                except (OverLimitError, *DAMAGE) as error:
                    not_the_disk(error)
                    # a damaged member was stored up to its damage, and its hash is that of what was stored
                if digest.hexdigest() != missing.pop(leaf.shown):
                    found.append(Difference(leaf.shown, "changed", f"SHA-256 is {digest.hexdigest()}"))
    return found + [Difference(name, "missing", "no longer in the container") for name in sorted(missing)]
