"""Command templates."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.software import renamed
from ringleader.profile.sighting import Context, Sighting
from ringleader.profile.template import template

_COMMAND = re.compile(r"<Command>(.{1,1000}?)</Command>", re.S | re.I)
_ARGUMENTS = re.compile(r"<Arguments>(.{1,4000}?)</Arguments>", re.S | re.I)


class CommandTemplate(Plain):
    name = "command-template"
    what = (
        "command line without what changes from use to use: paths by class of folder, hosts, accounts, numbers, dates "
        "and secrets replaced"
    )
    most = 200

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        program = renamed(sighting)
        for command in commands(sighting):
            found = template(command, context.names, program)
            if " " in found:  # a bare program is a file name, and told as such
                yield Mark(found, "recorded")


def commands(sighting: Sighting) -> Iterator[str]:
    """The command lines of an event, a scheduled task's among them."""
    yield from sighting.all("command")
    for content in sighting.all("task_content"):
        text = html.unescape(content) if "&lt;" in content else content
        command, arguments = _COMMAND.search(text), _ARGUMENTS.search(text)
        if command:
            yield html.unescape(f'"{command[1]}" {arguments[1] if arguments else ""}')
