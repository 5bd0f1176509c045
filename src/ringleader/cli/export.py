"""``ringleader export``: what was found, for others' tools."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringleader.cli import options, screen
from ringleader.cli.scan import writing
from ringleader.schema.tlp import Tlp

if TYPE_CHECKING:
    from ringleader.case import Case
    from ringleader.export import Options, Source


CaseOrNone = Annotated[Path | None, typer.Argument(metavar="CASE", help="Folder of the case.", show_default=False)]
Format = Annotated[
    str | None, typer.Argument(metavar="FORMAT", help="Which format; --list names them.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="PATH",
        help="File to write, - for stdout; by default export.* in the case's folder reports.",
        show_default=False,
    ),
]
ListThem = Annotated[bool, typer.Option("--list", help="List the formats and what each is for.")]
Mark = Annotated[
    Tlp | None,
    typer.Option(
        "--tlp",
        help="How far the export may go: Traffic Light Protocol 2.0; by default amber, or as the case's last report"
        " where that is stricter.",
        show_default=False,
    ),
]
WithVictims = Annotated[
    bool, typer.Option("--with-victims", help="Name hosts and accounts in formats that leave them out by default.")
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact", help="Keep names of hosts, accounts and the organisation out of every format; pseudonyms instead."
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Time of the last change to write into objects, UTC; by default that of the latest event. A later one"
        " replaces objects that a receiver already has.",
        show_default=False,
    ),
]
Outside = Annotated[
    int,
    typer.Option(
        "--false-positives",
        metavar="N",
        min=0,
        max=1000,
        help="Export a value as an indicator though it matches up to N stored events that no intrusion explains.",
    ),
]


def export(
    case: CaseOrNone = None,
    format: Format = None,
    out: Out = None,
    list_them: ListThem = False,
    tlp: Mark = None,
    with_victims: WithVictims = False,
    redact: Redact = False,
    as_of: AsOf = None,
    outside: Outside = 0,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.errors import UsageError
    from ringleader.export import EXPORTERS

    if list_them:
        rows = [(one.name, "named" if one.internal else "left out", one.what) for one in EXPORTERS]
        if as_json:
            screen.data([{"format": n, "victims": v, "what": w} for n, v, w in rows])
        else:
            screen.table(["format", "hosts, accounts", "what it is for"], rows)
        return
    if case is None or format is None:
        raise UsageError("name a case and a format", hint="ringleader export CASE FORMAT; --list names the formats")
    from ringleader.export import export as write
    from ringleader.export.stage import find

    exporter = find(format)
    chosen = choose(marking(tlp, case), with_victims, redact, as_of, outside)
    opened, source = open_source(case)
    to_stdout = out == Path("-")
    path = None if to_stdout else out or opened.reports / f"export{exporter.suffix}"
    if path is not None and out is None:
        path.parent.mkdir(exist_ok=True)
    with writing(path) as file:
        made = write(exporter, source, file, chosen)
    for note in made.notes:
        screen.say(note)
    if path is None:
        return
    if as_json:
        screen.data({"format": made.format, "path": path, "bytes": path.stat().st_size, "notes": made.notes})
    else:
        screen.facts([(made.format, str(path)), ("marked", chosen.tlp.label)])


def choose(tlp: Tlp, with_victims: bool, redact: bool, as_of: datetime | None, outside: int) -> Options:
    """What goes into an export."""
    from ringleader.errors import UsageError
    from ringleader.export import Options

    if redact and with_victims:
        raise UsageError("--redact and --with-victims contradict each other", hint="give one of them")
    return Options(
        tlp=tlp,
        victims=True if with_victims else False if redact else None,
        named=not redact,
        as_of=options.utc(as_of),
        outside=outside,
    )


def marking(given: Tlp | None, case: Path) -> Tlp:
    """What was marked as red once does not leave as amber because nobody said it again."""
    from ringleader import pipeline

    return given or max(Tlp.AMBER, pipeline.marking_before(case / "store") or Tlp.CLEAR, key=list(Tlp).index)


def open_source(path: Path) -> tuple[Case, Source]:
    from ringleader.case import Case
    from ringleader.export import Source
    from ringleader.store import Store

    opened = Case.open(path)
    return opened, Source(Store.open(opened.root), opened.config)
