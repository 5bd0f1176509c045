"""Services that were made."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class Service(Plain):
    name = "service"
    what = "name of a service that was installed, lower case"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for name in sighting.all("service"):
            yield Mark(name.strip().lower()[:120], "name")
