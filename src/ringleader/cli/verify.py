"""``ringleader verify``: is everything still what it was when it was read and written?"""

from __future__ import annotations

from typing import Annotated

import typer

from ringleader.cli import options, screen
from ringleader.schema import shown

Members = Annotated[
    bool, typer.Option("--members", help="Open archives too, though their own hash says that they are unchanged.")
]


def verify(
    case: options.CasePath, members: Members = False, as_json: options.Json = False, quiet: options.Quiet = False
) -> None:
    from ringleader.case import Case
    from ringleader.errors import CheckFailed
    from ringleader.ingest.verify import verify as check
    from ringleader.store import Store

    Case.open(case)
    store = Store.open(case)
    with screen.Progress() as progress:
        progress.begin("Hashing evidence", store.rows("evidence"), "files")
        found = check(store, members=members, progress=lambda _: progress.advance())
    wrong = [*found.tables, *found.evidence]
    if as_json:
        screen.data(found)
    else:
        if wrong:
            screen.table(["what", "where", "detail"], [(item.code, item.path, item.detail) for item in wrong])
        # Evidence may have been moved away since: that is told, but is no fault.
        gone = f"; {len(found.gone):,} no longer in place" if found.gone else ""
        changed = f"{shown.count(found.files, 'file')}, {shown.count(len(found.evidence), 'difference')}{gone}"
        screen.facts([("evidence", changed), ("tables", shown.count(len(found.tables), "difference"))])
    if wrong:
        raise CheckFailed(
            f"{shown.count(len(wrong), 'difference')} found",
            hint="if you changed nothing, keep a copy of the case and of the evidence before anything else",
        )
