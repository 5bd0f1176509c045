"""The command line: ``ringleader VERB``. One module per verb; each imports what it needs when it is called, so that
``--help`` answers at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from ringleader import __version__
from ringleader.cli import (
    assess,
    attribute,
    cluster,
    decide,
    detect,
    evaluate,
    export,
    hunt,
    ingest,
    init,
    knowledge,
    link,
    options,
    profile,
    report,
    rules,
    scan,
    score,
    screen,
    share,
    show,
    simulate,
    status,
    taxii,
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
            answer = super().invoke(ctx)
            sys.stdout.flush()  # what cannot be written is told here; at the end of Python it would be a traceback
            return answer
        except RingleaderError as problem:
            screen.error(problem)
            raise typer.Exit(problem.exit_code) from problem
        except KeyboardInterrupt as interrupt:
            screen.say("\nStopped. What was finished is kept; the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from interrupt
        except BrokenPipeError as broken:
            screen.forget_stdout()
            raise typer.Exit(BROKEN_PIPE) from broken
        except OSError as trouble:
            # Of the machine, not of ours: a full disk, a folder without permission.
            told = RingleaderError(
                f"{trouble.filename or 'reading or writing failed'}: {trouble.strerror or trouble}",
                hint="check permissions and whether the disk is full",
            )
            screen.error(told)
            screen.drain_stdout()
            raise typer.Exit(told.exit_code) from trouble


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


_START, _CASE, _STAGES, _WHO, _PRACTICE = "Start here", "A case", "Single stages", "Attribution", "Practice"
_OUT = "Hand on"
_OF_STAGES: dict[str, Callable[..., None]] = {
    "ingest": ingest.ingest,
    "detect": detect.detect,
    "link": link.link,
    "profile": profile.profile,
    "cluster": cluster.cluster,
    "attribute": attribute.attribute,
    "assess": assess.assess,
    "report": report.report,
}
_VERBS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (_START, hunt.hunt, "Run all stages on a case, doing only what is new."),
    (_START, scan.scan, "Match rules against evidence without a case."),
    (_CASE, init.init, "Make a case, with a commented ringleader.toml."),
    (_CASE, status.status, "What was read, from when to when, and what could not be."),
    (
        _CASE,
        show.show,
        "List the intrusions, or tell one as a story: entry, phases, hosts, accounts, gaps, weakest link, traits.",
    ),
    (_CASE, decide.decide, "Say that intrusions are of one actor or of two; clustering obeys."),
    (_CASE, verify.verify, "Recompute the hashes of all evidence and tables."),
    *((_STAGES, _OF_STAGES[stage.name], f"{stage.what[0].upper()}{stage.what[1:]}.") for stage in STAGES),
    (_OUT, export.export, "Write what was found for others' tools: STIX, MISP, Navigator, Timesketch, Sigma and more."),
    (_OUT, share.share, "Write profiles of the intrusions for other operators: no log line, no name of yours."),
    (_PRACTICE, simulate.simulate, "Write the logs of a made-up operator with made-up intruders, and the truth apart."),
    (_PRACTICE, score.score, "Hold what was found in a synthetic operator's logs beside the truth about it."),
)
"""Panel, verb (a function's name is the verb's) and what it does, in the order of ``--help``."""

for _panel, _verb, _what in _VERBS:
    app.command(_verb.__name__, cls=options.Verb, rich_help_panel=_panel, help=_what)(_verb)
app.add_typer(
    rules.app, name="rules", rich_help_panel="Rules", help="Which detection rules there are, and which do not work."
)
app.add_typer(
    knowledge.app,
    name="knowledge",
    rich_help_panel=_WHO,
    help="What is published about groups, and how to replace or extend it.",
)
app.add_typer(taxii.app, name="taxii", rich_help_panel=_OUT, help="Send STIX to a TAXII 2.1 server, or fetch it.")
app.add_typer(evaluate.app, name="evaluate", rich_help_panel=_WHO, help="How far to trust what Ringleader says.")


def main() -> None:
    # Each worker would import the script that this runs from, and the command line with it.
    vars(sys.modules["__main__"]).pop("__file__", None)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - closed by who started this: >&-
    try:
        app()
    finally:
        # The work is done or given up. Ctrl-C while Python ends would print a traceback and change nothing.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


__all__ = ["BROKEN_PIPE", "EXIT_CODES", "INTERRUPTED", "app", "main"]
