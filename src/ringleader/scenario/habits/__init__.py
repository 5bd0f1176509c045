"""What happens every day although nobody attacks: each habit tells its share of a day.

A habit is one module with ``day(scene)``; it draws from ``scene.chance`` only, so that the same day is told alike in
any order of days and number of workers. ``estate.density`` scales how often the routine shows.
"""

from __future__ import annotations

from collections.abc import Callable

from ringleader.scenario.habits import machines
from ringleader.scenario.scene import Scene

HABITS: tuple[Callable[[Scene], None], ...] = (machines.day,)


def tell(scene: Scene) -> None:
    """All habits of the day."""
    for habit in HABITS:
        habit(scene)
