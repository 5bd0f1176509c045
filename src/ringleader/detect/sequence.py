"""Findings of correlation rules: what base rules saw, put in order of time and run through the correlator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ringleader.detect import findings
from ringleader.detect.correlate import Correlator, Row
from ringleader.detect.findings import Finding
from ringleader.schema.value import show

MAX_ROWS = 2_000_000
"""Events of base rules that one run puts in order; they are held in memory."""


class Seen(msgspec.Struct):
    """An event that a correlation asks for: the digests of the base rules that hold on it, the fields wanted (decoded
    values by Sigma's names), and what a finding needs."""

    rules: tuple[str, ...]
    fields: dict[str, Any]
    evidence_id: str
    event_id: str
    kind: str
    time: int
    host: str | None
    account: str | None


def sequences(correlator: Correlator, seen: list[Seen]) -> Iterator[Finding]:
    """The findings of all correlations over the events seen, in whatever order they come."""
    by_event = {each.event_id: each for each in seen}
    ordered = sorted(seen, key=lambda each: (each.time, each.event_id))
    rows = (Row(each.time, each.rules, each.event_id, each.fields) for each in ordered)
    for hit in correlator.run(rows):
        last = by_event[hit.event_ids[-1]]
        values = {name: show(content) for name, content in hit.group.items()}
        values |= {"events": str(hit.events), "value": show(hit.value)}
        yield Finding(
            hit.correlation.rule,
            "correlation",
            last.evidence_id,
            last.event_id,
            last.kind,
            last.time,
            last.host,
            last.account,
            findings.cut(values),
            hit.event_ids,
        )
