"""Habits of packing: which options an archiver is given, and what its archives are called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringleader.profile import facts, folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.kinds.software import renamed
from ringleader.profile.sighting import Context, Sighting
from ringleader.profile.template import template, words

_LIKELY = re.compile(r"-hp|rar|7z|makecab|\btar\b", re.IGNORECASE)
_VOLUME = re.compile(r"-v(\d{1,6}[bkmgt]?)", re.IGNORECASE)


class ArchiveHabit(Plain):
    name = "archive-habit"
    what = "how archives are made: password option, volume size, compression, the archive's ending and class of folder"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        program = renamed(sighting)
        for command in commands(sighting):
            for value in habits(command, program):
                yield Mark(value, "recorded")


def habits(command: str, program: str = "") -> Iterator[str]:
    r"""
    >>> sorted(habits(r"C:\PerfLogs\r.exe a -hpx1y2 -m5 -v200m C:\PerfLogs\w20190131.dat C:\PerfLogs\n.dit"))
    ['compression -m5', 'ending .dat', 'folder perflogs', 'password option -hp', 'volumes 200m']
    """
    if not program and not _LIKELY.search(command):
        return
    found = template(command, program=program).split(" ")
    tool = found[0]
    if tool not in facts.habits().archivers:
        if not (len(found) > 2 and found[1] in facts.secrets().archiver_verbs and "-hp<secret>" in found):
            return
        tool = "rar"  # under another name: no other archiver has -hp
    for habit, pattern in facts.habits().archivers[tool].items():
        kept = next((match[1] for word in found[1:] if (match := re.fullmatch(pattern, word))), None)
        if kept is not None and habit != "volumes":
            yield f"{habit} {kept}"
    arguments = [word.text for word in words(command)][1:]
    for word in arguments:
        if match := _VOLUME.fullmatch(word):
            yield f"volumes {match[1].lower()}"
    plain = [word for word in arguments[1:] if not word.startswith(("-", "/")) or folder.is_path(word)]
    if tool != "tar" and plain and (ending := folder.ending(plain[0])):
        yield f"ending .{ending}"
        if place := folder.place(plain[0]):
            yield f"folder {place.name}"
