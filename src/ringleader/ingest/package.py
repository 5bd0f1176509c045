"""Parse one package of evidence in a worker: Parquet files of events per kind, and of rejects, ready to be adopted by a
transaction. What comes out depends on the package alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringleader.errors import StoreError
from ringleader.ingest import readers, sharing
from ringleader.ingest.assemble import Assembly
from ringleader.ingest.columns import Columns
from ringleader.ingest.discover import open_regular
from ringleader.ingest.place import Places
from ringleader.ingest.readers import Reader, Unit
from ringleader.ingest.survey import Evidence
from ringleader.ingest.texts import printable
from ringleader.schema import tables
from ringleader.schema.batch import NOTICES, Batch, Reject
from ringleader.store import File, sha256_file
from ringleader.store.disk import writing_to
from ringleader.store.layout import MIXED, events_path
from ringleader.store.transaction import writer

COMPRESSION = "lz4"
DETAIL = 500
"""Characters of a reject's detail that are kept."""

_REJECTS = 50_000


@dataclass(frozen=True, slots=True)
class Part:
    """Some units of an evidence, all of it when ``units`` is empty."""

    evidence: Evidence
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """``folder`` is where the files are written, on the file system of the store."""

    parts: tuple[Part, ...]
    folder: str
    size: int

    @property
    def id(self) -> str:
        """The same for the same parts, whatever else is ingested."""
        digest = hashlib.sha256()
        for part in self.parts:
            digest.update(part.evidence.evidence_id.encode())
            for unit in part.units:
                digest.update(f" {unit.start}-{unit.end}".encode())
        return digest.hexdigest()[:20]


@dataclass(slots=True)
class Count:
    """What came out of one part. Times are microseconds since 1970 in UTC; ``clock`` and ``disbelieved`` are what the
    column clock of evidence tells."""

    records: int = 0
    rejected: int = 0
    first: int | None = None
    last: int | None = None
    clock: dict[str, int] = field(default_factory=dict)
    disbelieved: int = 0

    def add(self, other: Count) -> None:
        self.records += other.records
        self.rejected += other.rejected
        self.first = min((t for t in (self.first, other.first) if t is not None), default=None)
        self.last = max((t for t in (self.last, other.last) if t is not None), default=None)
        self.clock |= other.clock
        self.disbelieved += other.disbelieved


@dataclass(slots=True)
class Parsed:
    """``files`` pairs where a file lies with what it is to be. ``counts`` and ``codes`` (number of rejects) go by
    part and by code. ``refused`` (part, code, detail) or ``trouble`` (with the disk of the store) mean that nothing
    was written."""

    files: list[tuple[str, File]] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    trouble: str | None = None


def parse(package: Package) -> Parsed:
    out = Parsed()
    columns = Columns()
    rejects: list[pa.RecordBatch] = []
    number = 0
    try:
        Path(package.folder).mkdir(parents=True, exist_ok=True)
        for index, part in enumerate(package.parts):
            reader = readers.BY_NAME[part.evidence.format]
            # Evidence that goes to several workers was surveyed as a whole.
            places = Places(reader, dict(part.evidence.clock) if part.units else None)
            count = Count()
            out.counts.append(count)
            try:
                for batch in _batches(part, reader):
                    _count_rejects(batch, count, out)
                    rejects += _reject_rows(batch.rejects, part.evidence)
                    if batch.events:
                        columns.add(batch, index)
                        places.add(batch)
                    if columns.full and places.settled:
                        _place(places, columns, count)
                        _write_events(columns, package, number, out)
                        number += 1
                _place(places, columns, count)
            except OSError as error:
                out.refused.append((index, *_cause(error)))
                columns = Columns()  # of no use any more
        if not out.refused:
            _write_events(columns, package, number, out)
            _write_rejects(rejects, package, out)
    except StoreError as error:
        out.trouble = str(error)
    return out


class _ChangedError(OSError):
    pass


def _cause(error: OSError) -> tuple[str, str]:
    return ("changed" if isinstance(error, _ChangedError) else "unreadable"), str(error)


def _batches(part: Part, reader: Reader) -> Iterator[Batch]:
    evidence = part.evidence
    with open_regular(evidence.path) as source:
        for unit in part.units or reader.plan(source, evidence.size, readers.BLOCK):
            yield from reader.read(source, unit)
        status = os.fstat(source.fileno())
        if (status.st_size, status.st_mtime_ns) != (evidence.size, evidence.mtime):
            raise _ChangedError("size or time of change differ from when it was hashed")


def _count_rejects(batch: Batch, count: Count, out: Parsed) -> None:
    count.rejected += sum(one.code not in NOTICES for one in batch.rejects)
    for reject in batch.rejects:
        out.codes[reject.code] = out.codes.get(reject.code, 0) + 1


def _place(places: Places, columns: Columns, count: Count) -> None:
    """Time and host of the part's events since the last call."""
    placed = places.finish()
    count.clock = places.corrections
    if len(placed.time):
        columns.place(placed)
        span = pc.min_max(placed.time.cast(pa.int64())).as_py()
        count.add(Count(len(placed.time), 0, span["min"], span["max"], disbelieved=placed.disbelieved))


def _write_events(columns: Columns, package: Package, number: int, out: Parsed) -> None:
    name = f"{package.id}-{number}" if number else package.id
    mixed = 0
    for events in (Assembly(taken, [part.evidence.evidence_id for part in package.parts]) for taken in columns.take()):
        for shared in sharing.files(events):
            table = events.table(shared.rows, shared.budget)
            path = Path(package.folder) / f"{len(out.files)}.parquet"
            sink = pa.BufferOutputStream()
            pq.write_table(
                table,
                sink,
                compression=COMPRESSION,
                # Ids differ in every row. Statistics pay for themselves where ranges are asked for.
                use_dictionary=["evidence_id", "kind", "host", *table.column_names[len(tables.EVENTS) :]],
                write_statistics=["time"],
                row_group_size=1 << 20,
            )
            data = sink.getvalue()
            with writing_to(path.parent):
                path.write_bytes(data)
            target, kinds = events_path(shared.kind, name), {}
            if shared.kind == MIXED:
                target, kinds = events_path(MIXED, f"{name}.{mixed}" if mixed else name), shared.kinds
                mixed += 1
            digest = hashlib.sha256(data).hexdigest()
            out.files.append((str(path), File(target, digest, data.size, table.num_rows, kinds)))
            for kind, rows in shared.kinds.items():
                out.kinds[kind] = out.kinds.get(kind, 0) + rows


def _reject_rows(rejects: list[Reject], evidence: Evidence) -> list[pa.RecordBatch]:
    return [
        reject_batch([(evidence.evidence_id, evidence.shown, item.offset, item.code, item.detail) for item in some])
        for some in (rejects[at : at + _REJECTS] for at in range(0, len(rejects), _REJECTS))
    ]


def reject_batch(rows: list[tuple[str | None, str, int, str, str]]) -> pa.RecordBatch:
    """Rows of the table rejects from (evidence id, path, offset, code, detail)."""
    names = ("evidence_id", "path", "offset", "code", "detail")
    columns: dict[str, Any] = dict(zip(names, zip(*rows, strict=True), strict=True)) | {"stage": ["ingest"] * len(rows)}
    columns["detail"] = [printable(text[:DETAIL]) for text in columns["detail"]]
    arrays = [pa.array(columns[column.name], _plain(column.type)).cast(column.type) for column in tables.REJECTS]
    return pa.record_batch(arrays, schema=tables.REJECTS)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _write_rejects(rejects: list[pa.RecordBatch], package: Package, out: Parsed) -> None:
    if not rejects:
        return
    path = Path(package.folder) / "rejects.parquet"
    with writing_to(path.parent), writer(path, tables.REJECTS) as sink:
        sink.write_table(pa.Table.from_batches(rejects).unify_dictionaries().combine_chunks())
    _finish(path, f"rejects/{package.id}.parquet", sum(batch.num_rows for batch in rejects), out)


def _finish(path: Path, target: str, rows: int, out: Parsed) -> None:
    with writing_to(path.parent):
        digest, size = sha256_file(path)
    out.files.append((str(path), File(target, digest, size, rows)))
