"""One day of one operator while it is being told: what deeds write to, and what they need to know."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator
from typing import Any

from ringleader.scenario import chance as chances
from ringleader.scenario import rhythm
from ringleader.scenario.estate import Estate
from ringleader.scenario.hosts import Host
from ringleader.scenario.sheet import Label, Log, Series, Sheet


class Scene:
    """``chance`` is the day's own generator; ``kept`` is what deeds remember within the day, by a key of theirs."""

    def __init__(self, estate: Estate, day: int) -> None:
        self.estate = estate
        self.day = day
        self.sheet = Sheet(day)
        self.chance: random.Random = estate.chance("day", day)
        self.kept: dict[Any, Any] = {}
        self._label: Label | None = None

    def write(self, log: Log, time: int, line: bytes, series: Series = ("", 0)) -> None:
        """``time`` is the true one: it says in which order and in which day's file a line stands. What goes over
        midnight (in UTC) is still written to this day's file, as a shipper that lags does."""
        self.sheet.add(log, time, line, self._label, series)

    @contextlib.contextmanager
    def labelled(self, label: Label) -> Iterator[None]:
        """All that is written inside belongs to ``label``."""
        before, self._label = self._label, label
        try:
            yield
        finally:
            self._label = before

    def silent(self, host: Host) -> bool:
        """Whether nothing of this host was kept on this day."""
        return host.silent[0] <= self.day < host.silent[1]

    def shown(self, host: Host, time: int) -> int:
        """What the clock of ``host`` shows at ``time``."""
        return time + host.slow if host.slow and host.slow_days[0] <= self.day < host.slow_days[1] else time

    def later(self, time: int, seconds: float) -> int:
        """Some time after ``time``: about ``seconds``, with the tail that waiting has."""
        return time + int(self.chance.expovariate(1 / seconds) * rhythm.SECOND) + 1000

    def often(self, mean: float) -> int:
        """How often something of the routine happens, when it does so ``mean`` times at density 1."""
        return chances.count(self.chance, mean * self.estate.density)

    def seldom(self, mean: float) -> int:
        """The same for what is rare and hurts: by the root of the density, so that an operator who shows a hundredth
        of its routine still shows a tenth of this."""
        return chances.count(self.chance, mean * math.sqrt(self.estate.density))

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def within(self, start: int, end: int) -> int:
        """A moment from ``start`` up to ``end``."""
        return start + int(self.chance.random() * (end - start))
