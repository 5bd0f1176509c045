"""``ringleader simulate``"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ringleader.cli import options, screen


class ScaleName(StrEnum):
    """Those of ``scenario.simulate.SCALES``; written out, for a type checker cannot follow more."""

    TINY = "tiny"
    SMALL = "small"
    YEAR = "year"
    DECADE = "decade"


Folder = Annotated[Path, typer.Argument(metavar="DIR", help="New folder for all that is written.", show_default=False)]
Size = Annotated[
    ScaleName, typer.Option("--scale", help="How many hosts and days: 50 and 40, 100 and 120, 400 and 365 or 3650.")
]
Hosts = Annotated[
    int | None,
    typer.Option(min=30, max=5000, help="Hosts of each operator, instead of the scale's.", show_default=False),
]
Days = Annotated[int | None, typer.Option(min=7, max=7300, help="Days, instead of the scale's.", show_default=False)]
Seed = Annotated[int, typer.Option(help="Another number, another story; the same number, the same bytes.")]
Start = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The first day.")]
Operators = Annotated[
    list[str] | None,
    typer.Option(
        "--operator",
        metavar="NAME|FILE",
        help="alpha, beta, or an operator of your own (YAML). May be repeated: several operators of one region.",
        show_default=False,
    ),
]
Actors = Annotated[
    list[Path] | None,
    typer.Option(
        "--actors",
        metavar="PATH",
        help="Actors of your own: a YAML file, or a folder of them. May be repeated.",
        show_default=False,
    ),
]
Coordinated = Annotated[
    bool,
    typer.Option(
        "--coordinated/--coincidental", help="Whether the actors' overlap in targets and hours has one cause."
    ),
]
BackgroundOnly = Annotated[bool, typer.Option("--background-only", help="No actors at all.")]


def simulate(
    folder: Folder,
    scale: Size = ScaleName.TINY,
    hosts: Hosts = None,
    days: Days = None,
    seed: Seed = 1,
    start: Start = datetime(2019, 1, 7),
    operator: Operators = None,
    actors: Actors = None,
    coordinated: Coordinated = True,
    background_only: BackgroundOnly = False,
    workers: options.Workers = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from dataclasses import asdict, replace

    from ringleader.scenario import cast, simulate
    from ringleader.scenario.operators import operators

    chosen = simulate.SCALES[scale]
    if hosts or days:
        chosen = replace(chosen, name=f"{scale}, changed", hosts=hosts or chosen.hosts, days=days or chosen.days)
    players = () if background_only else tuple(cast.cast(actors or ()))
    first = date(start.year, start.month, start.day)
    setups = [simulate.Setup(one, players, seed, chosen, first, coordinated) for one in operators(operator or ())]
    with screen.Progress() as progress:
        summary = simulate.simulate(folder, setups, engine=options.engine(workers), progress=progress)
    if as_json:
        screen.data(asdict(summary))
        return
    screen.facts(
        [
            (
                "synthetic",
                f"{summary.events:,} events in {summary.files:,} files, {summary.labelled:,} of them by actors",
            ),
            *(
                ("hunt with", f"ringleader hunt {case} {evidence}")
                for case, evidence in zip(summary.cases, summary.evidence, strict=True)
            ),
            *(
                ("then", f"ringleader score {case} {truth}")
                for case, truth in zip(summary.cases, summary.truth, strict=True)
            ),
        ]
    )
