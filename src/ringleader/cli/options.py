"""Options that several verbs share, so that they are called and explained alike."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from ringleader.cli import screen
from ringleader.errors import UsageError
from ringleader.schema import shown

if TYPE_CHECKING:
    from ringleader.engines import Engine


class Level(StrEnum):
    """Those of ``schema.order``; written out, for a type checker cannot follow more."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Verb(TyperCommand):
    """A command whose usage line shows what must be given as it is: CASE, not {CASE}."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}").replace("}...", "...") for piece in super().collect_usage_pieces(ctx)]


def _quiet(value: bool) -> bool:
    screen.quiet = value
    return value


CasePath = Annotated[Path, typer.Argument(metavar="CASE", help="Folder of the case.", show_default=False)]
Evidence = Annotated[
    list[Path],
    typer.Argument(
        metavar="EVIDENCE", help="Files, folders or archives; formats are found by content.", show_default=False
    ),
]
MoreEvidence = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="EVIDENCE",
        help="New files, folders or archives; none to use what was read before.",
        show_default=False,
    ),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        "-r",
        metavar="PATH",
        help="Sigma rules besides the built-in ones: a file, a folder or a zip such as SigmaHQ's. May be repeated.",
        show_default=False,
    ),
]
NoBuiltin = Annotated[bool, typer.Option("--no-builtin", help="Leave the built-in rules out.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        "-w",
        metavar="N",
        min=1,
        max=1024,
        help="Processes to use; by default one for each core.",
        show_default=False,
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Whole lists instead of their beginnings.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", callback=_quiet, is_eager=True, help="No progress and no remarks: only results and errors."
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Time zone to show times in, such as Asia/Kuala_Lumpur; by default the case's, else UTC.",
        show_default=False,
    ),
]
HashKey = Annotated[
    Path | None,
    typer.Option(
        "--hash-key-file",
        metavar="KEY",
        help="File with the group's key: shared values are hashes that only holders of the key can compare.",
        show_default=False,
    ),
]
KnowledgePath = Annotated[
    Path | None,
    typer.Option(
        "--knowledge",
        metavar="DIR",
        help="A knowledge base made by `ringleader knowledge build`; by default the built-in one, ATT&CK v18.1.",
        show_default=False,
    ),
]
CaseKnowledge = Annotated[
    Path | None,
    typer.Option(
        "--knowledge",
        metavar="DIR",
        help="A knowledge base made by `ringleader knowledge build`; by default that of the case's last run, else the"
        " built-in one, ATT&CK v18.1. builtin for that.",
        show_default=False,
    ),
]


def zone(name: str | None, default: str = "UTC") -> str:
    """A time zone that exists. Raises ``UsageError``."""
    wanted = default if name is None else name
    try:
        shown.zone(wanted)
    except ValueError as error:
        raise UsageError(str(error), hint="a name such as Europe/Berlin or UTC") from error
    return wanted


def utc(time: datetime | None) -> datetime | None:
    """A time without a zone is UTC."""
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


def engine(workers: int | None) -> Engine:
    from ringleader.engines import Local

    return Local(workers)
