"""A transaction: new files for several tables, and files that they replace, become visible all at once or not at all.

Files are written under ``store/tmp``, synced, renamed to their place, their folders synced, and then one manifest
line makes them part of the store. A kill at any moment leaves either the old or the new state; files without a
manifest line are swept by the next writer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringleader.errors import StoreError
from ringleader.schema import tables
from ringleader.store import manifest
from ringleader.store.disk import sync_file, sync_folder, writing_to
from ringleader.store.layout import Layout, is_table
from ringleader.store.manifest import File, Manifest

COMPRESSION = "zstd"
_CHUNK = 1 << 20
_GROUP = 1 << 15
"""Rows of a row group, but for the last batch in it."""


class Transaction:
    """Made by :meth:`Store.transaction`. Collects; nothing is visible before :meth:`commit`."""

    def __init__(self, layout: Layout, state: Manifest) -> None:
        self._layout = layout
        self._state = state
        self._new: list[tuple[Path, File]] = []
        self._remove: list[str] = []
        self.folder = layout.temporary / f"tx-{os.getpid()}-{secrets.token_hex(4)}"
        """For files that are to be adopted: same file system as the store, gone when the transaction ends."""
        with writing_to(layout.root):
            self.folder.mkdir(parents=True)

    def write(self, table: str, stem: str, data: pa.Table | Iterable[pa.RecordBatch]) -> File:
        """Add one file to a table, cast to the table's schema. The name is ``stem`` plus the beginning of the
        content's hash, so that writing the same rows again is the same file."""
        if not is_table(table):
            raise StoreError(f"no table is called {table!r}")
        schema = tables.ALL[table]
        temporary = self.folder / f"{len(self._new)}.parquet"
        rows = 0
        with writing_to(self._layout.root), writer(temporary, schema) as out:
            for some in _gathered(data.to_batches() if isinstance(data, pa.Table) else data):
                out.write_table(pa.Table.from_batches([b.cast(schema) if b.schema != schema else b for b in some]))
                rows += sum(batch.num_rows for batch in some)
        with writing_to(self._layout.root):
            digest, size = sha256_file(temporary)
        file = File(f"{table}/{stem}-{digest[:12]}.parquet", digest, size, rows)
        self._new.append((temporary, file))
        return file

    def adopt(self, temporary: Path, file: File) -> None:
        """Add a file that somebody else wrote into :attr:`folder`, under the path, hash and size that ``file``
        states."""
        self._new.append((temporary, file))

    def drop(self, paths: Iterable[str]) -> None:
        """Take files (paths as in the manifest) out of their tables."""
        self._remove.extend(paths)

    def drop_table(self, table: str) -> None:
        self.drop(path for path in self._state.files if path.startswith(f"{table}/"))

    def commit(self) -> None:
        # A file that is there already, with the same content, is neither added nor removed: names carry the content's
        # hash.
        new = {file.path: (temporary, file) for temporary, file in self._new}
        fresh = {path: pair for path, pair in new.items() if path not in self._state.files}
        gone = sorted({path for path in self._remove if path in self._state.files and path not in new})
        if not fresh and not gone:
            return
        with writing_to(self._layout.root):
            folders: set[Path] = set()
            for path, (temporary, _) in fresh.items():
                sync_file(temporary)
                target = self._layout.file(path)
                folders |= make_folders(target.parent, self._layout.root)
                temporary.replace(target)
            for folder in sorted(folders):
                sync_folder(folder)
            manifest.append(self._layout.manifest, self._state, [file for _, file in fresh.values()], gone)
        for path in gone:
            self._layout.file(path).unlink(missing_ok=True)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches that make a row group: each costs whoever writes or reads it as much as hundreds of rows."""
    some: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        some.append(batch)
        rows += batch.num_rows
        if rows >= _GROUP:
            yield some
            some, rows = [], 0
    if some:
        yield some


@contextlib.contextmanager
def writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """The Parquet writer for everything but events. Same rows, same bytes: nothing of time, path or host goes in."""
    with pq.ParquetWriter(path, schema, compression=COMPRESSION, compression_level=1) as out:
        yield out


def sha256_file(path: Path) -> tuple[str, int]:
    """Hash and size in bytes of a file."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def make_folders(folder: Path, root: Path) -> set[Path]:
    """Make ``folder`` below ``root``; return the folders whose entries changed or will, to be synced."""
    changed = {folder}
    while folder != root and not folder.exists():
        changed.add(folder.parent)
        folder = folder.parent
    max(changed, key=lambda item: len(item.parts)).mkdir(parents=True, exist_ok=True)
    return changed
