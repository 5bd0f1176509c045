"""What analytics have counted together about one person is one, and an intrusion if chance hardly makes it."""

from __future__ import annotations

import pytest
from link_world import World

from ringleader.link import link
from ringleader.link.model import Model, model

DAY = 24 * 60


def told(world: World, day: float, rule: str, person: str, chance: str | None, user: str = "app") -> None:
    """A look-up on this day, and what an analytic says of it."""
    world.event("db/oracle", day * DAY, "db01", rule, level="medium", account=user, OS_USERNAME=person)
    row = world.findings[-1]
    row["detector"] = "analytic"
    row["values"] = [("person", person)] + ([("chance", chance)] if chance else [])


def linked(world: World, learnt: Model | None = None) -> list[set[str]]:
    intrusions, steps = link(*world.tables(), learnt=learnt or model())
    by: dict[str, set[str]] = {name: set() for name in intrusions["intrusion_id"].to_pylist()}
    for step in steps.to_pylist():
        by[step["intrusion_id"]].add(step["finding_id"])
    return [by[name] for name in by]


def test_weeks_of_one_person_are_one_intrusion() -> None:
    world = World()
    for day in (0, 6, 19, 33):
        told(world, day, "of-the-same", "c.das", "1e-6")
    assert linked(world) == [{row["finding_id"] for row in world.findings}]


def test_two_analytics_say_more_than_one() -> None:
    alone, both = World(), World()
    for day in (0, 6):
        told(alone, day, "after-hours", "c.das", "9e-4")
        told(both, day, "after-hours", "c.das", "9e-4")
        told(both, day + 1, "of-the-same", "c.das", "9e-4")
    assert linked(alone) == []
    assert len(linked(both)) == 1


def test_what_one_analytic_says_often_counts_once() -> None:
    world = World()
    for day in range(20):
        told(world, day, "after-hours", "c.das", "9e-4")
    assert linked(world) == []


def test_persons_stay_apart() -> None:
    world = World()
    for day in (0, 6):
        told(world, day, "of-the-same", "c.das", "1e-6", user="app1")
        told(world, day + 2, "of-the-same", "g.nair", "1e-6", user="app2")
    assert len(linked(world)) == 2


def test_what_is_said_of_somebody_without_a_chance_joins_only_who_stands_out() -> None:
    world = World()
    told(world, 0, "of-the-same", "c.das", "1e-6")
    told(world, 3, "once", "c.das", None)
    told(world, 4, "once", "k.tan", None)
    told(world, 9, "once", "k.tan", None)
    (only,) = linked(world)
    assert {name.partition(":")[0] for name in only} == {"of-the-same", "once"}
    assert len(only) == 2


@pytest.mark.parametrize("chance", ["", "often", "nan", "2", "-1", "1e999"])
def test_a_chance_that_is_none_surprises_nobody(chance: str) -> None:
    world = World()
    for day in (0, 6):
        told(world, day, "of-the-same", "c.das", chance)
    assert linked(world) == []


def test_the_daily_work_of_who_stands_out_stays_apart() -> None:
    world = World()
    for day in range(0, 30, 3):
        told(world, day, "of-the-same", "c.das", "1e-6")
        desk = {"OS_USERNAME": "c.das", "USERHOST": "ws07", "DBUSERNAME": "app", "CLIENT_PROGRAM_NAME": "app.exe"}
        world.events[-1].update(desk)
        world.event("db/oracle", day * DAY + 300, "db01", "list-read", level="medium", account="app", **desk)
    (only,) = linked(world)
    assert {name.partition(":")[0] for name in only} == {"of-the-same"}
