"""``ringleader share``: profiles of intrusions, without a log line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringleader.cli import export, options, screen
from ringleader.cli.scan import writing
from ringleader.schema import shown

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="File to write, - for stdout; by default profiles.json in the case's folder reports.",
        show_default=False,
    ),
]
Redact = Annotated[bool, typer.Option("--redact", help="Leave the organisation's name out.")]


def share(
    case: options.CasePath,
    out: Out = None,
    key_file: options.HashKey = None,
    tlp: export.Mark = None,
    redact: Redact = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.export import share as write
    from ringleader.schema import profiles

    key = None if key_file is None else profiles.read_key(key_file)
    opened, source = export.open_source(case)
    path = None if out == Path("-") else out or opened.reports / "profiles.json"
    if path is not None and out is None:
        path.parent.mkdir(exist_ok=True)
    with writing(path) as file:
        made = write(source, file, key=key, named=not redact, tlp=export.marking(tlp, case))
    if not made.intrusions:
        screen.say("the case has no intrusions; the file holds no profile")
    elif not made.traits:
        screen.say("the intrusions have no traits; run: ringleader profile CASE")
    if path is None:
        return
    left = [{"kind": k, "reason": r, "values": n} for (k, r), n in sorted(made.left_out.items())]
    if as_json:
        screen.data({"path": path, "intrusions": made.intrusions, "traits": made.traits, "left_out": left})
        return
    values = shown.count(made.traits, "trait") + (
        f", hashed with key {profiles.key_id(key)}" if key else ", in the clear"
    )
    screen.facts([("profiles", str(path)), ("intrusions", f"{made.intrusions:,}"), ("values", values)])
    if left:
        screen.heading("Left out")
        screen.table(
            ["kind", "values", "why"], [(one["kind"], one["values"], one["reason"]) for one in left], ["values"]
        )
