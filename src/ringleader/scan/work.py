"""What a worker does with one piece of evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain

from ringleader.detect.kernel import Hit
from ringleader.detect.worker import Worker, opened
from ringleader.ingest import clock, readers
from ringleader.ingest.stream import Piece, read
from ringleader.scan import Answer, Work
from ringleader.schema.batch import Batch


def prepare(kept: str) -> None:
    """Open the rules kept in a file, for all workers that are forked from this process."""
    opened(kept)


def work(unit: Work) -> Answer:
    """All that one piece of evidence gives; in a worker."""
    own = opened(unit.rules)
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
    """Times and hosts of events. Where the whole evidence was not surveyed, the clock is corrected by what the piece's
    first batch shows; ``ingest`` looks at more, and may correct where this does not."""
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
