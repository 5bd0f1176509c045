"""Findings from evidence at once, without a case: the same readers, kernel and findings as ``hunt``, for triage.

Nothing is hashed or stored, so an event is named by its path and its place there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ringleader.detect import ruleset, worker
from ringleader.detect.correlate import Correlator
from ringleader.detect.findings import Finding
from ringleader.detect.kernel import Hit
from ringleader.detect.sequence import MAX_ROWS, Seen, sequences
from ringleader.detect.worker import Worker
from ringleader.engines import Engine, Failure
from ringleader.engines.progress import Progress, Silent
from ringleader.ingest import Stream, clock, read, readers
from ringleader.ingest.limits import Limits
from ringleader.ingest.stream import Piece
from ringleader.schema.batch import Batch


class Work(NamedTuple):
    piece: Piece
    rules: str


class Answer(NamedTuple):
    findings: list[Finding]
    seen: list[Seen]
    events: int
    rejects: Counter[str]
    slow: frozenset[int]


def scan(
    evidence: Sequence[Path],
    rules: Sequence[Path],
    *,
    engine: Engine,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Iterator[Finding]:
    """The findings, in the order of the sorted evidence; those of correlations at the end.

    ``progress`` is told of what could not be read, and of rules that were too slow for some values.
    """
    watcher = progress or Silent()
    found, kept = ruleset.load(rules)
    watcher.begin("Matching rules", None, "bytes")
    seen: list[Seen] = []
    slow: set[int] = set()
    events, rejects = 0, Counter[str]()
    with Stream(evidence, engine=engine, limits=limits) as stream:
        units = (Work(piece, str(kept)) for piece in stream.pieces())
        for unit, answer in engine.map(work, units):
            stream.done(unit.piece)
            watcher.advance(unit.piece.size)
            shown = unit.piece.evidence.shown
            if isinstance(answer, Failure):
                watcher.say(f"{shown}: {answer.code}: {answer.detail}")
                continue
            events += answer.events
            rejects += answer.rejects
            slow |= answer.slow
            seen.extend(islice(answer.seen, max(0, MAX_ROWS - len(seen))))
            yield from answer.findings
        refused = Counter(item.code for item in stream.refused)
    yield from sequences(Correlator(found.correlations), seen)
    if len(seen) >= MAX_ROWS:
        watcher.say(f"correlations saw only the first {MAX_ROWS:,} events of their rules")
    for number in sorted(slow):
        watcher.say(f"{found.entries[number].rule.title}: its expression took too long on some values")
    for code, count in sorted((rejects + refused).items()):
        watcher.say(f"not read: {count:,} x {code}")
    watcher.say(f"{events:,} events, {len(found.entries) + len(found.correlations):,} rules")


def work(unit: Work) -> Answer:
    """All that one piece of evidence gives; in a worker."""
    own = worker.opened(unit.rules)
    own.slow.clear()
    answer = Answer([], [], 0, Counter(), frozenset())
    events = 0
    batches = read(unit.piece)
    first = next(batches, None)
    place = _placer(unit.piece, first)
    for batch in chain([] if first is None else [first], batches):
        first = None
        events += len(batch)
        answer.rejects.update(reject.code for reject in batch.rejects)
        if hits := own.matcher.match(batch):
            _take(own, unit.piece.evidence.shown, batch, hits, place, answer)
    return answer._replace(events=events, slow=frozenset(own.slow))


_Place = Callable[[Batch], clock.Columns]


def _placer(piece: Piece, first: Batch | None) -> _Place:
    """Times and hosts of events, with the clock corrected as ``ingest`` would."""
    reader = readers.BY_NAME[piece.evidence.format]
    corrections = dict(piece.evidence.clock)
    if not corrections and first is not None:
        corrections = dict(clock.survey(reader, [first]))
    return lambda batch: clock.columns(reader, batch, corrections)


def _take(own: Worker, shown: str, batch: Batch, hits: list[Hit], place: _Place, answer: Answer) -> None:
    at = [index for index, _ in hits]
    some = Batch(
        [batch.kinds[index] for index in at],
        [batch.events[index] for index in at],
        [batch.offsets[index] for index in at],
        renames=batch.renames,
    )
    columns = place(some)
    for row, (_, held) in enumerate(hits):
        found, seen = own.take(
            held,
            some.events[row],
            some.renames,
            kind=some.kinds[row],
            evidence_id=shown,
            event_id=f"{shown}#{some.offsets[row]}",
            time=columns.time[row],
            host=columns.host[row],
        )
        answer.findings.extend(found)
        if seen is not None:
            answer.seen.append(seen)
