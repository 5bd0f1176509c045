"""The stage: rules over the stored events, findings into the store."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ringleader.detect import alerts, analytics, findings, ruleset, stored, worker
from ringleader.detect.correlate import Correlator
from ringleader.detect.findings import Finding
from ringleader.detect.kernel import Hit
from ringleader.detect.rule import Problem
from ringleader.detect.ruleset import RuleSet
from ringleader.detect.sequence import MAX_ROWS, Seen, sequences
from ringleader.detect.worker import Worker
from ringleader.engines.base import Engine, Failure
from ringleader.engines.progress import Progress, Silent
from ringleader.schema import tables
from ringleader.schema.batch import Event
from ringleader.store import File, Store
from ringleader.store.dataset import kinds_in
from ringleader.store.layout import kind_of

NOT_MATCHED = "not-matched"
"""Code of the rejects that concern events; the other codes of the stage are those of rules."""
MAX_DETAIL = 500
_BATCH = 10_000


@dataclass
class Summary:
    """What a run of the stage did. ``slow``: rules with an expression that was given up on some value. ``failures``:
    files of events that no findings could be made of. ``checked``: pairs of rule and event that the oracle confirmed,
    None when that was not asked for."""

    events: int = 0
    findings: int = 0
    rules: int = 0
    rules_with_findings: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    checked: int | None = None


class Unit(msgspec.Struct, frozen=True):
    """Some files of events, below ``root``, for one worker: those of one kind follow each other, so that who has learnt
    its values meets them again."""

    rules: str
    root: str
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


UNIT_BYTES = 2 << 20
"""Of files that one unit takes. Larger ones spare each worker what the others learn of a kind's values, but cost
memory: 24 MB took a tenth less CPU time and, with ten times the evidence, a fifth more memory."""
UNIT_ROWS = 250_000
SECONDS = 60.0
"""Time for one unit, plus one second for each ``ROWS_PER_SECOND``: a hundredth of what is usual."""
ROWS_PER_SECOND = 500
MEMORY = 2 << 30
"""Bytes that one worker may take."""


class Answer(msgspec.Struct):
    """Findings as an Arrow stream, events for correlations, and rules whose expressions were given up."""

    findings: bytes
    seen: list[Seen]
    slow: tuple[int, ...] = ()


def run(
    store: Store,
    rules: Sequence[Path],
    *,
    engine: Engine,
    progress: Progress | None = None,
    expansions: Mapping[str, Sequence[str]] | None = None,
    check: bool = False,
    known: analytics.Known = analytics.Known(),  # noqa: B008
) -> Summary:
    """Match all rules on all stored events and replace the table ``findings``. ``known`` is what analytics are told.

    ``check`` also asks the oracle about a sample of the events and raises :class:`CheckFailed` on any difference. A
    file of events that no worker can deal with costs that file: it is named in ``failures`` and has a row in
    ``rejects``.
    """
    watcher = progress or Silent()
    found, kept = ruleset.load(rules, expansions=expansions)
    engine.prepare(worker.opened, str(kept))
    entries = store.entries("events")
    total = sum(entry.rows for entry in entries)
    rule_count = len(found.entries) + len(found.correlations)
    summary = Summary(events=total, rules=rule_count, problems=list(found.problems))
    units = [Unit(str(kept), str(store.layout.root), files) for files in _portions(entries)]
    watcher.begin("Matching rules", total, "events")
    with store.transaction() as tx:
        tx.drop_table("findings")
        tx.drop(entry.path for entry in store.entries("rejects") if Path(entry.path).name.startswith("detect-"))
        tx.write(
            "findings",
            _key(found, [entry.sha256 for entry in entries]),
            _findings(found, units, engine, watcher, summary),
        )
        alerts.write(store, tx)
        summary.failures += analytics.write(store, tx, analytics.ANALYTICS, known)
        if rejects := _rejects(summary):
            tx.write("rejects", "detect", pa.Table.from_pylist(rejects, schema=tables.REJECTS))
    _count(store, summary)
    if check:
        summary.checked = _check(units, rules, expansions or {}, engine, watcher)
    return summary


def _portions(entries: Iterable[File]) -> list[tuple[File, ...]]:
    """Files of one folder, in order, as many as one unit takes. The largest portions come first, so that no worker is
    left with one at the end."""
    portions: list[tuple[File, ...]] = []
    for _, some in groupby(entries, key=lambda file: kind_of(file.path)):
        files = tuple(some)
        loads = [max((file.bytes + 1) / UNIT_BYTES, file.rows / UNIT_ROWS) for file in files]
        share = sum(loads) / math.ceil(sum(loads))
        middles = [end - load / 2 for end, load in zip(accumulate(loads), loads, strict=True)]
        for _, portion in groupby(zip(middles, files, strict=True), key=lambda pair: pair[0] // share):
            portions.append(tuple(file for _, file in portion))
    return sorted(portions, key=lambda portion: (-sum(file.bytes for file in portion), portion[0].path))


def _key(found: RuleSet, events: Iterable[str]) -> str:
    return hashlib.sha256("\n".join([found.digest, *events]).encode()).hexdigest()[:16]


def _findings(
    found: RuleSet, units: Sequence[Unit], engine: Engine, progress: Progress, summary: Summary
) -> Iterator[pa.RecordBatch]:
    slow: set[int] = set()
    seen: list[Seen] = []
    for unit, answer in _answers(units, engine):
        progress.advance(unit.rows)
        if isinstance(answer, Failure):
            name = unit.files[0].path.removeprefix("events/")
            summary.failures.append(f"{name}: {answer.code}: {answer.detail}")
            continue
        slow.update(answer.slow)
        seen.extend(islice(answer.seen, max(0, MAX_ROWS - len(seen))))
        yield from pa.ipc.open_stream(answer.findings)
    summary.slow = sorted({found.entries[number].rule.title for number in slow})
    if len(seen) >= MAX_ROWS:
        summary.failures.append(f"correlations saw only the first {MAX_ROWS:,} events of their rules")
    correlator = Correlator(found.correlations)
    hits = sequences(correlator, seen)
    while rows := list(islice(hits, _BATCH)):
        yield findings.batch(rows)
    titles = {each.rule.digest: each.rule.title for each in found.correlations}
    for digest, count in sorted((+correlator.forgotten).items()):  # without zeros
        summary.failures.append(f"{titles[digest]}: {count:,} groups or events were forgotten to bound memory")


def _answers(units: Iterable[Unit], engine: Engine) -> Iterator[tuple[Unit, Answer | Failure]]:
    """A unit that failed is taken apart, so that only the file at fault is lost."""
    for unit, answer in engine.map(match, units, timeout=_timeout, memory=MEMORY):
        if isinstance(answer, Failure) and len(unit.files) > 1:
            alone = [Unit(unit.rules, unit.root, (file,)) for file in unit.files]
            yield from engine.map(match, alone, timeout=_timeout, memory=MEMORY)
        else:
            yield unit, answer


def _timeout(unit: Unit) -> float:
    return SECONDS + unit.rows / ROWS_PER_SECOND


def _rejects(summary: Summary) -> list[dict[str, Any]]:
    common = {"evidence_id": None, "stage": "detect"}
    failures = [
        common | {"path": failure.partition(": ")[0], "offset": -1, "code": NOT_MATCHED, "detail": failure[:MAX_DETAIL]}
        for failure in summary.failures
    ]
    unusable = [
        common
        | {
            "path": each.path,
            "offset": each.line or -1,
            "code": each.code,
            "detail": f"{each.path}:{each.line}: {each.message}"[:MAX_DETAIL],
        }
        for each in summary.problems
        if each.severity == "error"
    ]
    return failures + unusable


def unusable(store: Store) -> list[Problem] | None:
    """The rules that the last run of the stage could not use, from the store; None when it never ran."""
    if not store.entries("findings"):
        return None
    problems = []
    for row in store.read("rejects").to_pylist():
        if row["stage"] == "detect" and row["code"] != NOT_MATCHED:
            line = max(row["offset"], 0)
            message = row["detail"].removeprefix(f"{row['path']}:{line}: ")
            problems.append(Problem(row["path"], line, row["code"], message))
    return problems


def _count(store: Store, summary: Summary) -> None:
    counted = store.read("findings", ["level", "rule_id"])
    summary.findings = counted.num_rows
    summary.rules_with_findings = len(set(counted["rule_id"].to_pylist()))
    for level in counted["level"].to_pylist():
        summary.levels[level] = summary.levels.get(level, 0) + 1


def _check(
    units: Sequence[Unit],
    rules: Sequence[Path],
    expansions: Mapping[str, Sequence[str]],
    engine: Engine,
    progress: Progress,
) -> int:
    from ringleader.detect import check  # with pySigma, which other runs do without

    given = {name: tuple(values) for name, values in expansions.items()}
    files = Counter(kind for unit in units for file in unit.files for kind in kinds_in(file))
    asked = [
        check.Unit(u.rules, tuple(map(str, rules)), given, u.root, file, check.samples(file, files))
        for u in units
        for file in u.files
    ]
    progress.begin("Asking the oracle", len(asked), "files")
    return check.run(asked, engine, progress)


def match(unit: Unit) -> Answer:
    """The findings in some files of events, in an order that follows from their rows."""
    own = worker.opened(unit.rules)
    own.slow.clear()
    sink = pa.BufferOutputStream()
    seen: list[Seen] = []
    with pa.ipc.new_stream(sink, tables.FINDINGS, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as out:
        hits = _hits(unit, own, seen)
        while some := list(islice(hits, _BATCH)):
            out.write_batch(findings.batch(some))
    return Answer(sink.getvalue().to_pybytes(), seen, tuple(sorted(own.slow)))


def _hits(unit: Unit, own: Worker, seen: list[Seen]) -> Iterator[Finding]:
    """The findings; to ``seen`` goes what correlations need."""
    for block in stored.read(Path(unit.root), unit.files, own.matcher.plan, lambda kind: _wanted(own, kind)):
        hits = [
            (group.row(place), held)
            for group in block.groups(own.matcher.plan)
            for place, held in own.matcher.match_plan(group.plan, group.columns())
        ]
        hits.sort()
        for at in range(0, len(hits), _BATCH):
            some = hits[at : at + _BATCH]
            fixed = block.fixed([row for row, _ in some])
            events = _events(own, block, some)
            for (row, held), each in zip(some, fixed, strict=True):
                found, one = own.take(held, events[row], {}, **each)
                yield from found
                if one is not None:
                    seen.append(one)


def _events(own: Worker, block: stored.Block, hits: Sequence[Hit]) -> dict[int, Event]:
    """The events in some rows of a block, with the fields that their findings are made of."""
    whole, part, names = [], [], set[str]()
    for row, held in hits:
        kind = block.kind(row)
        plan = own.matcher.plan(kind)
        if own.needs or any(map(plan.wide, held)):
            whole.append(row)
        else:
            part.append(row)
            names |= plan.named | set(findings.account_fields(kind))
    return dict(zip([*whole, *part], [*block.events(whole), *block.events(part, names)], strict=True))


def _wanted(own: Worker, kind: str) -> set[str] | None:
    """The fields of a kind that must be read, None for all."""
    plan = own.matcher.plan(kind)
    return None if plan.keywords is not None or own.needs else plan.named | set(findings.account_fields(kind))
