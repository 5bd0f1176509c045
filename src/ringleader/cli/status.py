"""``ringleader status``: what was read, from when to when, per kind and host, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringleader.cli import options, screen
from ringleader.schema.batch import NOTICES
from ringleader.schema.shown import size

if TYPE_CHECKING:
    from ringleader.ingest.status import Rejected, Span, Status

SHOWN = 20
"""Kinds and hosts shown without ``--all``."""


def status(
    case: options.CasePath,
    everything: options.Everything = False,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.case import Case
    from ringleader.ingest.status import status as ask
    from ringleader.store import Store

    opened = Case.open(case)
    zone = options.zone(timezone, opened.config.organisation.zone)
    store = Store.open(case)
    answer = ask(store)
    if as_json:
        screen.data(answer)
        return
    _show(answer, zone, most=10**9 if everything else SHOWN)
    found = f"{store.rows('findings'):,} findings, {store.rows('intrusions'):,} intrusions"
    screen.heading("Found")
    screen.facts([("so far", found)])


def _show(answer: Status, zone: str, most: int) -> None:
    screen.heading("Evidence")
    screen.table(
        ["format", "files", "size", "events", "rejected"],
        [(f.format, f"{f.files:,}", size(f.bytes), f"{f.records:,}", f"{f.rejected:,}") for f in answer.evidence],
        right=["files", "size", "events", "rejected"],
    )
    _spans("Kinds", "kind", answer.kinds, zone, most)
    _spans("Hosts", "host", answer.hosts, zone, most)
    if answer.clocks:
        screen.heading("Corrected clocks (seconds added, by host)")
        screen.table(["correction", "evidence"], [(clock.clock, clock.path) for clock in answer.clocks[:most]])
    screen.heading("Not read")
    lost = [reject for reject in answer.rejects if reject.code not in NOTICES]
    if lost:
        _rejects(lost)
    else:
        screen.facts([("nothing", "all that was given was read")])
    if noted := [reject for reject in answer.rejects if reject.code in NOTICES]:
        screen.heading("Noted, though nothing is lost")
        _rejects(noted)


def _rejects(rejects: Sequence[Rejected]) -> None:
    screen.table(
        ["rows", "stage", "code", "for example"],
        [(f"{r.rows:,}", r.stage, r.code, screen.clean(f"{r.path or ''}: {r.detail or ''}", 200)) for r in rejects],
        right=["rows"],
    )


def _spans(title: str, column: str, spans: Sequence[Span], zone: str, most: int) -> None:
    screen.heading(f"{title}: {len(spans):,}")
    screen.table(
        [column, "events", "first", "last"],
        [
            (s.name or "(unknown)", f"{s.events:,}", screen.moment(s.first, zone), screen.moment(s.last, zone))
            for s in spans[:most]
        ],
        right=["events"],
    )
    if len(spans) > most:
        screen.line(f"and {len(spans) - most:,} more; --all shows them")
