"""How common traits are in one organisation: what its telemetry shows outside the intrusions, and how common they are
among intruders, by what is published or, where nothing is, by the prior of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringleader.compare.kinds import kinds

MASS = 20.0
"""Weight of the prior, in host-days: a single host-day says little about what is common."""


@dataclass(frozen=True, slots=True)
class Seen:
    """On how many of how many host-days a value was seen where no intrusion that has it was at work."""

    units: int
    of: int


@dataclass(frozen=True)
class Local:
    """``telemetry`` by (kind, value). ``published`` is the share of known groups by (kind, value), of ``groups``."""

    telemetry: Mapping[tuple[str, str], Seen]
    published: Mapping[tuple[str, str], float]
    groups: int = 0

    def share(self, kind: str, value: str) -> float:
        """Share of unrelated intrusions that would show the value: the greatest of what others of the trade do and what
        the organisation's own people do, for either makes a thing common. The former is the share of published groups
        where that is known, else the prior of the kind; the latter the share of other host-days, with MASS host-days
        of the prior."""
        published = self.published.get((kind, value))
        trade = kinds().prior(kind, value) if published is None else published
        seen = self.telemetry.get((kind, value))
        own = 0.0 if seen is None else (seen.units + MASS * trade) / (seen.of + MASS)
        return min(max(trade, own), 1.0)

    def reason(self, kind: str, value: str) -> str:
        said = []
        published = self.published.get((kind, value))
        if published is not None:
            said.append(f"{published:.0%} of known groups have it" if published >= 0.005 else "hardly a group has it")
        if (seen := self.telemetry.get((kind, value))) is not None:
            said.append(
                f"seen on {seen.units:,} of {seen.of:,} other host-days"
                if seen.units
                else f"on none of {seen.of:,} other host-days"
            )
        return ", ".join(said) or "taken to be as rare as others of its kind"
