"""Names of files."""

from __future__ import annotations

from collections.abc import Iterator

from ringleader.profile import folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting


class FileName(Plain):
    name = "file-name"
    what = "name of a program that ran or a file that was written or loaded, lower case"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for path in sighting.all("program", "file"):
            if name := folder.name(path)[:120]:
                yield Mark(name, "name")
