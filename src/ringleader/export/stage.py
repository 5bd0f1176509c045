"""Write one format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TextIO

from ringleader.errors import UsageError
from ringleader.export.base import Exporter, Options, Source
from ringleader.export.formats import BY_NAME


@dataclass(frozen=True, slots=True)
class Summary:
    """``notes``: what is missing or was left out, for people."""

    format: str
    characters: int
    notes: tuple[str, ...]


def find(name: str) -> Exporter:
    """The exporter of this name. Raises ``UsageError``."""
    if name not in BY_NAME:
        raise UsageError(f"no format is called {name!r}", hint=f"one of {', '.join(BY_NAME)}; --list explains them")
    return BY_NAME[name]


def export(exporter: Exporter, source: Source, out: TextIO, options: Options) -> Summary:
    """Write into ``out``. The same case and options give the same characters."""
    chosen = options if options.victims is not None else replace(options, victims=exporter.internal)
    characters = 0
    for piece in exporter.write(source, chosen):
        characters += out.write(piece)
    notes = list(exporter.notes(source, chosen))
    if not source.material.subjects:
        notes.insert(0, "the case has no intrusions; there is little to tell")
    elif source.material.stand_in:
        notes.insert(0, "the case has no campaigns; each intrusion stands for one")
    return Summary(exporter.name, characters, tuple(notes))
