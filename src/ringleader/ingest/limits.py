"""How far hostile evidence can go, and the code of each reason for which evidence is turned down before any reader
sees it."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults fit a laptop; none is reached by ordinary logs."""

    depth: int = 4
    """Containers inside containers. A compressed tar counts once."""
    members: int = 100_000
    """Members of one file on disk, those of inner containers counted in."""
    ratio: int = 250
    """Bytes out for each byte in, per member and for a file on disk as a whole. Deflate cannot go beyond 1032; recorded
    telemetry lies between 5 and 50."""
    ratio_from: int = 256 * MIB
    """Up to this many bytes out, no ratio is too high: short logs of one repeated line are fine."""
    member_bytes: int = 64 * GIB
    """Size of one member."""
    total_bytes: int = 1024 * GIB
    """All that comes out of one file on disk."""
    spool: int | None = None
    """Disk for unpacked members at any one time; by default 8 GiB or a quarter of what is free, whichever is less. A
    member larger than this is turned down."""
    package: int = 64 * MIB
    """Raw bytes parsed in one go: small evidence is packed up to this, larger is cut."""
    memory: int | None = 2 * GIB
    """Memory of one worker process."""
    seconds: float = 60.0
    """Time of one package, plus one second for each ``bytes_per_second``."""
    bytes_per_second: int = 1 * MIB

    def timeout(self, size: int) -> float:
        return self.seconds + size / self.bytes_per_second


CODES: dict[str, str] = {
    "missing": "there is no such file or folder",
    "not-a-file": "a FIFO, socket or device: reading it may never end",
    "broken-link": "the symbolic link leads nowhere",
    "link-loop": "the symbolic link leads to itself or to a folder that is read already",
    "unreadable": "the file or folder cannot be opened or read",
    "changed": "the file changed while it was read; copy it and ingest the copy",
    "empty": "the file has no bytes",
    "unknown-format": "no reader knows this format; the detail is a guess at what it is",
    "duplicate": "the same bytes were read under another path, which the detail names",
    "archive-damaged": "the container is damaged; members before the damage were read",
    "trailing-bytes": "bytes after the end of a complete gzip stream; all that came before them was read",
    "archive-encrypted": "the member needs a password",
    "archive-depth": "containers nested too deeply",
    "archive-members": "too many members; those before were read",
    "archive-bytes": "the member, or all members together, are larger than the limit",
    "archive-ratio": "bytes out for each byte in: a bomb, or as good as one",
    "archive-name": "the member's name climbs out of the container, is absolute, or names a device",
    "archive-link": "the member is a link or a device, not a file",
    "archive-duplicate-name": "a member before has the same name",
    "parser-timeout": "reading this part took too long and was stopped",
    "parser-memory": "reading this part needed too much memory and was stopped",
    "parser-died": "the process reading this part died",
    "parser-error": "reading this part failed in a way nobody foresaw: please report it",
}
"""Codes of rejects that concern a file as a whole. Those of single records are in ``readers.CODES``."""
