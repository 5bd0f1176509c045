"""The store of a case: open, read, write. Readers see only what the manifest names."""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringleader.errors import StoreError
from ringleader.schema import kind as kinds
from ringleader.schema import tables
from ringleader.store import manifest, query
from ringleader.store.disk import lock, writing_to
from ringleader.store.layout import MIXED, Layout, kind_of, table_of
from ringleader.store.manifest import File
from ringleader.store.transaction import Transaction
from ringleader.store.verify import Difference, differences

READ_ROWS = 1 << 16


class Store:
    """Use :meth:`open`. One instance belongs to one thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._state = manifest.load(layout.manifest)
        self._lock: IO[bytes] | None = None
        self._writers = 0
        self._clean = False

    @classmethod
    def open(cls, case: Path, *, create: bool = False) -> Store:
        """The store below the case folder ``case``. Raises :class:`StoreError` when there is none and ``create`` is
        not set."""
        layout = Layout(Path(case) / "store")
        if create:
            with writing_to(layout.root):
                layout.root.mkdir(parents=True, exist_ok=True)
        elif not layout.root.is_dir():
            raise StoreError(
                f"{case} holds no evidence yet: it has no store", hint=f"name some: ringleader hunt {case} EVIDENCE..."
            )
        return cls(layout)

    # Writing

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock over several transactions. Raises :class:`CaseBusy` when another process holds it."""
        self._writers += 1
        try:
            if self._lock is None:
                self._start_writing()
            yield
        finally:
            self._writers -= 1
            if not self._writers and self._lock is not None:
                self._lock.close()
                self._lock = None

    def _start_writing(self) -> None:
        with writing_to(self.layout.root):
            self._lock = lock(self.layout.lock)
        # Somebody else may have written since this instance read the manifest, or died while writing.
        self._state = manifest.load(self.layout.manifest)
        self._clean = False
        with writing_to(self.layout.root):
            self._empty_temporary()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end of the block; an exception inside leaves the store as it was."""
        with self.writing():
            if not self._clean:
                self._sweep()
            tx = Transaction(self.layout, self._state)
            try:
                yield tx
                tx.commit()
            except BaseException:
                self._clean = False
                raise
            finally:
                tx.close()

    def _empty_temporary(self) -> None:
        """Remove what earlier writers left in the temporary folder. The caller holds the lock."""
        shutil.rmtree(self.layout.temporary, ignore_errors=True)
        self.layout.temporary.mkdir(parents=True, exist_ok=True)
        self.layout.temporary.chmod(0o700)

    def _sweep(self) -> None:
        """Remove tables' files that killed or failed writers left behind. The caller holds the lock."""
        with writing_to(self.layout.root):
            for table in tables.ALL:
                for path in self.layout.table(table).rglob("*.parquet"):
                    if path.relative_to(self.layout.root).as_posix() not in self._state.files:
                        path.unlink()
        self._clean = True

    # Reading

    def refresh(self) -> None:
        """See what other processes have committed since."""
        self._state = manifest.load(self.layout.manifest)

    def entries(self, table: str, kind_prefix: str | None = None) -> list[File]:
        """The manifest's files of a table, by path. ``kind_prefix`` (events only) takes those that hold such kinds;
        files below :data:`MIXED` hold others too."""
        found = [file for path, file in self._state.files.items() if table_of(path) == table]
        if kind_prefix is not None:
            found = [file for file in found if any(kinds.covers(kind_prefix, kind) for kind in kinds_in(file))]
        return sorted(found, key=lambda file: file.path)

    def files(self, table: str, kind_prefix: str | None = None) -> list[Path]:
        return [self.layout.file(entry.path) for entry in self.entries(table, kind_prefix)]

    def rows(self, table: str) -> int:
        return sum(entry.rows for entry in self.entries(table))

    def kinds(self) -> dict[str, int]:
        """How many events of each kind there are, by kind."""
        counts: Counter[str] = Counter()
        for entry in self.entries("events"):
            counts.update(kinds_in(entry))
        return dict(sorted(counts.items()))

    def batches(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        kind_prefix: str | None = None,
        dictionary: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a table, file by file; ``kind_prefix`` (events only) takes those of such kinds. Events of
        different kinds have different columns; a column that a file lacks is left out there. ``dictionary`` gives the
        sources' own columns as dictionaries (codes and distinct values)."""
        for entry in self.entries(table, kind_prefix):
            path = self.layout.file(entry.path)
            if kind_prefix is None or kind_of(entry.path) != MIXED:
                yield from read_file(path, columns, dictionary=dictionary)
                continue
            asked = None if columns is None else [*columns, "kind"]
            for batch in read_file(path, asked, dictionary=dictionary):
                some = _covered(batch, kind_prefix)
                yield some if columns is None or "kind" in columns else some.drop_columns("kind")

    def batches_of(self, entry: File, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of one file of the manifest."""
        return read_file(self.layout.file(entry.path), columns)

    def read(self, table: str, columns: Sequence[str] | None = None, *, kind_prefix: str | None = None) -> pa.Table:
        """All rows in memory; columns that some files lack are null there. For tables known to be small, or few
        columns."""
        schema = tables.ALL[table]
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns if name in schema.names])
        found = [pa.Table.from_batches([batch]) for batch in self.batches(table, columns, kind_prefix=kind_prefix)]
        return pa.concat_tables([schema.empty_table(), *found], promote_options="permissive")

    def sql(self, text: str) -> pa.Table:
        """Answer of a DuckDB query in which every table is a view. It cannot write, nor read other files."""
        return query.run(text, {table: self.files(table) for table in tables.ALL})

    def evidence_ids(self) -> set[str]:
        return set(self.read("evidence", ["evidence_id"])["evidence_id"].to_pylist())

    def verify(self) -> list[Difference]:
        """Every file of the manifest that is missing or not what was written, and every file that no one wrote."""
        return differences(self.layout, self._state.files)


def kinds_in(file: File) -> Mapping[str, int]:
    """The events of each kind in a file of the table events."""
    return file.kinds or {kind_of(file.path): file.rows}


def _covered(batch: pa.RecordBatch, prefix: str) -> pa.RecordBatch:
    """The rows of such kinds, without the columns that only other kinds have."""
    told = batch["kind"].cast(pa.string())
    wanted = [kind for kind in pc.unique(told).to_pylist() if kinds.covers(prefix, kind)]
    some = batch.filter(pc.is_in(told, pa.array(wanted, pa.string())))
    fixed = tables.EVENTS.names
    return some.select([name for name in some.schema.names if name in fixed or some[name].null_count < len(some)])


def read_file(
    path: Path, columns: Sequence[str] | None = None, *, dictionary: bool = False
) -> Iterator[pa.RecordBatch]:
    """Record batches of one file of a table, in order."""
    try:
        names = pq.read_schema(path).names
        wanted = None if columns is None else [name for name in columns if name in names]
        encoded = [name for name in names if name not in ("event_id", "rest")] if dictionary else None
        # A path, not a handle: pyarrow then closes the file even when the reader stops half-way.
        with pq.ParquetFile(path, read_dictionary=encoded) as file:
            yield from file.iter_batches(batch_size=READ_ROWS, columns=wanted, use_threads=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"cannot read {path}: {error}", hint="run ringleader verify on the case") from error
