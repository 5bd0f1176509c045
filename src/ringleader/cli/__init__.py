"""The command line: ``ringleader VERB``. One module per verb; each imports what it needs when it is called, so that
``--help`` answers at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from ringleader import __version__
from ringleader.cli import (
    attribute,
    detect,
    evaluate,
    hunt,
    ingest,
    init,
    knowledge,
    link,
    options,
    report,
    rules,
    scan,
    screen,
    status,
    verify,
)
from ringleader.errors import RingleaderError
from ringleader.pipeline import STAGES

INTERRUPTED = 130
BROKEN_PIPE = 141

EXIT_CODES = {
    0: "done; whether anything was found is in the output, not in the exit code",
    INTERRUPTED: "stopped by Ctrl-C; what was finished is kept and the same command goes on from there",
    BROKEN_PIPE: "whoever read the output stopped reading",
}
"""Exit codes beside those of ``ringleader.errors``."""


class _Verbs(TyperGroup):
    """Renders errors on the one way that every verb's call takes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RingleaderError as problem:
            screen.error(problem)
            raise typer.Exit(problem.exit_code) from problem
        except KeyboardInterrupt as interrupt:
            screen.say("\nStopped. What was finished is kept; the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from interrupt
        except BrokenPipeError as broken:
            screen.forget_stdout()
            raise typer.Exit(BROKEN_PIPE) from broken


app = typer.Typer(
    name="ringleader",
    cls=_Verbs,
    help="Finds espionage campaigns in a telecom operator's telemetry.",
    epilog="First time? ringleader hunt CASE EVIDENCE... does everything.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ringleader {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


_STAGE_VERBS: dict[str, Callable[..., None]] = {
    "ingest": ingest.ingest,
    "detect": detect.detect,
    "link": link.link,
    "report": report.report,
}

app.command(
    "hunt", cls=options.Verb, rich_help_panel="Start here", help="Run all stages on a case, doing only what is new."
)(hunt.hunt)
app.command(
    "scan", cls=options.Verb, rich_help_panel="Start here", help="Match rules against evidence without a case."
)(scan.scan)
app.command("init", cls=options.Verb, rich_help_panel="A case", help="Make a case, with a commented ringleader.toml.")(
    init.init
)
app.command(
    "status",
    cls=options.Verb,
    rich_help_panel="A case",
    help="What was read, from when to when, and what could not be.",
)(status.status)
app.command(
    "verify", cls=options.Verb, rich_help_panel="A case", help="Recompute the hashes of all evidence and tables."
)(verify.verify)
for _stage in STAGES:
    app.command(
        _stage.name,
        cls=options.Verb,
        rich_help_panel="Single stages",
        help=f"{_stage.what[0].upper()}{_stage.what[1:]}.",
    )(_STAGE_VERBS[_stage.name])
app.add_typer(
    rules.app, name="rules", rich_help_panel="Rules", help="Which detection rules there are, and which do not work."
)
app.command(
    "attribute",
    cls=options.Verb,
    rich_help_panel="Attribution",
    help="Rank known groups, and none of them, by techniques and software; with reasons.",
)(attribute.attribute)
app.add_typer(
    knowledge.app,
    name="knowledge",
    rich_help_panel="Attribution",
    help="What is published about groups, and how to replace or extend it.",
)
app.add_typer(
    evaluate.app, name="evaluate", rich_help_panel="Attribution", help="How far to trust what Ringleader says."
)


def main() -> None:
    app()


__all__ = ["BROKEN_PIPE", "EXIT_CODES", "INTERRUPTED", "app", "main"]
