"""Where things lie in a store: one place that knows names of files and folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ringleader.schema import tables

FIELD_PREFIX = "field:"
"""Put before a source field's name where a fixed column of events has that name (or where it begins like this
itself)."""

MIXED = "_many"
"""Folder of the files that hold events of several kinds: those with few events in a package, and those beyond the
number that it may have files for. The column ``kind`` tells them apart."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``root`` is the folder ``store`` of a case."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.jsonl"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def temporary(self) -> Path:
        """Same file system as the tables, so that a rename out of it is atomic. Emptied by the next writer."""
        return self.root / "tmp"

    @property
    def spool(self) -> Path:
        """Members of archives while they are read. Private to the user: evidence is sensitive."""
        return self.temporary / "spool"

    def table(self, name: str) -> Path:
        return self.root / name

    def file(self, path: str) -> Path:
        return self.root / path


def events_path(kind: str, package: str) -> str:
    """Path of the file with the events of one kind from one package, below the store's root."""
    return f"events/{kind}/{package}.parquet"


def kind_of(path: str) -> str:
    """The kind whose events lie in the file ``path``, :data:`MIXED` for the mixed file. Inverse of
    :func:`events_path`."""
    return str(PurePosixPath(path).parent).removeprefix("events").lstrip("/")


def table_of(path: str) -> str:
    return PurePosixPath(path).parts[0]


def is_table(name: str) -> bool:
    return name in tables.ALL


def column_name(field: str) -> str:
    """The column in which the source's ``field`` is stored: its own name unless that is taken by a fixed column."""
    if field in _FIXED or field.startswith(FIELD_PREFIX):
        return FIELD_PREFIX + field
    return field


def field_name(column: str) -> str:
    """Inverse of :func:`column_name`."""
    return column.removeprefix(FIELD_PREFIX)


_FIXED = frozenset(tables.EVENTS.names)
