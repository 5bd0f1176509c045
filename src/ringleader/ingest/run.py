"""Ingest: evidence files to the tables evidence, events and rejects, one transaction for each group of packages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pyarrow as pa

from ringleader import __version__
from ringleader.engines import Engine, Failure
from ringleader.engines.progress import Progress
from ringleader.errors import StoreError
from ringleader.ingest import flow, packing
from ringleader.ingest.discover import Refused, discover
from ringleader.ingest.limits import Limits
from ringleader.ingest.package import Count, Package, Parsed, Part, parse, reject_batch
from ringleader.ingest.packing import Group
from ringleader.ingest.survey import Evidence
from ringleader.schema import tables
from ringleader.store import Store, Transaction


@dataclass(slots=True)
class Summary:
    """What one run did. Times are microseconds since 1970 in UTC. ``rejected`` counts rows by code, ``kinds``
    events."""

    files: int = 0
    evidence: int = 0
    known: int = 0
    """Evidence that was in the store already, and was not read again."""
    bytes: int = 0
    records: int = 0
    first_time: int | None = None
    last_time: int | None = None
    formats: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, dict[str, int]] = field(default_factory=dict)
    """Path to the corrections in seconds by host, for evidence whose clock was corrected."""
    unread: list[str] = field(default_factory=list)
    """The first paths that could not be read at all, with the reason."""


_UNREAD = 100


def ingest(
    store: Store, inputs: Iterable[Path], *, engine: Engine, progress: Progress, limits: Limits | None = None
) -> Summary:
    """Read everything below ``inputs`` that the store does not hold yet. Bad evidence becomes rows of ``rejects``;
    raises only for the store's own troubles (:class:`StoreError`, :class:`CaseBusy`)."""
    with store.writing():
        return _Run(store, engine, progress, limits or Limits()).run(inputs)


class _Run:
    def __init__(self, store: Store, engine: Engine, progress: Progress, limits: Limits) -> None:
        self.store = store
        self.engine = engine
        self.progress = progress
        self.limits = limits
        self.known = frozenset(store.evidence_ids())
        self.seen: dict[str, str] = {}
        self.told = _told(store)
        self.summary = Summary()
        self.out = store.layout.temporary / "out"

    def run(self, inputs: Iterable[Path]) -> Summary:
        found, refused = discover(inputs)
        self.summary.files = len(found)
        self.progress.begin("Reading evidence", sum(item.size for item in found), "bytes")
        surveyed = flow.evidence(
            found,
            self.store.layout.spool,
            self.engine,
            self.limits,
            done=lambda item: self.progress.advance(item.size),
        )
        stream = self._once(surveyed)
        self._commit(Group([], list(refused)), [])
        for group, answers in self._parsed(packing.groups(stream, self.known, self.out, self.limits.package)):
            self._commit(group, answers)
        return self.summary

    def _once(self, surveyed: Iterable[Evidence | Refused]) -> Iterator[Evidence | Refused]:
        """Each content once; the first path wins."""
        for item in surveyed:
            if isinstance(item, Refused):
                yield item
                continue
            first = self.seen.setdefault(item.evidence_id, item.shown)
            again = first != item.shown
            if again or item.evidence_id in self.known:
                _discard(item)
            if again:
                yield Refused(item.shown, "duplicate", f"the same bytes as {first}", item.evidence_id)
                continue
            self.summary.known += item.evidence_id in self.known
            yield item

    def _parsed(self, groups: Iterable[Group]) -> Iterator[tuple[Group, list[tuple[Package, Parsed]]]]:
        """Each group when all of its packages are parsed. Those without packages wait for one that has: they are
        few."""
        waiting: list[Group] = []

        def units() -> Iterator[Package]:
            for group in groups:
                waiting.append(group)
                yield from group.packages

        answers: list[tuple[Package, Parsed]] = []
        for package, answer in self.engine.map(parse, units(), timeout=self._timeout, memory=self.limits.memory):
            while not waiting[0].packages:
                yield waiting.pop(0), []
            answers += self._settle(waiting[0], package, answer)
            if package is waiting[0].packages[-1]:
                yield waiting.pop(0), answers
                answers = []
        yield from ((group, []) for group in waiting)

    def _timeout(self, package: Package) -> float:
        return self.limits.timeout(package.size)

    def _settle(self, group: Group, package: Package, answer: Parsed | Failure) -> list[tuple[Package, Parsed]]:
        """What can be kept of a package. One that failed is taken apart until the part at fault stands alone."""
        if isinstance(answer, Parsed):
            if answer.trouble is not None:
                raise StoreError(answer.trouble, hint="free some space and run the same command again")
            if not answer.refused:
                return [(package, answer)]
            # Nothing was written: these cannot be read (any more), the others can.
            at_fault = {index for index, _, _ in answer.refused}
            for index, code, detail in answer.refused:
                evidence = package.parts[index].evidence
                group.refused.append(Refused(evidence.shown, code, detail, evidence.evidence_id))
            rest = tuple(part for index, part in enumerate(package.parts) if index not in at_fault)
            smaller = [replace(package, parts=rest, folder=f"{package.folder}r")] if rest else []
        else:
            smaller = _apart(package)
            if not smaller:
                return [(package, self._lost(group, package.parts[0], answer))]
        kept: list[tuple[Package, Parsed]] = []
        for one, again in self.engine.map(parse, smaller, timeout=self._timeout, memory=self.limits.memory):
            kept += self._settle(group, one, again)
        return kept

    def _lost(self, group: Group, part: Part, failure: Failure) -> Parsed:
        """The evidence, or this unit of it, counts as read, with one reject: it would fail again."""
        code = f"parser-{failure.code}"
        offset = part.units[0].start if part.units else -1
        group.refused.append(Refused(part.evidence.shown, code, failure.detail, part.evidence.evidence_id, offset))
        return Parsed(counts=[Count(rejected=1)])

    def _commit(self, group: Group, answers: list[tuple[Package, Parsed]]) -> None:
        refused = [item for item in group.refused if _key(item) not in self.told]
        self.told.update(map(_key, refused))
        if answers or refused:
            with self.store.transaction() as tx:
                self._write(tx, answers, refused)
        for evidence in group.evidence:
            _discard(evidence)

    def _write(self, tx: Transaction, answers: list[tuple[Package, Parsed]], refused: list[Refused]) -> None:
        counts: dict[str, Count] = {}
        read: dict[str, Evidence] = {}
        for package, parsed in answers:
            for path, file in parsed.files:
                tx.adopt(Path(path), file)
            for part, count in zip(package.parts, parsed.counts, strict=True):
                read[part.evidence.evidence_id] = part.evidence
                counts.setdefault(part.evidence.evidence_id, Count()).add(count)
            for code, number in parsed.codes.items():
                self.summary.rejected[code] = self.summary.rejected.get(code, 0) + number
            for kind, number in parsed.kinds.items():
                self.summary.kinds[kind] = self.summary.kinds.get(kind, 0) + number
        if read:
            rows = [_evidence_row(read[key], counts[key]) for key in sorted(read)]
            tx.write("evidence", "evidence", pa.Table.from_pylist(rows, tables.EVIDENCE))
        if refused:
            rows_of = [(item.evidence_id, item.path, item.offset, item.code, item.detail) for item in refused]
            tx.write("rejects", "files", [reject_batch(rows_of)])
        for key, evidence in read.items():
            self._count(evidence, counts[key])
        for item in refused:
            self.summary.rejected[item.code] = self.summary.rejected.get(item.code, 0) + 1
            if len(self.summary.unread) < _UNREAD and item.code != "duplicate":
                self.summary.unread.append(f"{item.path}: {item.code}: {item.detail}")

    def _count(self, evidence: Evidence, count: Count) -> None:
        summary = self.summary
        total = Count(first=summary.first_time, last=summary.last_time)
        total.add(count)
        summary.first_time, summary.last_time = total.first, total.last
        summary.evidence += 1
        summary.bytes += evidence.size
        summary.records += count.records
        summary.formats[evidence.format] = summary.formats.get(evidence.format, 0) + 1
        if count.clock:
            summary.clocks[evidence.shown] = count.clock


def _apart(package: Package) -> list[Package]:
    """Smaller packages: by evidence, then by unit; none when there is nothing to take apart."""
    if len(package.parts) > 1:
        return [
            Package((part,), f"{package.folder}-{index}", part.evidence.size)
            for index, part in enumerate(package.parts)
        ]
    part = package.parts[0]
    if len(part.units) > 1:
        return [
            Package((Part(part.evidence, (unit,)),), f"{package.folder}-{index}", unit.end - unit.start)
            for index, unit in enumerate(part.units)
        ]
    return []


def _evidence_row(evidence: Evidence, count: Count) -> dict[str, object]:
    disbelieved = {tables.DISBELIEVED: count.disbelieved} if count.disbelieved else {}
    return {
        "evidence_id": evidence.evidence_id,
        "path": evidence.shown,
        "container_sha256": evidence.container,
        "format": evidence.format,
        "bytes": evidence.size,
        "records": count.records,
        "rejected": count.rejected,
        "first_time": _moment(count.first),
        "last_time": _moment(count.last),
        "clock": orjson.dumps(count.clock | disbelieved, option=orjson.OPT_SORT_KEYS).decode(),
        "ingested_with": __version__,
    }


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


_Key = tuple[str, str, str | None, int]


def _key(item: Refused) -> _Key:
    return item.path, item.code, item.evidence_id, item.offset


def _told(store: Store) -> set[_Key]:
    """Rows of rejects about files as a whole that earlier runs wrote: they are not written again."""
    names = ["path", "code", "evidence_id", "offset"]
    told: set[_Key] = set()
    for entry in store.entries("rejects"):
        if entry.path.startswith("rejects/files-"):
            for batch in store.batches_of(entry, names):
                told.update(zip(*(batch[name].to_pylist() for name in names), strict=True))
    return told


def _discard(evidence: Evidence) -> None:
    if evidence.spooled:
        with contextlib.suppress(OSError):
            Path(evidence.path).unlink()
