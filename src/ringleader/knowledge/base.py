"""The knowledge base in memory: a few tables, and one question, ``related``."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ringleader.errors import KnowledgeError, UsageError
from ringleader.knowledge import tables
from ringleader.knowledge.alias import Alias, normal
from ringleader.knowledge.citation import Report

BUILT_IN = Path(str(files(__package__))) / "data" / "attack-18.1"
"""The knowledge that ships with Ringleader: ATT&CK Enterprise v18.1, its notice in NOTICE.txt beside the tables."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of the table ``entities``; its columns are explained there."""

    id: str
    kind: str
    name: str
    parent: str | None
    tactics: tuple[str, ...]
    first_seen: dt.date | None
    last_seen: dt.date | None
    origin: str


@dataclass(frozen=True, slots=True)
class Relation:
    """One row of the table ``relations``; ``reports`` are rows of the table ``reports``."""

    source: str
    type: str
    target: str
    reports: tuple[int, ...]
    origin: str
    read_in: str | None


class Knowledge:
    """Tables by name, as in :mod:`ringleader.knowledge.tables`. What is asked for is decoded once."""

    def __init__(self, found: Mapping[str, pa.Table], place: Path | None = None) -> None:
        self.tables = found
        self.place = place

    @classmethod
    def load(cls, folder: Path | None = None) -> Knowledge:
        """The knowledge in ``folder``, by default the built-in one. Raises ``KnowledgeError``."""
        place = BUILT_IN if folder is None else folder
        found = {}
        for name, schema in tables.ALL.items():
            try:
                found[name] = pq.read_table(place / f"{name}.parquet", use_threads=False, memory_map=False)
            except (OSError, pa.ArrowException) as error:
                raise KnowledgeError(
                    f"{place} is no knowledge base: {name}.parquet cannot be read",
                    hint="make one with: ringleader knowledge build BUNDLE --out DIR",
                ) from error
            if not found[name].schema.equals(schema):
                raise KnowledgeError(
                    f"{place}/{name}.parquet has other columns than this version knows", hint="build it again"
                )
            # Without what Parquet notes in the schema, so that what is saved again has the same bytes.
            found[name] = pa.Table.from_arrays(found[name].columns, schema=schema)
        return cls(found, place)

    def save(self, folder: Path) -> None:
        """Write the tables into ``folder``. The same knowledge gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            temporary = folder / f".{name}.parquet"
            pq.write_table(table, temporary, compression="zstd", compression_level=19, write_statistics=False)
            temporary.replace(folder / f"{name}.parquet")

    @cached_property
    def entities(self) -> dict[str, Entity]:
        return {
            row["id"]: Entity(**{**row, "tactics": tuple(row["tactics"])})
            for row in self.tables["entities"].to_pylist()
        }

    @cached_property
    def aliases(self) -> list[Alias]:
        return [Alias(**row) for row in self.tables["aliases"].to_pylist()]

    @cached_property
    def relations(self) -> list[Relation]:
        columns = [self.tables["relations"][name].to_pylist() for name in tables.RELATIONS.names]
        return [Relation(s, kind, t, tuple(r), o, p) for s, kind, t, r, o, p in zip(*columns, strict=True)]

    @cached_property
    def reports(self) -> list[Report]:
        return [
            Report(
                row["name"],
                tuple(row["also"]),
                row["url"],
                (row["first_day"], row["last_day"]) if row["first_day"] else None,
            )
            for row in self.tables["reports"].to_pylist()
        ]

    def of_kind(self, kind: str) -> list[Entity]:
        return [entity for entity in self.entities.values() if entity.kind == kind]

    def related(self, kind: str, key: str) -> list[tuple[Entity, Relation]]:
        """Entities of ``kind`` that the entity ``key`` has a relation with, in either direction, sorted by id."""
        found = [
            (self.entities[other], relation)
            for relation in self._touching.get(key, ())
            for other in (relation.source, relation.target)
            if other != key and self.entities[other].kind == kind
        ]
        return sorted(found, key=lambda pair: pair[0].id)

    def names(self, key: str) -> list[Alias]:
        """All other names of the entity ``key``."""
        return [alias for alias in self.aliases if alias.id == key]

    def find(self, text: str) -> list[Entity]:
        """Entities whose id, name or alias is ``text``, whatever its case and signs; ids first. Empty if unknown."""
        wanted = normal(text)
        found: dict[str, Any] = {}
        for entity in self.entities.values():
            if wanted in (normal(entity.id), normal(entity.name)):
                found[entity.id] = entity
        for alias in self.aliases:
            if normal(alias.alias) == wanted:
                found[alias.id] = self.entities[alias.id]
        return sorted(found.values(), key=lambda e: (normal(e.id) != wanted, normal(e.name) != wanted, e.id))

    def need(self, text: str) -> list[Entity]:
        """Like :meth:`find`, but unknown names raise ``UsageError`` with the nearest known ones."""
        import difflib

        if found := self.find(text):
            return found
        known = {normal(name): name for name in self._all_names()}
        close = [known[name] for name in difflib.get_close_matches(normal(text), known, n=3, cutoff=0.75)]
        raise UsageError(
            f"nothing is known under {text!r}",
            hint="did you mean " + " or ".join(map(repr, close)) + "?" if close else "ringleader knowledge list",
        )

    def _all_names(self) -> Iterator[str]:
        for entity in self.entities.values():
            yield from (entity.id, entity.name)
        yield from (alias.alias for alias in self.aliases)

    @cached_property
    def _touching(self) -> dict[str, list[Relation]]:
        found: dict[str, list[Relation]] = defaultdict(list)
        for relation in self.relations:
            found[relation.source].append(relation)
            found[relation.target].append(relation)
        return found
