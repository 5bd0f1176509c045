"""Where and when at once."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.hours import HOUR, hour_of
from ringleader.profile.sighting import Context, Sighting


class HostHour(Plain):
    name = "host-hour"
    what = "host and hour, UTC, in which something happened: who else was there?"
    most = 500
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if sighting.host and sighting.time is not None and 0 <= sighting.time < 253_000_000_000 * 1_000_000:
            yield Mark(f"{sighting.host} {hour_of(str(sighting.time // HOUR)):%Y-%m-%dT%H}", "recorded")
