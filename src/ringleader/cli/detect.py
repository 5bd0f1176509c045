"""``ringleader detect``"""

from __future__ import annotations

from typing import Annotated

import typer

from ringleader.cli import options, stage

Check = Annotated[
    bool,
    typer.Option(
        "--check", help="Also match every event with the slow reference matcher, and fail if the answers differ."
    ),
]


def detect(
    case: options.CasePath,
    rules: options.Rules = None,
    no_builtin: options.NoBuiltin = False,
    check: Check = False,
    workers: options.Workers = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    stage.perform("detect", case, rules=rules, no_builtin=no_builtin, check=check, workers=workers, as_json=as_json)
