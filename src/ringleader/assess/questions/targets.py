"""Whose records did they read?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from ringleader.assess import lookups
from ringleader.assess.ground import Ground, Intrusion
from ringleader.assess.lookups import Session
from ringleader.assess.statement import DAY, Aspect, Confidence, Statement, iso
from ringleader.schema.shown import count, listed


class Targets:
    aspects: tuple[Aspect, ...] = ("targets",)
    what = "whose records each intrusion read: how many subscribers, singly, by list or in bulk, of which period"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "targets": {
            "subscribers": "numbers, only with `--clear-subscribers`",
            "subscriber_hashes": "else: the numbers by HMAC-SHA-256 with the case's key (`subscribers.key`)",
            "count": "different subscribers named in statements that were answered",
            "single, list, bulk": "statements that name one subscriber, several, or none and so read all",
            "failed": "statements that the database refused",
            "tables": "tables read, most first",
            "period": "from and to: times of the records that were asked for, as far as the statements say",
            "times": "first and last: when they were read",
            "sessions": "list: client (host), account, user, program, first, last, statements",
            "background": "statements by others that name subscribers: program, account, statements; most first",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        found = lookups.of(ground)
        if not found.recorded:
            yield Statement(
                "case", ground.about, "targets",
                "No logs of databases (Oracle, PostgreSQL) are in the evidence, so whose records were read there cannot"
                " be said.", "unknown",
            )  # fmt: skip
        if found.left_out:
            yield Statement(
                "case", ground.about, "targets",
                f"{count(found.left_out, 'statement')} of databases were beyond what is held at once and were not"
                " looked at.", "unknown",
            )  # fmt: skip
        for one in ground.intrusions:
            some = [session for session in found.owned.get(one.id, ()) if session.reads]
            if some:
                yield _said(ground, one, some, found)


def _said(ground: Ground, one: Intrusion, some: list[Session], found: lookups.Lookups) -> Statement:
    reads = [read for session in some for read in session.reads if read.answered]
    failed = sum(1 for session in some for read in session.reads if not read.answered)
    numbers = sorted({number for read in reads for number in read.numbers})
    modes = Counter(read.how for read in reads)
    tables = [name for name, _ in Counter(read.table for read in reads if read.table).most_common(20)]
    periods = [read.period for read in reads if read.period]
    spans = (min(p[0] for p in periods), max(p[1] for p in periods)) if periods else None
    times = [read.time for read in reads] or [session.first for session in some]
    others = sorted(found.background.items(), key=lambda item: (-item[1], item[0]))
    data = {
        "subscribers" if ground.clear else "subscriber_hashes": sorted(map(ground.hide, numbers)),
        "count": len(numbers), "single": modes["single"], "list": modes["list"], "bulk": modes["bulk"],
        "failed": failed, "tables": tables,
        "period": {"from": iso(spans[0]), "to": iso(spans[1])} if spans else None,
        "times": {"first": iso(min(times)), "last": iso(max(times))},
        "sessions": [
            {"client": session.host, "account": session.account, "user": session.user, "program": session.program,
             "first": iso(session.first), "last": iso(session.last), "statements": len(session.reads)}
            for session in some[:200]
        ],
        "background": [
            {"program": program, "account": account, "statements": count} for (program, account), count in others[:20]
        ],
    }  # fmt: skip
    sure: Confidence = "high" if all(session.sure for session in some) else "moderate"
    if not reads:
        text = f"Tried to read subscribers' records, which the database refused: {count(failed, 'statement')}."
        return Statement("intrusion", one.id, "targets", text, sure, _findings(some), data)
    ways = [
        said
        for number, said in (
            (modes["single"], f"{modes['single']:,} one by one"),
            (modes["list"], f"{modes['list']:,} by list"),
            (modes["bulk"], f"{modes['bulk']:,} in bulk, without naming anyone"),
        )
        if number
    ]
    whom = f"the records of {count(len(numbers), 'subscriber')}" if numbers else "subscribers' records"
    text = f"Read {whom} in {count(len(reads), 'statement')} ({listed(ways)})"
    text += (
        f" between {ground.day(min(times))} and {ground.day(max(times))}"
        if max(times) - min(times) >= DAY
        else f" on {ground.day(times[0])}"
    )
    if spans:
        text += f"; the records are of {(iso(spans[0]) or '?')[:10]} to {(iso(spans[1]) or '?')[:10]}"
    by_others = sum(found.background.values())
    text += f". In all the evidence others made {count(by_others, 'statement')} that name subscribers"
    text += f", most with {others[0][0][0] or 'an unnamed program'}." if others else "."
    return Statement("intrusion", one.id, "targets", text, sure, _findings(some), data)


def _findings(some: list[Session]) -> list[str]:
    return [finding for session in some for finding in session.findings]
