"""From a bundle, a galaxy and own files to a knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader.errors import KnowledgeError
from ringleader.knowledge import addition, alias, citation, stix, tables
from ringleader.knowledge.addition import Addition
from ringleader.knowledge.base import Knowledge

OVERLAY = Path(__file__).parent / "data" / "overlay.yml"
"""Reviewed relations that ATT&CK v18.1 states in its descriptions and nowhere else."""

Row = dict[str, Any]


def build(bundle: Path, galaxy: Path | None = None, additions: Sequence[Path] = ()) -> Knowledge:
    """The knowledge in an ATT&CK bundle, with the overlay, names of the MISP galaxy and ``additions``.

    Rows are in order of ids, so that the same inputs give the same tables. Raises ``KnowledgeError``.
    """
    stated = stix.read(bundle)
    actors = alias.read(galaxy) if galaxy else []
    extra = [_applicable(addition.read(OVERLAY), stated), *map(addition.read, additions)]
    return assemble(stated, actors, extra)


def assemble(stated: stix.Bundle, actors: Sequence[Mapping[str, Any]], extra: Sequence[Addition]) -> Knowledge:
    """Like :func:`build`, from what is in memory."""
    own = [publication for item in extra for publication in item.reports]
    cited = [reference for relation in stated.relations for reference in relation.references]
    named = {name for item in extra for part in (item.actors, item.relations) for use in part for name in use.reports}
    cited += [reference for reference in stated.references if reference["source_name"] in named]
    cited += [_as_reference(publication) for publication in own]
    reports, rows = citation.collect(cited)
    entities: list[Row] = [_stated(entity) for entity in stated.entities]
    names = [_as_row(name) for name in alias.aliases(stated.entities, actors)]
    relations: list[Row] = [
        {
            "source": relation.source,
            "type": relation.type,
            "target": relation.target,
            "reports": sorted({rows[str(reference["source_name"])] for reference in relation.references}),
            "origin": "attack",
            "read_in": None,
        }
        for relation in stated.relations
    ]
    for item in extra:
        entities += _own_entities(item)
        names += _own_names(item)
        relations += _own_relations(item, rows)
    _check(entities, relations)
    return Knowledge(
        {
            "entities": _table("entities", sorted(entities, key=lambda row: row["id"])),
            "aliases": _table("aliases", sorted(names, key=lambda row: (row["id"], row["source"], row["alias"]))),
            "relations": _table("relations", _merged(relations)),
            "reports": _table("reports", [_report(report) for report in reports]),
        }
    )


def _applicable(overlay: Addition, stated: stix.Bundle) -> Addition:
    """The lines of the overlay that a bundle, of another version maybe, has both ends and all reports of, and no
    relation for yet."""
    ids = {entity.id for entity in stated.entities}
    cited = {str(reference["source_name"]) for reference in stated.references}
    have = {(relation.source, relation.target) for relation in stated.relations}
    fitting = tuple(
        use
        for use in overlay.relations
        if {use.source, use.uses} <= ids and cited.issuperset(use.reports) and (use.source, use.uses) not in have
    )
    return overlay.model_copy(update={"relations": fitting})


def _stated(entity: stix.Stated) -> Row:
    row = {name: getattr(entity, name) for name in tables.ENTITIES.names if name != "origin"}
    return {**row, "origin": "attack"}


def _own_entities(item: Addition) -> list[Row]:
    return [
        {"id": actor.id, "kind": actor.kind, "name": actor.name, "tactics": (), "origin": item.origin}
        for actor in item.actors
    ]


def _own_names(item: Addition) -> list[Row]:
    return [
        {"id": actor.id, "alias": name, "source": item.origin, "agreed": True}
        for actor in item.actors
        for name in dict.fromkeys(actor.aliases)
    ]


def _own_relations(item: Addition, rows: Mapping[str, int]) -> list[Row]:
    def relation(source: str, kind: str, target: str, reports: Iterable[str], read_in: str | None = None) -> Row:
        unknown = [name for name in reports if name not in rows]
        if unknown:
            raise KnowledgeError(
                f"{item.origin}: {source} cites unknown reports: {', '.join(unknown)}",
                hint="list them under reports, or use the name of a citation in the bundle",
            )
        return {
            "source": source, "type": kind, "target": target, "reports": sorted({rows[name] for name in reports}),
            "origin": item.origin, "read_in": read_in,
        }  # fmt: skip

    found = [relation(use.source, "uses", use.uses, use.reports, use.read_in) for use in item.relations]
    for actor in item.actors:
        found += [relation(actor.id, "uses", target, actor.reports) for target in actor.uses]
        if actor.group:
            found.append(relation(actor.id, "attributed-to", actor.group, actor.reports))
    return found


def _check(entities: Sequence[Row], relations: Sequence[Row]) -> None:
    ids = [row["id"] for row in entities]
    twice = sorted({key for key in ids if ids.count(key) > 1}) if len(ids) > len(set(ids)) else []
    if twice:
        raise KnowledgeError(f"two entities have the id {', '.join(twice)}", hint="give your own group another id")
    known = set(ids)
    lost = sorted({row[end] for row in relations for end in ("source", "target") if row[end] not in known})
    if lost:
        raise KnowledgeError(
            f"relations name what is not in the bundle: {', '.join(lost[:10])}",
            hint="use ids of ATT&CK (G..., S..., T...) that are neither revoked nor deprecated",
        )


def _merged(relations: Sequence[Row]) -> list[Row]:
    """One row for each source, type and target; who stated it first is its origin."""
    found: dict[tuple[str, str, str], Row] = {}
    for row in relations:
        key = row["source"], row["type"], row["target"]
        if key in found:
            found[key]["reports"] = sorted({*found[key]["reports"], *row["reports"]})
        else:
            found[key] = dict(row)
    return [found[key] for key in sorted(found)]


def _as_reference(publication: addition.Publication) -> Row:
    day = publication.date
    text = f"({day:%Y, %B} {day.day})." if day else ""
    return {"source_name": publication.name, "description": text, "url": publication.url}


def _as_row(name: alias.Alias) -> Row:
    return {column: getattr(name, column) for column in tables.ALIASES.names}


def _report(report: citation.Report) -> Row:
    first, last = report.span or (None, None)
    return {"name": report.name, "also": report.also, "url": report.url, "first_day": first, "last_day": last}


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=tables.ALL[name])
