"""Named pipes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting

_CHANGING = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b|\d{2,}")


class NamedPipe(Plain):
    name = "named-pipe"
    what = "name of a pipe, lower case, with numbers replaced"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for name in sighting.all("pipe"):
            plain = name.lstrip("\\").lower()[:120]
            if plain and not plain.startswith("<anonymous"):
                yield Mark(_CHANGING.sub("<number>", plain), "name")
