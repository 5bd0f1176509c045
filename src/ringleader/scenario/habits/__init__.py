"""What happens every day although nobody attacks: each habit tells its share of a day.

A habit is one module with ``day(scene)``. It draws from ``scene.chance``, which is its own for the time being, so that
the same day is told alike in any order of days and number of workers, and that one habit's changes move no other's
lines. ``scene.often`` scales routine with the estate's density, ``scene.seldom`` scales what is rare more mildly; the
docstring of each habit says what follows which.
"""

from __future__ import annotations

from collections.abc import Callable

from ringleader.scenario.habits import (
    administrators,
    backup,
    billing,
    browsing,
    chores,
    homeworkers,
    interception,
    linux,
    machines,
    mail,
    mailadmin,
    monitoring,
    office,
    scanner,
    suppliers,
)
from ringleader.scenario.scene import Scene

HABITS: dict[str, Callable[[Scene], None]] = {
    "machines": machines.day,
    "monitoring": monitoring.day,
    "office": office.day,
    "browsing": browsing.day,
    "mail": mail.day,
    "mailadmin": mailadmin.day,
    "administrators": administrators.day,
    "chores": chores.day,
    "backup": backup.day,
    "scanner": scanner.day,
    "billing": billing.day,
    "interception": interception.day,
    "suppliers": suppliers.day,
    "homeworkers": homeworkers.day,
    "linux": linux.day,
}


def tell(scene: Scene) -> None:
    """All habits of the day."""
    before = scene.chance
    for name, habit in HABITS.items():
        scene.chance = scene.estate.chance("habit", name, scene.day)
        habit(scene)
    scene.chance = before
