"""The one comparison. Clustering compares intrusions with it, overlap campaigns, attribution a campaign with groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringleader.compare.background import Background
from ringleader.compare.contribution import Contribution, shared
from ringleader.compare.trait import Profile

CAP = 12.0
"""Most that one kind may say, in nats: the traits of a kind depend on each other, and their sum says too much."""

BACK_OFF = 0.5
"""Share of its weight that a technique keeps when only its parent, or a sibling, is shared."""


@dataclass(frozen=True)
class Comparison:
    """The lines, heaviest first; ``total`` is their sum, with each kind held at CAP. ``only_left`` and ``only_right``
    are what one side lacks: no penalty, for telemetry and reports have holes, but leads for a hunt."""

    contributions: tuple[Contribution, ...]
    total: float
    only_left: tuple[tuple[str, str], ...]
    only_right: tuple[tuple[str, str], ...]

    def by_kind(self) -> dict[str, float]:
        """Sum of each kind's lines, not held at CAP."""
        return _by_kind(self.contributions)


def compare(
    a: Profile, b: Profile, background: Background, implied: Mapping[str, Iterable[str]] | None = None
) -> Comparison:
    """Log-likelihood ratio of "the same actor" against "two of the background", as a sum of lines with reasons.

    ``implied`` maps software to the techniques that its use implies: where both profiles share a tool, those techniques
    count once, with it. Symmetric in ``a`` and ``b``.
    """
    both = sorted(a.traits.keys() & b.traits.keys())
    tools = [value for kind, value in both if kind == "software"]
    covered = {technique: tool for tool in reversed(tools) for technique in (implied or {}).get(tool, ())}
    lines = []
    for kind, value in both:
        if kind == "technique" and value in covered:
            lines.append(Contribution(kind, value, 0.0, f"already said by {covered[value]}, which implies it"))
            continue
        weight = shared(1.0, background.share(kind, value), _trust(a, b, kind, value))
        lines.append(Contribution(kind, value, float(weight), _reason(background, kind, value)))
    lines += _backed_off(a, b, background, {value for kind, value in both if kind == "technique"} | set(covered))
    lines.sort(key=lambda line: (-line.weight, line.kind, line.value))
    return Comparison(
        tuple(lines),
        sum(min(weight, CAP) for weight in _by_kind(lines).values()),
        tuple(sorted(a.traits.keys() - b.traits.keys())),
        tuple(sorted(b.traits.keys() - a.traits.keys())),
    )


def _trust(a: Profile, b: Profile, kind: str, value: str) -> float:
    return a.traits[kind, value].trust * b.traits[kind, value].trust


def _backed_off(a: Profile, b: Profile, background: Background, done: set[str]) -> list[Contribution]:
    """Techniques of which both have only the parent, or siblings, in common. Each parent counts once."""
    parents = {value.partition(".")[0] for value in done}
    left, right = _by_parent(a), _by_parent(b)
    lines = []
    for parent in sorted(left.keys() & right.keys() - parents):
        share = sum(background.share("technique", value) for value in {parent, *left[parent], *right[parent]})
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


def _reason(background: Background, kind: str, value: str) -> str:
    return f"{background.count(kind, value):,} of {background.profiles:,} have it"


def _by_kind(lines: Iterable[Contribution]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        found[line.kind] = found.get(line.kind, 0.0) + line.weight
    return found
