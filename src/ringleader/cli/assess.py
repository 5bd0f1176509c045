"""``ringleader assess``"""

from __future__ import annotations

from typing import Annotated

import typer

from ringleader.cli import options, stage


def assess(
    case: options.CasePath,
    clear_subscribers: Annotated[
        bool,
        typer.Option(
            "--clear-subscribers",
            help="Keep the numbers of subscribers whose records were read, and watched accounts, as they are, not as"
            " keyed hashes, until this runs again.",
        ),
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    stage.perform("assess", case, as_json=as_json, clear_subscribers=clear_subscribers)
