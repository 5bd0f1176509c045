"""How common traits are in one organisation: what its telemetry shows outside the intrusions, what is published, and,
before anything was seen, the prior of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringleader.compare.kinds import kinds

MASS = 20.0
"""Weight of a prior, in host-days: telemetry of less says little about what is rare."""


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
        """Share of unrelated intrusions that would show the value: a Beta prior with the kind's mean and MASS, and
        what was seen. A host-day stands for an intrusion here: what half the host-days show, an intruder's own do by
        chance. The greater of telemetry's share and that of published groups, for either makes a thing common."""
        prior = kinds().prior(kind, value)
        seen = self.telemetry.get((kind, value))
        local = prior if seen is None else (seen.units + MASS * prior) / (seen.of + MASS)
        by = kinds().of(kind).by
        if by != "reports":
            return min(local, 1.0)
        published = self.published.get((kind, value))
        if published is None:  # a tool without an id, a technique that no group is known for
            return min(local, 1.0)
        return min(max(published, local if seen is not None else 0.0), 1.0)

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
        return ", ".join(said) or f"as rare as a {kind} is taken to be"
