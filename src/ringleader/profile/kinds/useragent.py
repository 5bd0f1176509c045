"""User agents."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class UserAgent(Plain):
    name = "user-agent"
    what = "what a client says that it is"
    most = 50

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for agent in sighting.all("user_agent"):
            # IIS writes + for a space.
            text = agent if " " in agent else agent.replace("+", " ")
            yield Mark(text.strip()[:300], "claimed")
