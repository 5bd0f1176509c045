"""Whom each campaign is like: the table attributions, and the leads that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pyarrow as pa

from ringleader.compare import likelihood
from ringleader.knowledge import Knowledge
from ringleader.report.model import Attribution, Candidate, Lead, Without
from ringleader.report.overlap import contributions, finite, named
from ringleader.report.payload import Payload
from ringleader.report.source import Row
from ringleader.report.text import Show

CANDIDATES = 8
"""Candidates of one campaign that are listed, unknown among them."""
LEADS = 40


def read(
    table: pa.Table, numbers: Mapping[str, int], knowledge: Knowledge, show: Show
) -> tuple[dict[int, Attribution], list[Lead]]:
    """By campaign number; and the leads of all, in the campaigns' order, the greatest gain first."""
    rows: defaultdict[int, list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        if row["campaign_id"] in numbers:
            rows[numbers[row["campaign_id"]]].append(row)
    found, leads = {}, []
    for number in sorted(rows):
        some = sorted(rows[number], key=lambda row: (row["rank"] is None, row["rank"] or 0, row["candidate"] or ""))
        kept = [*some[:CANDIDATES], *(row for row in some[CANDIDATES:] if row["candidate"] == "unknown")]
        detail = Payload.parse(next((row["detail"] for row in some if row["detail"]), None), show)
        found[number] = Attribution(
            candidates=[_candidate(row, at, knowledge, show) for at, row in enumerate(kept)],
            band=_band(detail.one("band"), detail),
            confidence=detail.text("confidence", longest=300),
            without=[
                Without(
                    each.text("without", longest=60).removeprefix("all "),
                    named(each.text("leader", longest=120), knowledge),
                    each.number("probability"),
                    each.number("unknown"),
                )
                for each in detail.each("without_kind")
            ],
            planted=_planted(detail, knowledge),
            notes=detail.words("notes"),
        )
        own = [_lead(each, number, knowledge) for each in detail.each("leads")]
        leads += sorted(own, key=lambda lead: (-(lead.gain or 0), lead.technique, lead.group))[:LEADS]
    return found, leads


def _candidate(row: Row, at: int, knowledge: Knowledge, show: Show) -> Candidate:
    probability = finite(row["probability"]) or 0.0
    return Candidate(
        id=show(row["candidate"], 80),
        name=show(row["name"], 200) or show(row["candidate"], 80),
        rank=row["rank"] or at + 1,
        probability=probability,
        words=likelihood.word(probability),
        verdict=show(row["verdict"], 120),
        # Of the others the lines would say little: who reads them wants the first two beside each other.
        contributions=contributions(row["contributions"], knowledge, show) if at < 2 else [],
    )


def _band(band: Payload, detail: Payload) -> str:
    word = band.text("word", longest=60) or detail.text("band", longest=60)
    span = band.raw("range")
    if isinstance(span, list) and len(span) == 2 and all(isinstance(end, int | float) for end in span):
        return f"{word} ({float(span[0]):.0%} to {float(span[1]):.0%})" if all(0 <= end <= 1 for end in span) else word
    return f"{word} ({band.text('range', longest=60)})" if isinstance(span, str) and span else word


def _planted(detail: Payload, knowledge: Knowledge) -> str:
    """In words: what the answer is without the item that does most, should it be false."""
    item = detail.one("planted")
    if not item:
        return detail.text("planted")
    value = named(item.text("without", "value", "item", longest=300), knowledge)
    what = " ".join(part for part in (item.text("kind", longest=60), value) if part) or "one item"
    leader = named(item.text("leader", "name", longest=120), knowledge)
    then, unknown = item.number("probability"), item.number("unknown")
    told = f"Should {what} be planted, "
    if leader == "unknown":
        told += "none of the known groups would lead"
        told += f" with {share(unknown or then or 0)}" if unknown or then else ""
    else:
        told += f"{leader} would lead the groups" if leader else "the answer would move most"
        told += f" with {share(then)}" if then is not None else ""
        told += f", and none of the known groups would have {share(unknown)}" if unknown is not None else ""
    reason = item.text("reason", "text")
    return f"{told}. {reason}" if reason else f"{told}."


def share(value: float) -> str:
    return f"{value:.0%}" if value >= 0.01 else "under 1%"


def _lead(each: Payload, number: int, knowledge: Knowledge) -> Lead:
    technique = each.text("technique", longest=60)
    entity = knowledge.entities.get(technique)
    group = each.text("group", longest=120)
    known = knowledge.entities.get(group)
    seen, of = each.number("seen_in"), each.number("of")
    return Lead(
        campaign=number,
        technique=technique,
        name=entity.name if entity else each.text("name", longest=200),
        group=f"{known.name} ({group})" if known else group,
        seen_in=f"{seen:,.0f} of {of:,.0f}" if seen is not None and of is not None else each.text("seen_in"),
        gain=each.number("gain"),
    )
