"""Domains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.sighting import Context, Sighting

_URL = re.compile(r"[a-z][a-z0-9+.-]{1,12}://(?:[^/\s'\"@]*@)?([a-z0-9.-]{3,253})", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}")


class Domain(Plain):
    name = "domain"
    what = "name of a host outside that was asked for, connected to, or named in a command's address; lower case"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for text in sighting.all("domain"):
            yield from _marks(text.partition(":")[0], context)
        for command in commands(sighting):
            for found in _URL.findall(command):
                yield from _marks(found, context)


def _marks(text: str, context: Context) -> Iterator[Mark]:
    name = text.strip().rstrip(".").lower()
    if not _DOMAIN.fullmatch(name) or name.endswith((".arpa", ".local", ".localdomain")):
        return
    if any(name == own or name.endswith("." + own) for own in context.domains):
        return
    yield Mark(name[:253], "name")
