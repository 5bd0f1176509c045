"""Techniques, from the tags of the rules that matched."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class Technique(Plain):
    name = "technique"
    what = "ATT&CK technique, from the tags of the rules that matched"
    most = 300
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for technique in sighting.techniques:
            yield Mark(technique, "tag")
