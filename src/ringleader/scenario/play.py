"""An actor at work: what an act has at hand, and the steps that it leaves in the truth."""

from __future__ import annotations

import contextlib
import string
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringleader.case import Role
from ringleader.errors import ConfigError
from ringleader.scenario import chance as chances
from ringleader.scenario import rhythm
from ringleader.scenario.deeds.unix import Shell
from ringleader.scenario.deeds.windows import Binary, Process
from ringleader.scenario.estate import Account
from ringleader.scenario.hosts import Host
from ringleader.scenario.plot import Plot, Visit
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Label


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the truth tells it."""

    intrusion: str
    number: int
    time: int
    host: str
    account: str
    technique: str
    what: str


@dataclass
class Play:
    """``time`` is the present moment of the visit, which acts move on; ``at`` the process or shell that the actor works
    from. ``persistence`` are (kind, host, value) that stay behind, ``looked_up`` the subscribers."""

    scene: Scene
    story: Plot
    visit: Visit
    time: int
    at: Process | Shell | None = None
    steps: list[Step] = field(default_factory=list)
    persistence: list[tuple[str, str, str]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    supplier: str | None = None

    def __post_init__(self) -> None:
        actor, number = self.visit.actor, self.visit.intrusion
        told = actor.intrusions[number]
        draw = self.scene.estate.chance("values", actor.id, number)
        self.draw = self.scene.estate.chance("visit", actor.id, number, self.visit.number, self.visit.quiet)
        chosen = {}
        for name, value in (actor.values | told.values).items():
            # The same at every operator: it is one actor, with one kit.
            own = chances.of(self.scene.estate.seed, "value", actor.id, name, str(value))
            chosen[name] = value if isinstance(value, str) else own.choice(value)
        self.tools = actor.tools | told.tools
        self.address = draw.choice(actor.places or ["192.0.2.66"])
        self._values = chosen
        self._number = 0

    # Where and who

    def host(self, which: str) -> Host:
        """``mail`` is the host of that role that the actor chose for itself, ``mail/2`` the second of that role."""
        role, _, number = which.partition("/")
        try:
            found = self.scene.estate.of_role(Role(role))
        except ValueError as error:
            raise ConfigError(
                f"{which!r} is no role of hosts", path=self.visit.actor.id, hint="one of: " + ", ".join(Role)
            ) from error
        if not found:
            raise ConfigError(f"the operator has no host of the role {role!r}", path=self.visit.actor.id)
        if number:
            return found[(int(number) - 1) % len(found)]
        return self.scene.estate.chance("choice", self.visit.actor.id, role).choice(found)

    def account(self, name: str) -> Account:
        """``administrator`` is one of the operator's, by chance the same each time; otherwise the account's name."""
        people = self.scene.estate.of_job(name)
        if people:
            return self.scene.estate.chance("account", self.visit.actor.id, name).choice(people).account
        if name in self.scene.estate.services:
            return self.scene.estate.services[name]
        return self.scene.estate.account(self.text(name), admin=True)

    def tool(self, name: str) -> Binary:
        try:
            tool = self.tools[name]
        except KeyError as error:
            raise ConfigError(f"the tool {name!r} is not among the actor's", path=self.visit.actor.id) from error
        build = tool.build or f"{self.visit.actor.id} {name} {tool.file}"
        return Binary(self.text(tool.file), tool.original, tool.description, tool.company, build, tool.signed)

    def command(self, name: str, arguments: str | None = None) -> str:
        """The command line of a tool of the actor's."""
        tool = self.tools[name]
        return f"{self.text(tool.file)} {self.text(tool.arguments if arguments is None else arguments)}".strip()

    # Words

    def text(self, template: str) -> str:
        """``{name}`` in the place of the actor's values, of hosts by role and of chance."""
        try:
            return string.Formatter().vformat(template, (), _Words(self))
        except (KeyError, ValueError, IndexError) as error:
            raise ConfigError(f"{template!r}: nothing is called {error}", path=self.visit.actor.id) from error

    # Time

    def pause(self, factor: float = 1.0) -> int:
        """Go on after the actor's usual pause; the new moment."""
        seconds = self.draw.expovariate(1 / (self.visit.actor.pause * factor)) + 1.5
        self.time += int(seconds * rhythm.SECOND)
        return self.time

    # The truth

    @contextlib.contextmanager
    def step(self, technique: str, what: str, host: Host, account: str = "") -> Iterator[int]:
        """What is written inside is one step; its moment is given."""
        self._number += 1
        number = self.visit.number * 100 + self._number if not self.visit.quiet else 1_000_000 + self.visit.number
        label = Label(self.visit.actor.id, self.visit.name, number, technique)
        self.steps.append(Step(self.visit.name, number, self.time, host.fqdn.lower(), account, technique, what))
        with self.scene.labelled(label):
            yield self.time


class _Words(dict[str, str]):
    """What braces in an actor's texts stand for."""

    def __init__(self, play: Play) -> None:
        super().__init__(play._values)
        self._play = play

    def __getitem__(self, name: str) -> str:
        play = self._play
        if name in self:
            value = super().__getitem__(name)
            return play.text(value) if "{" in value else value
        match name:
            case "domain":
                return play.scene.estate.operator.domain
            case "netbios":
                return play.scene.estate.operator.netbios
            case "network":
                return play.scene.estate.operator.network
            case "address":
                return play.address
            case "date":
                return f"{rhythm.stamp(play.time):%Y%m%d}"
            case "number":
                return str(play.draw.randrange(10, 9999))
            case "word":
                return play.draw.choice(_WORDS)
            case "blob":
                return "".join(play.draw.choices(string.ascii_letters + string.digits, k=play.draw.randrange(160, 420)))
        role = name.replace("_", "-")  # roles have dashes, names in braces cannot: {domain_controller}
        if role.partition("/")[0] not in set(Role):
            raise KeyError(name)
        return play.host(role).name


_WORDS = ("amber", "basalt", "cedar", "delta", "ember", "fjord", "granite", "harbor", "indigo", "juniper")
