"""Compare the files of a store with what its manifest says was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringleader.schema import tables
from ringleader.store.layout import Layout
from ringleader.store.manifest import File
from ringleader.store.transaction import sha256_file


@dataclass(frozen=True, slots=True)
class Difference:
    """``code`` is missing, changed or stray (a file of which the manifest knows nothing)."""

    path: str
    code: str
    detail: str


def differences(
    layout: Layout, files: Mapping[str, File], progress: Callable[[int], None] = lambda _: None
) -> list[Difference]:
    """``progress`` is told the bytes of each file as it is done."""
    found: list[Difference] = []
    for path, entry in sorted(files.items()):
        try:
            digest, size = sha256_file(layout.file(path))
        except OSError as error:
            found.append(Difference(path, "missing", str(error)))
            continue
        if digest != entry.sha256:
            found.append(Difference(path, "changed", f"{size} bytes with SHA-256 {digest}, written as {entry.sha256}"))
        progress(size)
    for table in tables.ALL:
        for path_on_disk in sorted(layout.table(table).rglob("*")):
            path = path_on_disk.relative_to(layout.root).as_posix()
            if not path_on_disk.is_dir() and path not in files:
                found.append(Difference(path, "stray", "not in the manifest; the next writer removes it"))
    return found
