"""Findings from evidence at once, without a case: the same readers, kernel and findings as ``hunt``, for triage.

Nothing is hashed or stored, so an event is named by its path and its place there. This module is what the parent needs;
``work`` and all that it imports is for workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ringleader.detect import ruleset
from ringleader.detect.correlate import Correlator
from ringleader.detect.findings import Finding
from ringleader.detect.sequence import MAX_ROWS, Seen, sequences
from ringleader.engines import Engine, Failure
from ringleader.engines.progress import Progress, Silent
from ringleader.errors import EvidenceError
from ringleader.ingest.limits import Limits
from ringleader.ingest.readers import BLOCK
from ringleader.ingest.stream import Piece, Stream
from ringleader.schema.batch import NOTICES

SHARE = 64 << 20
"""Bytes of evidence for each worker, at least: what rules ask and values satisfy, each worker learns for itself."""


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

    ``progress`` is told of what could not be read, and of rules that were too slow for some values. Evidence on which a
    worker takes too long or needs too much memory costs its piece. Raises :class:`EvidenceError` at the end if there
    was no event.
    """
    watcher = progress or Silent()
    limits = limits or Limits(package=BLOCK)
    found, kept = ruleset.load(rules)
    engine.prepare(_prepare, str(kept))
    if unusable := [each for each in found.problems if each.severity == "error"]:
        first = unusable[0]
        watcher.say(
            f"not used: {len(unusable):,} of the rules, such as {first.path}:{first.line}: {first.message}; "
            "see: ringleader rules check"
        )
    watcher.begin("Matching rules", None, "bytes")
    seen: list[Seen] = []
    slow: set[int] = set()
    events, rejects = 0, Counter[str]()
    examples: dict[str, str] = {}  # code to the first path
    with Stream(evidence, engine=engine, limits=limits) as stream:
        pieces, most = _shared(stream.pieces(), engine.workers)
        units = (Work(piece, str(kept)) for piece in pieces)
        answers = engine.map(
            _work, units, timeout=lambda unit: limits.timeout(unit.piece.size), memory=limits.memory, most=most
        )
        for unit, answer in answers:
            stream.done(unit.piece)
            watcher.advance(unit.piece.size)
            shown = unit.piece.evidence.shown
            if isinstance(answer, Failure):
                watcher.say(f"{shown}: {answer.code}: {answer.detail}")
                continue
            events += answer.events
            rejects += answer.rejects
            for code in answer.rejects:
                examples.setdefault(code, shown)
            slow |= answer.slow
            seen.extend(islice(answer.seen, max(0, MAX_ROWS - len(seen))))
            yield from answer.findings
        for item in stream.refused:
            rejects[item.code] += 1
            examples.setdefault(item.code, item.path)
    yield from sequences(Correlator(found.correlations), seen)
    if len(seen) >= MAX_ROWS:
        watcher.say(f"correlations saw only the first {MAX_ROWS:,} events of their rules")
    for number in sorted(slow):
        watcher.say(f"{found.entries[number].rule.title}: its expression took too long on some values")
    for code, count in sorted(rejects.items()):
        watcher.say(f"{'noted' if code in NOTICES else 'not read'}: {count:,} x {code}, such as in {examples[code]}")
    watcher.say(f"{events:,} events, {len(found.entries) + len(found.correlations):,} rules")
    if not events:
        raise EvidenceError(
            "none of the evidence could be read: no file of a known format holds a whole event, or there is none",
            hint="name event logs such as .evtx, JSON lines, IIS, Exchange or Zeek logs, or archives of them",
        )


def _shared(pieces: Iterator[Piece], workers: int) -> tuple[Iterator[Piece], int]:
    """The same pieces, and by how many workers they should be shared."""
    drawn: list[Piece] = []
    size = 0
    for piece in pieces:
        drawn.append(piece)
        size += piece.size
        if size >= (workers - 1) * SHARE:
            break
    return chain(drawn, pieces), min(workers, 1 + size // SHARE)


def _work(unit: Work) -> Answer:
    from ringleader.scan import work  # here, as only workers need it

    return work.work(unit)


def _prepare(kept: str) -> None:
    from ringleader.scan import work

    work.prepare(kept)
