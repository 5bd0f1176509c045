"""Since when, and is it still going on?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.statement import DAY, Aspect, Confidence, Statement, iso
from ringleader.schema.shown import count, listed

RECENT = 3 * DAY
USUAL = 2
"""A campaign goes on if it has been silent at the end for no longer than this many of its longer pauses."""


class Since:
    aspects: tuple[Aspect, ...] = ("since",)
    what = "since when each campaign has been there, how far back the evidence could show it, and whether it goes on"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "since": {
            "first": "time of its earliest finding; for the case that of the earliest event",
            "last": "time of its latest finding; for the case that of the latest event",
            "telemetry_from": "beginning of the telemetry of its first host",
            "telemetry_to": "end of all telemetry",
            "going_on": "true, false, or null where it cannot be told",
            "early": "whether telemetry begins less than a day before, so that it may have been there before",
            "gaps": "for the case: days without events, by source: source, first, last",
            "sources": "for the case: source, its first and last day, and events",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        yield _telemetry(ground)
        if not ground.clustered and ground.intrusions:
            yield Statement(
                "case", ground.about, "since",
                "No campaigns are in the case, so each intrusion is taken as one of its own; what several of them have"
                " in common, such as a return after an eviction, cannot be said.", "unknown",
            )  # fmt: skip
        for one in ground.campaigns:
            yield _campaign(ground, one)


def _telemetry(ground: Ground) -> Statement:
    if ground.span is None:
        return Statement("case", ground.about, "since", "There are no events with a time in this case.", "unknown")
    gaps = [
        {"source": source, "first": iso((before + 1) * DAY), "last": iso(after * DAY - 1)}
        for source, some in ground.days.items()
        for before, after in pairwise(sorted(some))
        if after - before > 1
    ]
    sources = [
        {"source": source, "first": iso(min(some) * DAY), "last": iso(max(some) * DAY), "events": sum(some.values())}
        for source, some in ground.days.items()
        if some
    ]
    ends = [time for span in ground.spans.values() for time in span] or ground.span
    text = f"Telemetry reaches from {ground.day(min(ends))} to {ground.day(max(ends))}: nothing before can be seen."
    if gaps:
        sources_with = sorted({gap["source"] or "" for gap in gaps})
        text += f" {count(len(gaps), 'gap')} of a day or more, in {listed(sources_with)}."
    data = {"first": iso(ground.span[0]), "last": iso(ground.span[1]), "gaps": gaps[:500], "sources": sources}
    return Statement("case", ground.about, "since", text, "high", data=data)


def _campaign(ground: Ground, one: Campaign) -> Statement:
    first = one.steps[0]
    begins = ground.spans.get(first.host, (None, None))[0]
    early = begins is None or one.first - begins < DAY
    end = ground.span[1] if ground.span else one.last
    silent = end - one.last
    pauses = sorted(after.time - before.time for before, after in pairwise(one.steps))
    usual = pauses[len(pauses) * 95 // 100] if pauses else 0
    still = silent <= max(RECENT, USUAL * usual)
    confidence: Confidence = "high" if first.level in ("critical", "high") and not early else "moderate"
    text = f"First seen on {ground.day(one.first)} on {first.host or 'an unknown host'}, last on {ground.day(one.last)}"
    text += f", {count(round((one.last - one.first) / DAY), 'day')} later." if one.last - one.first >= DAY else "."
    if early:
        where = first.host or "that host"
        text += (
            f" Telemetry of {where} begins less than a day before, so that it may have been there earlier."
            if begins is not None
            else f" When telemetry of {where} begins is not known, so that it may have been there earlier."
        )
    else:
        text += f" Telemetry of {first.host} reaches back to {ground.day(begins)}."
    text += (
        " It goes on: its last sign is close to the end of telemetry."
        if still
        else f" It has been silent for {count(round(silent / DAY), 'day')} at the end of telemetry."
    )
    data = {
        "first": iso(one.first), "last": iso(one.last), "telemetry_from": iso(begins), "telemetry_to": iso(end),
        "going_on": still, "early": early,
    }  # fmt: skip
    opening = [step.finding_id for step in one.steps if step.time - one.first < DAY // 24]
    return Statement("campaign", one.id, "since", text, confidence, [*opening[:20], one.steps[-1].finding_id], data)
