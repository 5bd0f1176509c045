"""The order of tactics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ringleader.profile.gather import Gathered
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting
from ringleader.schema.order import TACTICS


class TacticsOrder(Plain):
    name = "tactics-order"
    what = "ATT&CK tactics in the order in which they were first seen"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if sighting.time is not None:
            for tactic in sighting.tactics:
                yield Mark(tactic, "derived")

    def whole(self, found: Mapping[str, Gathered]) -> dict[str, Gathered]:
        if len(found) < 2:
            return {}
        together = Gathered()
        for one in found.values():
            together.join(one)
        return {" > ".join(sorted(found, key=lambda name: (found[name].first or 0, _place(name)))): together}


def _place(name: str) -> tuple[int, str]:
    return (TACTICS.index(name) if name in TACTICS else len(TACTICS), name)
