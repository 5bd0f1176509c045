"""The one comparison. Clustering compares intrusions with it, overlap campaigns, attribution a campaign with groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ringleader.compare import hours
from ringleader.compare.background import Commonness
from ringleader.compare.contribution import Contribution, shared
from ringleader.compare.kinds import kinds
from ringleader.compare.trait import Profile

CAP = 12.0
"""Most that one family of kinds may say, in nats: its traits depend on each other, and their sum says too much."""

BACK_OFF = 0.5
"""Share of its weight that a technique keeps when only its parent, or a sibling, is shared."""

BURNT = 0.3
"""Share of its weight that something keeps which can be copied and was known since an eviction."""

HOURS = "working-hour"
SILENT = ("host-hour", "time-zone", HOURS)
"""Kinds that say nothing value by value: where and when is for co-location, and hours are compared as a whole."""


@dataclass(frozen=True)
class Comparison:
    """The lines, heaviest first; ``total`` is their sum, with each family held at CAP. ``only_left`` and ``only_right``
    are what one side lacks: no penalty, for telemetry and reports have holes, but leads for a hunt."""

    contributions: tuple[Contribution, ...]
    total: float
    only_left: tuple[tuple[str, str], ...]
    only_right: tuple[tuple[str, str], ...]

    def by_kind(self) -> dict[str, float]:
        """Sum of each kind's lines, not held at CAP."""
        return _summed(self.contributions, lambda kind: kind)

    def by_family(self) -> dict[str, float]:
        """Sum of each family's lines, held at CAP."""
        return by_family(self.contributions)


def compare(
    a: Profile,
    b: Profile,
    background: Commonness,
    implied: Mapping[str, Iterable[str]] | None = None,
    evictions: Sequence[datetime] = (),
) -> Comparison:
    """Log-likelihood ratio of "the same actor" against "two of the background", as a sum of lines with reasons.

    ``implied`` maps software to the techniques that its use implies: where both profiles share a tool, those techniques
    count once, with it. Traits of one artefact (a file by name, path and hash), told by what findings they rest on,
    count once as well. What can be copied says less where one of ``evictions`` lies between its two uses: whoever was
    thrown out knows that it is known, and so does anyone who wants to be taken for him. Symmetric in ``a`` and ``b``.
    """
    lines = contributions(a, b, background, implied, evictions)
    return Comparison(
        tuple(lines),
        sum(by_family(lines).values()),
        tuple(sorted(a.traits.keys() - b.traits.keys())),
        tuple(sorted(b.traits.keys() - a.traits.keys())),
    )


def contributions(
    a: Profile,
    b: Profile,
    background: Commonness,
    implied: Mapping[str, Iterable[str]] | None = None,
    evictions: Sequence[datetime] = (),
) -> list[Contribution]:
    """The lines alone, heaviest first."""
    both = sorted(a.traits.keys() & b.traits.keys())
    tools = [value for kind, value in both if kind == "software"]
    covered = {technique: tool for tool in reversed(tools) for technique in (implied or {}).get(tool, ())}
    lines = []
    for kind, value in both:
        if kind in SILENT:
            continue
        if kind == "technique" and value in covered:
            lines.append(Contribution(kind, value, 0.0, f"already said by {covered[value]}, which implies it"))
            continue
        weight = shared(1.0, background.share(kind, value), _trust(a, b, kind, value))
        lines.append(Contribution(kind, value, float(weight), background.reason(kind, value)))
    lines = [_aged(line, a, b, evictions) for line in _once(a, b, lines)]
    lines += _backed_off(a, b, background, {value for kind, value in both if kind == "technique"} | set(covered))
    lines += _hours(a, b)
    lines.sort(key=_order)
    return lines


def by_family(lines: Iterable[Contribution]) -> dict[str, float]:
    """Sum of each family's lines, held at CAP."""
    known = kinds()
    return {family: min(total, CAP) for family, total in _summed(lines, lambda kind: known.of(kind).family).items()}


def _order(line: Contribution) -> tuple[float, str, str]:
    return -line.weight, line.kind, line.value


def _trust(a: Profile, b: Profile, kind: str, value: str) -> float:
    return a.traits[kind, value].trust * b.traits[kind, value].trust


def _once(a: Profile, b: Profile, lines: list[Contribution]) -> list[Contribution]:
    """Of the traits of one artefact only the heaviest keeps its weight. They are of one artefact where they rest on the
    same findings on both sides."""
    known = kinds()
    kept: list[tuple[Contribution, frozenset[str], frozenset[str]]] = []
    out = []
    for line in sorted(lines, key=_order):
        if not known.of(line.kind).artefact:
            out.append(line)
            continue
        key = line.kind, line.value
        left, right = a.traits[key].findings, b.traits[key].findings
        said = next((one for one, l, r in kept if left & l and right & r), None)  # noqa: E741
        if said is None:
            kept.append((line, left, right))
            out.append(line)
        else:
            reason = f"the same thing as {said.kind} {said.value[:80]}, which counts"
            out.append(Contribution(line.kind, line.value, 0.0, reason))
    return out


def _aged(line: Contribution, a: Profile, b: Profile, evictions: Sequence[datetime]) -> Contribution:
    if not evictions or line.weight <= 0 or not kinds().of(line.kind).copied:
        return line
    one, other = a.traits[line.kind, line.value], b.traits[line.kind, line.value]
    time = evicted((one.first_time, one.last_time), (other.first_time, other.last_time), evictions)
    if time is None:
        return line
    reason = f"{line.reason}; known since the eviction of {time:%Y-%m-%d}, and used again after it"
    return Contribution(line.kind, line.value, line.weight * BURNT, reason)


def evicted(
    one: tuple[datetime | None, datetime | None],
    other: tuple[datetime | None, datetime | None],
    evictions: Iterable[datetime],
) -> datetime | None:
    """The first eviction after the last time of the one and before the first time of the other, whichever is first."""
    for before, after in ((one[1], other[0]), (other[1], one[0])):
        if before is not None and after is not None and before < after:
            return min((time for time in evictions if before < time < after), default=None)
    return None


def _hours(a: Profile, b: Profile) -> list[Contribution]:
    left, right = histogram(a), histogram(b)
    if not left or not right:
        return []
    weight = hours.likeness(left, right)
    if not weight:
        return []
    said = "they work at the same hours" if weight > 0 else "they work at different hours"
    days = min(sum(left.values()), sum(right.values()))
    return [Contribution(HOURS, "", weight, f"{said} ({days} hours of work of the one known least)")]


def histogram(profile: Profile) -> dict[int, int]:
    """Hour of the day, UTC, to the days on which somebody worked in it."""
    return {int(t.value): t.count for t in profile if t.kind == HOURS and t.value.isdecimal() and int(t.value) < 24}


def _backed_off(a: Profile, b: Profile, background: Commonness, done: set[str]) -> list[Contribution]:
    """Techniques of which both have only the parent, or siblings, in common. Each parent counts once."""
    parents = {value.partition(".")[0] for value in done}
    left, right = _by_parent(a), _by_parent(b)
    lines = []
    for parent in sorted(left.keys() & right.keys() - parents):
        share = sum(background.share("technique", value) for value in sorted({parent, *left[parent], *right[parent]}))
        trust = max(a.traits["technique", v].trust for v in left[parent]) * max(
            b.traits["technique", v].trust for v in right[parent]
        )
        weight = BACK_OFF * float(shared(1.0, min(share, 1.0), trust))
        lines.append(Contribution("technique", parent, weight, "not the same sub-technique, but the same technique"))
    return lines


def _by_parent(profile: Profile) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in profile.values("technique"):
        found.setdefault(value.partition(".")[0], []).append(value)
    return found


def _summed(lines: Iterable[Contribution], group: Callable[[str], str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        name = group(line.kind)
        found[name] = found.get(name, 0.0) + line.weight
    return found
