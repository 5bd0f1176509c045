"""From what the user named to the regular files below it, sorted; all else becomes a reject. Opens nothing that could
block."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Refused:
    """Evidence that was not read as events: a row of ``rejects`` that concerns the whole of ``path`` (or its part from
    ``offset`` on)."""

    path: str
    code: str
    detail: str
    evidence_id: str | None = None
    offset: int = -1


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. ``path`` opens it; ``shown`` is its printable form; ``size`` and ``mtime`` (ns) as it was
    found."""

    path: str
    shown: str
    size: int
    mtime: int


@dataclass(slots=True)
class _Walk:
    files: dict[str, Found] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    folders: set[tuple[int, int]] = field(default_factory=set)


def discover(inputs: Iterable[Path | str]) -> tuple[list[Found], list[Refused]]:
    """Files and refusals, each sorted by path, whatever the order of ``inputs``. Paths are absolute."""
    walk = _Walk()
    for path in sorted({os.path.abspath(os.fspath(item)) for item in inputs}, key=os.fsencode):  # noqa: PTH100
        _visit(path, walk)
    by_path = sorted(walk.files.values(), key=lambda found: os.fsencode(found.path))
    return by_path, sorted(walk.refused.values(), key=lambda refused: refused.path)


def shown(path: str) -> str:
    """``path`` as text that can be printed and stored: bytes that are not UTF-8 as ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def open_regular(path: str) -> BinaryIO:
    """Open a regular file; OSError when it has become something else since it was found."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"not a regular file any more: {shown(path)}")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _visit(path: str, walk: _Walk) -> None:
    # Depth first with an own stack: folders can be nested deeper than Python recurses.
    stack = [path]
    while stack:
        current = stack.pop()
        stack.extend(reversed(list(_one(current, walk))))


def _one(path: str, walk: _Walk) -> Iterator[str]:
    """Record ``path``; what is inside when it is a folder."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError as error:
        _refuse(walk, path, _why_not(path, error), os.strerror(error.errno or 0))
        return
    if stat.S_ISREG(status.st_mode):
        walk.files[path] = Found(path, shown(path), status.st_size, status.st_mtime_ns)
    elif stat.S_ISDIR(status.st_mode):
        identity = (status.st_dev, status.st_ino)
        if identity in walk.folders:
            if os.path.islink(path):  # noqa: PTH114
                _refuse(walk, path, "link-loop", "leads to a folder that is read already")
            return
        walk.folders.add(identity)
        try:
            names: Sequence[str] = sorted(os.listdir(path), key=os.fsencode)  # noqa: PTH208
        except OSError as error:
            _refuse(walk, path, "unreadable", os.strerror(error.errno or 0))
            return
        yield from (os.path.join(path, name) for name in names)  # noqa: PTH118
    else:
        _refuse(walk, path, "not-a-file", _special(status.st_mode))


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "unreadable"
    if not os.path.islink(path):  # noqa: PTH114
        return "missing" if isinstance(error, FileNotFoundError) else "unreadable"
    return "broken-link" if isinstance(error, FileNotFoundError) else "link-loop"


def _special(mode: int) -> str:
    for test, name in ((stat.S_ISFIFO, "FIFO"), (stat.S_ISSOCK, "socket"), (stat.S_ISCHR, "character device")):
        if test(mode):
            return name
    return "block device" if stat.S_ISBLK(mode) else "special file"


def _refuse(walk: _Walk, path: str, code: str, detail: str) -> None:
    walk.refused[path] = Refused(shown(path), code, detail)
