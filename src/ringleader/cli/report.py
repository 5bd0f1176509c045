"""``ringleader report``"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ringleader.cli import options, stage


class Marking(StrEnum):
    """Those of ``report.Tlp``; written out, for a type checker cannot follow more."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


def report(
    case: options.CasePath,
    tlp: Annotated[
        Marking | None,
        typer.Option("--tlp", help="Mark each page with the Traffic Light Protocol 2.0.", show_default=False),
    ] = None,
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
    from ringleader.report import Options, Tlp

    wanted = Options(Tlp(tlp.value) if tlp else None, redact)
    stage.perform("report", case, timezone=timezone, as_json=as_json, report=wanted)
