"""Hashes of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringleader.profile.facts import Basis
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting

_HASH = re.compile(
    r"(?:(MD5|SHA1|SHA256|IMPHASH)=)?\b([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})\b", re.IGNORECASE
)
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}


class FileHash(Plain):
    name = "file-hash"
    what = "sha256:, sha1:, md5: or imphash: of a file, lower case"
    most = 200

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for text in sighting.all("hashes"):
            for found in _HASH.finditer(text):
                name = (found[1] or _BY_LENGTH[len(found[2])]).lower()
                if set(found[2]) != {"0"}:
                    # Programs built from the same parts share an import hash.
                    basis: Basis = "version" if name == "imphash" else "hash"
                    yield Mark(f"{name}:{found[2].lower()}", basis)
