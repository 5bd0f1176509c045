"""What a store asks of the disk: durable folders, one writer at a time, and a clear word when the disk is full."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ringleader.errors import CaseBusy, StoreError

try:
    import fcntl
except ImportError:  # Windows: no lock, one writer is the user's promise there
    fcntl = None  # type: ignore[assignment]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sync_folder(folder: Path) -> None:
    """Make renames into ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writing_to(root: Path) -> Iterator[None]:
    """Turn errors of the disk into a :class:`StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StoreError(
                f"the disk of {root} is full; nothing of the current step was kept, all earlier steps are",
                hint="free some space and run the same command again: it goes on where it stopped",
            ) from error
        raise StoreError(
            f"cannot write to {root}: {error}", hint="check permissions and the state of the disk"
        ) from error


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file that has its name once it is whole and on the disk, or never."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def is_full(error: OSError) -> bool:
    return error.errno in _FULL or "No space left" in str(error)


def lock(path: Path) -> IO[bytes]:
    """Take the writer's lock, or raise :class:`CaseBusy` naming the holder. Closing the file, or dying, gives it
    back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+b")
    if fcntl is None:
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        holder = handle.read(20).decode("ascii", "replace").strip() or "unknown"
        handle.close()
        raise CaseBusy(
            f"another process (pid {holder}) is writing to {path.parent}", hint="wait until it has finished"
        ) from error
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n".encode())
    handle.flush()
    return handle
