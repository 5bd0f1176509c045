"""What the hosts are to the operator."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class VictimRole(Plain):
    name = "victim-role"
    what = "role of a host on which something happened, from ringleader.toml"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if role := context.roles.get(sighting.host):
            yield Mark(role, "recorded")
