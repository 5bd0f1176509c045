"""``ringleader report``"""

from __future__ import annotations

from typing import Annotated

import typer

from ringleader.cli import options, stage
from ringleader.errors import UsageError
from ringleader.schema.tlp import Tlp


def report(
    case: options.CasePath,
    tlp: Annotated[
        Tlp | None,
        typer.Option(
            "--tlp",
            help="Mark each page with the Traffic Light Protocol 2.0; by default as the case's last report was.",
            show_default=False,
        ),
    ] = None,
    unmarked: Annotated[bool, typer.Option("--unmarked", help="No marking, though the last report had one.")] = False,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="Pseudonyms instead of hosts, accounts, addresses, suppliers and subscribers, in files of their own:"
            " report-redacted. CASE/pseudonyms.json tells them; keep it.",
        ),
    ] = False,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    if tlp and unmarked:
        raise UsageError("--tlp and --unmarked contradict each other", hint="give one of them")
    stage.perform("report", case, timezone=timezone, as_json=as_json, marking=tlp, unmarked=unmarked, redact=redact)
