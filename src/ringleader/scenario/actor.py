"""Actors as their YAML files tell them: who they are, what they use, and how each of their intrusions goes.

docs/guides/scenarios.md shows how to write one. :mod:`.cast` reads them and knows which acts there are.
"""

from __future__ import annotations

import ipaddress
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from ringleader.case import Zone
from ringleader.scenario.blueprint import Model, Network, Share
from ringleader.scenario.rhythm import Hours, between

ActorKind = Literal["espionage", "ransomware", "miner", "red-team", "insider", "false-flag"]
EntryKind = Literal["exchange-flaw", "supplier", "stolen-credential", "insider", "web-server", "owa-module"]


def _act(value: Any) -> Any:
    """``- do: NAME`` with its parameters beside it."""
    if not isinstance(value, dict) or not isinstance(value.get("do"), str):
        raise ValueError("an act is written as: {do: NAME, parameter: value}")
    return {"name": value["do"], "parameters": {key: item for key, item in value.items() if key != "do"}}


class Act(Model):
    name: str
    parameters: dict[str, Any] = Field(default={})


Acts = Annotated[list[Annotated[Act, BeforeValidator(_act)]], Field(min_length=1)]


class Session(Model):
    """Hands on the keyboard, once. ``after`` is days since the session before, in a year's story."""

    what: str
    after: float = Field(default=1.0, ge=0)
    acts: Acts


class Routine(Model):
    """A session that comes again and again, from the last of the others to the end. ``every`` is days in a year."""

    what: str
    every: float = Field(gt=0)
    acts: Acts


class Beacon(Model):
    """What an implant does by itself, day and night. ``every`` is hours."""

    tool: str
    at: str
    every: float = Field(default=6.0, gt=0)


class Tool(Model):
    """A program of the actor's. ``file`` is where it lies; the rest is what its version information says."""

    file: str
    original: str = "-"
    description: str = "-"
    company: str = "-"
    signed: bool = False
    arguments: str = ""
    build: str = Field(default="", description="its hashes follow from this; two actors share a tool by sharing it")


class Intrusion(Model):
    """``begins`` and ``ends`` are shares of the simulated time; ``evicted``: it ends because the defenders act."""

    begins: Share
    ends: Share
    evicted: bool = False
    entry: EntryKind
    values: dict[str, str | list[str]] = Field(default={}, description="in the place of the actor's own")
    tools: dict[str, Tool] = Field(default={})
    sessions: list[Session] = Field(min_length=1)
    routines: list[Routine] = Field(default=[])
    beacons: list[Beacon] = Field(default=[])

    @model_validator(mode="after")
    def _ordered(self) -> Intrusion:
        if self.begins >= self.ends:
            raise ValueError(f"begins at {self.begins} and ends at {self.ends}: the end must come later")
        return self


class WorkingHours(Model):
    zone: Zone
    first: int = Field(default=9, ge=0, le=23)
    last: int = Field(default=18, ge=1, le=24)
    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(default=[0, 1, 2, 3, 4], description="0 is Monday")

    def hours(self) -> Hours:
        return between(self.zone, self.first, self.last, tuple(self.days))


class Actor(Model):
    id: str = Field(pattern="^[a-z][a-z0-9-]{1,30}$")
    title: str
    kind: ActorKind
    imitates: str | None = Field(default=None, pattern=r"^G\d{4}$", description="ATT&CK group in whose spirit it is")
    hours: WorkingHours
    pause: float = Field(default=40.0, gt=0, description="seconds between commands, on average")
    addresses: list[Network] = Field(default=[], description="networks that it comes from")
    values: dict[str, str | list[str]] = Field(
        default={}, description="what {name} stands for; of a list, chance picks"
    )
    tools: dict[str, Tool] = Field(default={})
    subscribers: int = Field(default=0, ge=0, description="how many it looks for")
    intrusions: list[Intrusion] = Field(min_length=1)

    @field_validator("intrusions")
    @classmethod
    def _in_order(cls, value: list[Intrusion]) -> list[Intrusion]:
        for before, after in pairwise(value):
            if after.begins < before.ends:
                raise ValueError(f"the intrusion that begins at {after.begins} does so before the one before it ends")
        return value

    @property
    def decoy(self) -> bool:
        return self.kind != "espionage"

    @property
    def places(self) -> list[str]:
        """The addresses that it comes from, at most 32 of each network."""
        return [str(address) for net in self.addresses for address in list(ipaddress.IPv4Network(net).hosts())[:32]]
