"""The stage: rules over the stored events, findings into the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec
import pyarrow as pa

from ringleader.detect import findings, ruleset, stored
from ringleader.detect.documents import Problem
from ringleader.detect.findings import Finding
from ringleader.detect.kernel import Matcher
from ringleader.detect.plan import Plan
from ringleader.detect.ruleset import RuleSet
from ringleader.engines.base import Engine, Failure
from ringleader.schema import tables
from ringleader.store import Store
from ringleader.store.layout import kind_of

Progress = Callable[[int, int], None]
"""Told of (events looked at so far, events in all)."""


@dataclass
class Summary:
    """What a run of the stage did. ``slow``: titles of rules with an expression that was given up on some value."""

    events: int = 0
    findings: int = 0
    rules: int = 0
    rules_with_findings: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    fresh: bool = True


class Unit(msgspec.Struct, frozen=True):
    """One file of events for one worker."""

    rules: str
    path: str
    kind: str
    rows: int


class Answer(msgspec.Struct):
    """Findings as an Arrow stream; how many; rules whose expressions were given up."""

    findings: bytes
    count: int
    slow: tuple[int, ...] = ()


def run(
    store: Store,
    rules: Sequence[Path],
    *,
    engine: Engine,
    builtin: bool = True,
    expansions: Mapping[str, Sequence[str]] | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> Summary:
    """Match all rules on all stored events and replace the table ``findings``.

    Nothing is done when the same rules have seen the same events already, unless ``force``. A file of events that a
    worker cannot deal with costs that file: it is named in ``failures`` and has a row in ``rejects``.
    """
    found, kept = ruleset.load(rules, builtin=builtin, expansions=expansions)
    entries = store.entries("events")
    key = hashlib.sha256("\n".join([found.digest, *(entry.sha256 for entry in entries)]).encode()).hexdigest()[:16]
    summary = Summary(sum(entry.rows for entry in entries), rules=len(found.entries), problems=list(found.problems))
    before = store.entries("findings")
    if before and not force and all(Path(entry.path).name.startswith(f"{key}-") for entry in before):
        summary.fresh = False
    else:
        units = [
            Unit(str(kept), str(store.layout.file(entry.path)), kind_of(entry.path), entry.rows) for entry in entries
        ]
        with store.transaction() as tx:
            tx.drop_table("findings")
            tx.drop(entry.path for entry in store.entries("rejects") if Path(entry.path).name.startswith("detect-"))
            tx.write("findings", key, _findings(found, units, engine, progress, summary))
            if summary.failures:
                tx.write("rejects", "detect", _rejects(summary.failures))
    _count(store, summary)
    return summary


def _findings(
    found: RuleSet, units: Sequence[Unit], engine: Engine, progress: Progress | None, summary: Summary
) -> Iterator[pa.RecordBatch]:
    done, total = 0, sum(unit.rows for unit in units)
    slow: set[int] = set()
    for unit, answer in engine.map(match, units):
        done += unit.rows
        if progress is not None:
            progress(done, total)
        if isinstance(answer, Failure):
            summary.failures.append(f"{unit.kind}/{Path(unit.path).name}: {answer.code}: {answer.detail}")
            continue
        slow.update(answer.slow)
        yield from pa.ipc.open_stream(answer.findings)
    summary.slow = sorted({found.entries[number].rule.title for number in slow})


def _rejects(failures: Sequence[str]) -> pa.Table:
    rows = [
        {
            "evidence_id": None,
            "path": failure,
            "stage": "detect",
            "offset": -1,
            "code": "not-matched",
            "detail": failure,
        }
        for failure in failures
    ]
    return pa.Table.from_pylist(rows, schema=tables.REJECTS)


def _count(store: Store, summary: Summary) -> None:
    counted = store.read("findings", ["level", "rule_id"])
    summary.findings = counted.num_rows
    summary.rules_with_findings = len(set(counted["rule_id"].to_pylist()))
    for level in counted["level"].to_pylist():
        summary.levels[level] = summary.levels.get(level, 0) + 1


class _Worker:
    """What a worker process keeps from unit to unit."""

    def __init__(self, kept: str) -> None:
        self.rules = ruleset.opened(kept)
        self.slow: set[int] = set()
        self.matcher: Matcher = self.rules.matcher(self.slow.add)


@lru_cache(maxsize=1)
def _worker(kept: str) -> _Worker:
    return _Worker(kept)


def match(unit: Unit) -> Answer:
    """The findings in one file of events, in order of its rows."""
    worker = _worker(unit.rules)
    worker.slow.clear()
    sink = pa.BufferOutputStream()
    count = 0

    def wanted(kind: str) -> set[str] | None:
        plan = worker.matcher.plan(kind)
        if plan.idle:
            return set()
        return None if plan.keywords is not None else _fields(plan) | set(findings.account_fields(kind))

    with pa.ipc.new_stream(sink, tables.FINDINGS, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as out:
        for group in stored.read(Path(unit.path), unit.kind, wanted):
            plan = worker.matcher.plan(group.kind)
            if plan.idle:
                continue
            hits = worker.matcher.match_columns(group.kind, group.columns(_fields(plan)))
            rows = [finding for row, rules in hits for finding in _of(worker.rules, plan, group, row, rules)]
            count += len(rows)
            for start in range(0, len(rows), 10_000):
                out.write_batch(findings.batch(rows[start : start + 10_000]))
    return Answer(sink.getvalue().to_pybytes(), count, tuple(sorted(worker.slow)))


def _fields(plan: Plan) -> set[str]:
    """All names of fields that a plan looks up by name."""
    return {name for place in range(len(plan.fields)) for name in plan.names(place)} | plan.asked


def _of(rules: RuleSet, plan: Plan, group: stored.Group, row: int, held: Sequence[int]) -> Iterator[Finding]:
    event, fixed = group.event(row), group.fixed(row)
    account = findings.account(group.kind, event)
    for number in held:
        entry = rules.entries[number]
        if entry.emits:
            values = findings.cut(plan.evidence(event, number))
            yield Finding(entry.rule, "sigma", kind=group.kind, account=account, values=values, **fixed)
