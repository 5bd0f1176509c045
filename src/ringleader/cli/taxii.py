"""``ringleader taxii``: STIX to and from a TAXII 2.1 server."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ringleader.cli import export, options, screen
from ringleader.cli.scan import writing

app = typer.Typer(no_args_is_help=True)

Collection = Annotated[
    str,
    typer.Argument(
        metavar="URL", help="Address of a collection: https://HOST/API-ROOT/collections/ID/.", show_default=False
    ),
]
Discovery = Annotated[
    str, typer.Argument(metavar="URL", help="Discovery address: https://HOST/taxii2/.", show_default=False)
]
Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE", help="File to write, - for stdout.", show_default=False),
]
After = Annotated[
    datetime | None,
    typer.Option(
        "--added-after", metavar="TIME", help="Only what the server got after this time, UTC.", show_default=False
    ),
]
Wait = Annotated[
    int, typer.Option("--wait", metavar="SECONDS", min=1, max=3600, help="How long to wait for processing.")
]


@app.command("push", cls=options.Verb, help="Send what `export stix` would write to a collection.")
def push(
    case: options.CasePath,
    url: Collection,
    tlp: export.Mark = None,
    with_victims: export.WithVictims = False,
    redact: export.Redact = False,
    as_of: export.AsOf = None,
    outside: export.Outside = 0,
    wait: Wait = 60,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.export import BY_NAME
    from ringleader.export.formats.stix import objects
    from ringleader.export.taxii import push as send

    chosen = export.choose(export.marking(tlp, case), with_victims, redact, as_of, outside)
    _, source = export.open_source(case)
    made = objects(source, chosen)
    done = send(url, made, wait=wait)
    for note in BY_NAME["stix"].notes(source, chosen):
        screen.say(note)
    if as_json:
        screen.data(done)
    else:
        told = [("sent", done.sent), ("accepted", done.accepted), ("there", done.there), ("pending", done.pending)]
        screen.facts([(name, f"{number:,}") for name, number in told])


@app.command("pull", cls=options.Verb, help="Write a collection's objects as a STIX bundle.")
def pull(
    url: Collection,
    out: Out,
    added_after: After = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.export.taxii import pull as fetch

    after = options.utc(added_after)
    path = None if out == Path("-") else out
    with writing(path) as file:
        count = fetch(url, file, added_after=after.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if after else None)
    if path is None:
        return
    if as_json:
        screen.data({"path": path, "objects": count})
    else:
        screen.facts([("bundle", str(path)), ("objects", f"{count:,}")])


@app.command("list", cls=options.Verb, help="The collections of a server.")
def list_collections(url: Discovery, as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    from ringleader.export.taxii import collections

    found = collections(url)
    if as_json:
        screen.data(found)
        return
    rows = [(one.title, "yes" if one.can_read else "no", "yes" if one.can_write else "no", one.url) for one in found]
    screen.table(["collection", "read", "write", "address"], rows)
