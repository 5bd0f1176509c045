"""``ringleader decide``: what an analyst knows better, kept and obeyed."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from ringleader.cli import options, screen

VERDICTS = ("same", "different", "split", "undo")

Verdict = Annotated[
    str | None,
    typer.Argument(
        metavar="VERDICT",
        help="same: one actor. different: two. split: two, although they are in one campaign now. undo: take a decision"
        " back. None: list what was decided.",
        show_default=False,
    ),
]
Left = Annotated[
    str | None,
    typer.Argument(
        metavar="A", help="An intrusion or campaign, by id or name; for undo a decision.", show_default=False
    ),
]
Right = Annotated[
    str | None,
    typer.Argument(
        metavar="B",
        help="The other. Without it a campaign is split at its weakest bridge.",
        show_default=False,
    ),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why.", show_default=False)]
Who = Annotated[
    str | None,
    typer.Option("--who", metavar="NAME", help="Who decided; by default the user's name.", show_default=False),
]


def decide(
    case: options.CasePath,
    verdict: Verdict = None,
    left: Left = None,
    right: Right = None,
    note: Note = "",
    who: Who = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader import cluster
    from ringleader.case import Case
    from ringleader.errors import UsageError
    from ringleader.store import Store

    Case.open(case)
    store = Store.open(case)
    if verdict is not None and verdict not in VERDICTS:
        raise UsageError(f"{screen.clean(verdict)} is no verdict", hint=f"one of: {', '.join(VERDICTS)}")
    if verdict is not None and not left:
        raise UsageError(f"{verdict} of what?", hint="ringleader decide CASE same|different|split A B --note WHY")
    if verdict == "undo" and left:
        gone = cluster.undo(store, left)
        screen.say(
            f"Taken back: {gone.verdict} {gone.left_id} {gone.right_id}. It counts with the next cluster or hunt."
        )
    elif verdict in ("same", "different", "split") and left:
        name = who or getpass.getuser()
        made = cluster.decide(store, verdict, left, right, note=note, who=name)  # type: ignore[arg-type]
        screen.say(f"Kept as {made.decision_id}. It counts with the next: ringleader cluster {screen.clean(case)}")
    made_so_far = cluster.decisions(store)
    if as_json:
        screen.data(made_so_far)
    elif made_so_far:
        screen.table(
            ["decision", "when", "who", "verdict", "one", "other", "note"],
            [
                (d.decision_id, screen.moment(d.time, "UTC"), d.who, d.verdict, d.left_id[:16], d.right_id[:16], d.note)
                for d in made_so_far
            ],
        )
    else:
        screen.line("no decisions")
