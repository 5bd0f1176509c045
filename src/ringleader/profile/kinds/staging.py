"""Folders in which an actor puts things together."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile import facts, folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.sighting import Context, Sighting
from ringleader.profile.template import words


class StagingFolder(Plain):
    name = "staging-folder"
    what = "folder for temporary or odd things into which files are written, or that commands name"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for path in sighting.all("file", "program"):
            if value := _staging(path):
                yield Mark(value, "recorded")
        for command in commands(sighting):
            for word in list(words(command))[:60]:
                if folder.is_path(word.text) and (value := _staging(word.text)):
                    yield Mark(value, "recorded")


def _staging(path: str) -> str:
    place = folder.place(path)
    if (
        place is None
        or place.name not in facts.places().staging
        or " -" in path
        or (place.name == "drive-root" and not folder.ending(path))
    ):
        return ""
    return folder.parent(path)[:200]
