"""Rival explanations of what two campaigns have in common, with what speaks for and against each.

``hypotheses.yml`` holds the hypotheses and how each kind of evidence bears on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from ringleader.cluster.colocation import Together
from ringleader.cluster.source import Intrusion
from ringleader.compare import Contribution, kinds

SOON = timedelta(days=45)
"""After an eviction, within which a campaign that begins may be a return."""
TELLING = 0.3
"""Nats between the best and the worst hypothesis that make an item worth showing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """``kind`` and ``grade`` as in ``hypotheses.yml``; ``text`` for people."""

    kind: str
    grade: str
    text: str


class _Hypothesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    prior: float


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hypotheses: dict[str, _Hypothesis]
    evidence: dict[str, dict[str, tuple[float, float, float, float]]]
    would_change: dict[str, list[str]]


@cache
def _file() -> _File:
    text = (files(__package__) / "hypotheses.yml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), _File)


def weighed(evidence: Sequence[Evidence]) -> dict[str, Any]:
    """The hypotheses, the likeliest first, each with its weight (they sum to one), and for and against it the items
    that tell it from the others. The weights order the hypotheses; they are no measured probabilities."""
    known = _file()
    names = list(known.hypotheses)
    score = [known.hypotheses[name].prior for name in names]
    speaks: dict[str, tuple[list[dict[str, str]], list[dict[str, str]]]] = {name: ([], []) for name in names}
    for item in evidence:
        nats = known.evidence[item.kind][item.grade]
        middle = sum(nats) / len(nats)
        for place, name in enumerate(names):
            score[place] += nats[place]
            if max(nats) - min(nats) >= TELLING and abs(nats[place] - middle) >= TELLING / 2:
                side = speaks[name][0 if nats[place] > middle else 1]
                side.append({"text": item.text, "strength": _strength(abs(nats[place] - middle))})
    top = max(score)
    odds = [math.exp(value - top) for value in score]
    ordered = sorted(range(len(names)), key=lambda n: (-score[n], n))
    return {
        "hypotheses": [
            {
                "name": names[n], "title": known.hypotheses[names[n]].title, "weight": round(odds[n] / sum(odds), 3),
                "for": speaks[names[n]][0], "against": speaks[names[n]][1],
            }
            for n in ordered
        ],
        "would_change": known.would_change[names[ordered[0]]],
    }  # fmt: skip


def evidence(
    left: Intrusion,
    right: Intrusion,
    lines: Sequence[Contribution],
    timing: Together | None,
    hosts: Together | None,
    evictions: Sequence[datetime],
) -> list[Evidence]:
    """What the comparison of two campaigns, their times and their hosts tell."""
    found = [*_shared(lines), *_hours(lines), _targets(left, right, lines)]
    if timing is not None:
        found.append(_together("timing", timing, "their visits come close to each other"))
    if hosts is not None and hosts.hits:
        found.append(_together("hosts", hosts, "they visit the same hosts close to each other"))
    return [*(item for item in found if item), *_in_time(left, right, evictions)]


def _shared(lines: Sequence[Contribution]) -> Iterable[Evidence]:
    known = kinds()
    joining = [line for line in lines if line.weight > 0 and known.of(line.kind).joins]
    private = [
        line
        for line in joining
        if not known.of(line.kind).copied and known.of(line.kind).family in ("habit", "infrastructure", "access")
    ]
    tools = [line for line in joining if known.of(line.kind).copied]
    yield _graded("private", private, "habits, infrastructure or accounts in common that are hard to copy")
    yield _graded("tools", tools, "tools, names and other things in common that can be copied or bought")


def _graded(kind: str, lines: Sequence[Contribution], what: str) -> Evidence:
    total = sum(line.weight for line in lines)
    grade = "strong" if total >= 8 else "moderate" if total >= 4 else "weak" if total >= 1.5 else "none"
    if grade == "none":
        return Evidence(kind, grade, f"hardly any {what}")
    best = ", ".join(f"{line.kind} {line.value[:60]}" for line in lines[:3])
    return Evidence(kind, grade, f"{what}, {total:.1f} nats: {best}")


def _hours(lines: Sequence[Contribution]) -> Iterable[Evidence]:
    for line in lines:
        if line.kind == "working-hour" and abs(line.weight) >= 0.7:
            yield Evidence("hours", "same" if line.weight > 0 else "different", line.reason)


def _targets(left: Intrusion, right: Intrusion, lines: Sequence[Contribution]) -> Evidence | None:
    mine, theirs = (len(side.profile.values("subscriber")) for side in (left, right))
    if not mine or not theirs:
        return None
    both = sum(line.kind == "subscriber" for line in lines)
    share = both / min(mine, theirs)
    grade = ("none", "few", "weak", "moderate", "strong")[min(both, 4)] if share >= 0.2 or both < 2 else "few"
    return Evidence("targets", grade, f"{both} subscribers looked up by both, of {mine} and {theirs}")


def _together(kind: str, found: Together, what: str) -> Evidence:
    p, z = found.p_value, found.z
    # In short telemetry no p-value can be small; how far beyond chance it is then tells more. Those who have nothing to
    # do with each other come to 1.2 on average: all have busy and quiet weeks.
    least = max(0.01, 2 / found.days)
    grade = "none"
    if p <= 0.06 and z >= 2.5:
        grade = "strong" if p <= least and z >= 4 else "moderate" if z >= 3 else "weak"
    more = f"{found.hits} times, {found.expected:.1f} by chance (p {p:.3f}, {found.days} days)"
    return Evidence(kind, grade, f"{what}: {more}" if grade != "none" else f"no more than chance: {what} {more}")


def _in_time(left: Intrusion, right: Intrusion, evictions: Sequence[datetime]) -> Iterable[Evidence]:
    if not (left.first_time and left.last_time and right.first_time and right.last_time):
        return
    before, after = sorted((left, right), key=lambda one: (one.first_time, one.id))
    assert before.last_time is not None
    assert after.first_time is not None
    if before.last_time < after.first_time:
        between = [time for time in evictions if before.last_time <= time <= after.first_time]
        if between and after.first_time - between[0] <= SOON:
            days = (after.first_time - between[0]).days
            yield Evidence("return", "moderate", f"one ends with an eviction, the other begins {days} days after it")
    else:
        assert after.last_time is not None
        shared = min(before.last_time, after.last_time) - after.first_time
        if shared >= timedelta(days=3):
            yield Evidence("parallel", "weak", f"both are there at once for {shared.days} days")


def _strength(nats: float) -> str:
    return "strong" if nats >= 1.5 else "moderate" if nats >= 0.7 else "weak"
