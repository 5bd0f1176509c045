"""7z archives through py7zr, with a hold on what is written and how much."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import py7zr
from py7zr.exceptions import ArchiveError
from py7zr.io import Py7zIO, WriterFactory

Damaged = ArchiveError
"""Base of what py7zr raises for archives that it cannot read."""


class TooLargeError(Exception):
    pass


def members(source: BinaryIO) -> list[tuple[str, tuple[str, str] | None]]:
    """Names of the members that are no folders, each with the reason (code, detail) for which it cannot be read, or
    None."""
    source.seek(0)
    with py7zr.SevenZipFile(source, "r") as archive:
        locked = ("archive-encrypted", "needs a password") if archive.needs_password() else None
        link = ("archive-link", "a link or device, not a file")
        return [
            (info.filename, locked or (None if info.is_file else link))
            for info in archive.list()
            if not info.is_directory
        ]


def unpack(source: BinaryIO, names: Sequence[str], folder: Path, room: int) -> dict[str, Path]:
    """Write the members ``names`` into ``folder`` under numbers; which is where is returned. At most ``room`` bytes."""
    if not names:
        return {}
    factory = _Numbered(folder, room)
    source.seek(0)
    with py7zr.SevenZipFile(source, "r") as archive:
        archive.extract(targets=list(names), factory=factory)
    # py7zr calls a second member of one name NAME_0; those are not asked for.
    return {name: factory.paths[name] for name in names if name in factory.paths}


class _Numbered(WriterFactory):
    def __init__(self, folder: Path, room: int) -> None:
        self.folder = folder
        self.room = room
        self.paths: dict[str, Path] = {}

    def create(self, filename: str) -> Py7zIO:
        path = self.folder / str(len(self.paths))
        self.paths[filename] = path
        return _Sink(path, self)


class _Sink(Py7zIO):
    """Takes one member's bytes and lets go of the file between writes: an archive may have more members than a
    process may have open files."""

    def __init__(self, path: Path, owner: _Numbered) -> None:
        self._path = path
        self._owner = owner
        self._size = 0
        path.touch()

    def write(self, s: bytes | bytearray) -> int:
        self._owner.room -= len(s)
        if self._owner.room < 0:
            raise TooLargeError("more comes out than the limits of ratio and size allow")
        with self._path.open("ab") as out:
            out.write(s)
        self._size += len(s)
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return self._size


__all__ = ["Damaged", "TooLargeError", "members", "unpack"]
