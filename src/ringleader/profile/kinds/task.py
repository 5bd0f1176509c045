"""Scheduled tasks that were made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.sighting import Context, Sighting
from ringleader.profile.template import words


class Task(Plain):
    name = "scheduled-task"
    what = "name of a scheduled task, lower case, without the leading backslash"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for name in sighting.all("task"):
            yield Mark(_plain(name), "name")
        for command in commands(sighting):
            if "/tn" in command.lower():
                line = [word.text for word in words(command)]
                for before, name in pairwise(line):
                    if before.lower() == "/tn":
                        yield Mark(_plain(name), "name")


def _plain(name: str) -> str:
    return name.strip().lstrip("\\").lower()[:120]
