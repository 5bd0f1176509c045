"""The manifest: one JSON line for each committed transaction. What it does not name is not in the store.

A line is ``{"n": 7, "version": 1, "add": [File...], "remove": [path...], "check": "<16 hex digits>"}``; ``check`` is
the beginning of the SHA-256 of the line without it. A last line that is torn (a kill or a full disk while it was
written) counts as not written, and the next writer cuts it off. Damage anywhere else is an error: something is wrong
with the disk.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import orjson

from ringleader.errors import StoreError
from ringleader.store.disk import sync_folder

VERSION = 1


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Parquet file of a table. ``path`` is relative to the store, with ``/``. ``kinds`` counts the events of each
    kind in a file of several; empty for the others."""

    path: str
    sha256: str
    bytes: int
    rows: int
    kinds: dict[str, int] = {}


@dataclass(slots=True)
class Manifest:
    """The state after all whole lines. ``size`` is the length of the file up to there: what follows is a torn line."""

    files: dict[str, File] = field(default_factory=dict)
    lines: int = 0
    size: int = 0

    def apply(self, add: Iterable[File], remove: Iterable[str]) -> None:
        for path in remove:
            self.files.pop(path, None)
        for item in add:
            self.files[item.path] = item


def load(path: Path) -> Manifest:
    """Read the manifest. A missing file is an empty store."""
    state = Manifest()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return state
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror or error}", hint="check permissions and the state of the disk"
        ) from error
    while state.size < len(content):
        end = content.find(b"\n", state.size)
        line = content[state.size : end] if end >= 0 else b""
        entry = _decode(line, state.lines)
        if entry is None:
            if 0 <= end < len(content) - 1:
                raise StoreError(
                    f"line {state.lines + 1} of {path} is damaged",
                    hint="the disk may be failing; restore the case from a copy, or ingest the evidence anew",
                )
            break
        if entry["version"] > VERSION:
            raise StoreError(
                f"{path} was written by a newer version (format {entry['version']}, this one knows {VERSION})",
                hint="use the version of Ringleader that wrote this case, or a newer one",
            )
        state.apply((msgspec.convert(item, File) for item in entry["add"]), entry["remove"])
        state.lines += 1
        state.size = end + 1
    return state


def append(path: Path, state: Manifest, add: list[File], remove: list[str]) -> None:
    """Write one line durably and apply it to ``state``. When it fails, the file is as it was."""
    line = encode(state.lines, add, remove)
    created = not path.exists()
    with path.open("ab") as out:
        try:
            if out.tell() != state.size:
                out.truncate(state.size)
            out.write(line)
            out.flush()
            os.fsync(out.fileno())
        except OSError:
            out.truncate(state.size)
            raise
    if created:
        sync_folder(path.parent)
    state.apply(add, remove)
    state.lines += 1
    state.size += len(line)


def encode(number: int, add: list[File], remove: list[str]) -> bytes:
    body = orjson.dumps(
        {"n": number, "version": VERSION, "add": [msgspec.to_builtins(item) for item in add], "remove": remove}
    )
    return body[:-1] + b',"check":"' + _check(body) + b'"}\n'


def _decode(line: bytes, number: int) -> dict[str, Any] | None:
    head, found, tail = line.rpartition(b',"check":"')
    if not found or tail[:-2] != _check(head + b"}"):
        return None
    entry: dict[str, Any] = orjson.loads(line)
    return entry if entry["n"] == number else None


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()
