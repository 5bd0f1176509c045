"""Whole paths."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile import folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class Path(Plain):
    name = "path"
    what = "path of a program or file, lower case, the person's name in it replaced"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for path in sighting.all("program", "file"):
            if folder.is_path(path):
                yield Mark(folder.plain(path)[:300], "recorded")
