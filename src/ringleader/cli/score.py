"""``ringleader score``: what was found in a synthetic operator's logs, beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringleader.cli import figures, options, screen

TruthPath = Annotated[
    Path,
    typer.Argument(
        metavar="TRUTH", help="Folder truth/OPERATOR that the simulation wrote beside the logs.", show_default=False
    ),
]


def score(
    case: options.CasePath, truth: TruthPath, as_json: options.Json = False, quiet: options.Quiet = False
) -> None:
    from ringleader.case import Case
    from ringleader.scenario import score as scenario
    from ringleader.scenario import truth as truths
    from ringleader.store import Store

    opened = Case.open(case)
    result = scenario.score(Store.open(case), truths.read(truth))
    path = scenario.keep(result, opened.reports)
    if as_json:
        screen.data(result)
    else:
        figures.show(result)
        screen.facts([("kept in", str(path))])
