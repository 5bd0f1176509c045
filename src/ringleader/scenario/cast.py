"""Actors ready to play: read from files, and their acts checked against those that there are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from ringleader.errors import ConfigError
from ringleader.scenario.actor import Actor, Routine, Session
from ringleader.scenario.acts import mistake
from ringleader.scenario.blueprint import checked


def read(path: Path) -> Actor:
    """Raises :class:`ConfigError` with all mistakes of the file."""
    found = checked(Actor, path)
    said = []
    for number, intrusion in enumerate(found.intrusions):
        sessions: list[Session | Routine] = [*intrusion.sessions, *intrusion.routines]
        for session in sessions:
            where = f"intrusions.{number}, {session.what!r}"
            said += [f"{where}: {wrong}" for act in session.acts if (wrong := mistake(act.name, act.parameters))]
        said += [
            f"intrusions.{number}: a beacon of {beacon.tool!r}, which is no tool of the actor"
            for beacon in intrusion.beacons
            if beacon.tool not in found.tools | intrusion.tools
        ]
    if said:
        raise ConfigError("\n".join(said), path=str(path), hint="docs/guides/scenarios.md lists the acts")
    return found


def cast(paths: Sequence[Path]) -> list[Actor]:
    """The actors of these files and folders, by id; those that come with Ringleader when there are none."""
    if not paths:
        with as_file(files("ringleader.scenario").joinpath("data/actors")) as folder:
            return cast([folder])
    found: dict[str, Actor] = {}
    for path in paths:
        for file in sorted(path.glob("*.yml")) if path.is_dir() else [path]:
            one = read(file)
            if one.id in found:
                raise ConfigError(f"the actor {one.id!r} is there already", path=str(file))
            found[one.id] = one
    return [found[key] for key in sorted(found)]
