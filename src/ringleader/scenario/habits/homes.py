"""Addresses from which the operator's people come when they are not at work: one at home, one on a journey, and those
of mobile networks, which everybody shares. All lie in documentation's ranges."""

from __future__ import annotations

from ringleader.scenario import chance as chances
from ringleader.scenario.estate import Person
from ringleader.scenario.scene import Scene


def home(scene: Scene, person: Person) -> str:
    """Changes every few weeks, as providers hand out addresses."""
    lease = (scene.day + person.station.code) // 23
    return f"203.0.113.{128 + chances.number(scene.estate.seed, 'home', person.account.name, lease) % 126}"


def mobile(scene: Scene) -> str:
    return f"203.0.113.{100 + scene.chance.randrange(24)}"


def journey(scene: Scene, person: Person) -> str | None:
    """The address of who travels this week: one person in twenty-five."""
    draw = chances.number(scene.estate.seed, "journey", person.account.name, scene.day // 7)
    return f"192.0.2.{128 + draw // 25 % 100}" if draw % 25 == 0 else None


def anywhere(scene: Scene) -> str:
    """Somebody on the Internet."""
    return f"192.0.2.{128 + scene.chance.randrange(126)}"
