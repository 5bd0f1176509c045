"""Small stories, told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.scenario import cast, simulate
from ringleader.scenario.operators import operators


def setup(
    seed: int = 1,
    *,
    days: int = 40,
    hosts: int = 50,
    coordinated: bool = True,
    operator: str = "alpha",
    actors: bool = True,
) -> simulate.Setup:
    scale = replace(simulate.SCALES["tiny"], hosts=hosts, days=days)
    players = tuple(cast.cast(())) if actors else ()
    return simulate.Setup(operators([operator])[0], players, seed, scale, date(2019, 1, 7), coordinated)


def told(folder: Path, one: simulate.Setup, workers: int = 1) -> simulate.Summary:
    return simulate.simulate(folder, [one], engine=Local(workers), progress=Silent())
