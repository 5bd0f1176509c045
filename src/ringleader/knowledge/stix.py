"""What a knowledge base keeps of an ATT&CK bundle: STIX 2.0 or 2.1 JSON, plain or in gzip.

Revoked and deprecated objects are left out, and relations from or to them.
"""

from __future__ import annotations

import datetime as dt
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ringleader.errors import KnowledgeError

KINDS = {
    "intrusion-set": "group",
    "malware": "software",
    "tool": "software",
    "attack-pattern": "technique",
    "campaign": "campaign",
}
"""Type of a STIX object to the kind of entity."""

RELATIONS = ("uses", "attributed-to")
MOST_BYTES = 2 << 30
"""Unpacked size of a bundle: fifty times that of v18.1. A gzip that unpacks to more is refused."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An entity as the bundle states it; ``uuid`` is that of its STIX id, ``aliases`` are without the name."""

    id: str
    kind: str
    name: str
    uuid: str
    aliases: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    parent: str | None = None
    first_seen: dt.date | None = None
    last_seen: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A relation between two entities by id, with the STIX external references that are cited for it."""

    source: str
    type: str
    target: str
    references: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """``references`` are all citations in the bundle, of relations or not."""

    entities: tuple[Stated, ...]
    relations: tuple[Cited, ...]
    references: tuple[Mapping[str, Any], ...]


def read(path: Path) -> Bundle:
    """The bundle in ``path``. Raises ``KnowledgeError``."""
    return parse(_objects(path), str(path))


def parse(objects: Sequence[Mapping[str, Any]], path: str) -> Bundle:
    """Entities and relations in order of their ids. ``path`` is for messages."""
    try:
        live = {str(item["id"]): item for item in objects if _live(item)}
        stated = {key: entity for key, item in live.items() if (entity := _entity(item))}
        relations = [
            Cited(
                stated[item["source_ref"]].id,
                item["relationship_type"],
                stated[item["target_ref"]].id,
                _citations(item),
            )
            for item in live.values()
            if item["type"] == "relationship"
            and item["relationship_type"] in RELATIONS
            and item["source_ref"] in stated
            and item["target_ref"] in stated
        ]
        references = tuple(reference for item in live.values() for reference in _citations(item))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KnowledgeError(
            f"{path} has an object that is not as STIX says: {type(error).__name__} {error}",
            hint="take an unchanged bundle, such as enterprise-attack.json of the repository mitre/cti",
        ) from error
    if not any(entity.kind == "group" for entity in stated.values()):
        raise KnowledgeError(f"{path} holds no ATT&CK group", hint="take the bundle of the Enterprise domain")
    entities = {entity.id: entity for entity in stated.values()}
    return Bundle(
        tuple(entities[key] for key in sorted(entities)),
        tuple(sorted(relations, key=lambda r: (r.source, r.type, r.target))),
        references,
    )


def objects(path: Path) -> list[Mapping[str, Any]]:
    """All objects of any STIX bundle, plain or in gzip. Raises ``KnowledgeError``."""
    return _objects(path)


def external_id(item: Mapping[str, Any]) -> str | None:
    """The ATT&CK id of a STIX object, None when it has none."""
    for reference in item.get("external_references") or ():
        if str(reference.get("source_name", "")).startswith("mitre-") and reference.get("external_id"):
            return str(reference["external_id"])
    return None


def _objects(path: Path) -> list[Mapping[str, Any]]:
    try:
        data = orjson.loads(_bytes(path))
    except orjson.JSONDecodeError as error:
        raise KnowledgeError(f"{path} is not JSON: {error}", hint="a STIX bundle is .json or .json.gz") from error
    found = data.get("objects") if isinstance(data, dict) and data.get("type") == "bundle" else None
    if not isinstance(found, list) or not all(isinstance(item, dict) and item.get("type") for item in found):
        raise KnowledgeError(f"{path} is no STIX bundle", hint='it must be {"type": "bundle", "objects": [...]}')
    return found


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with gzip.open(file) if packed else file as plain:
                content = plain.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise KnowledgeError(f"{path} cannot be read: {error}") from error
    if len(content) > MOST_BYTES:
        raise KnowledgeError(f"{path} is larger than {MOST_BYTES >> 30} GiB when unpacked")
    return content


def _live(item: Mapping[str, Any]) -> bool:
    return "id" in item and not item.get("revoked") and not item.get("x_mitre_deprecated")


def _entity(item: Mapping[str, Any]) -> Stated | None:
    kind, key = KINDS.get(item["type"]), external_id(item)
    if kind is None or key is None:
        return None
    name = str(item["name"])
    aliases = dict.fromkeys([*(item.get("aliases") or ()), *(item.get("x_mitre_aliases") or ())])
    return Stated(
        id=key,
        kind=kind,
        name=name,
        uuid=str(item["id"]).partition("--")[2],
        aliases=tuple(alias for alias in map(str, aliases) if alias != name),
        tactics=tuple(sorted(_tactics(item))),
        parent=key.partition(".")[0] if "." in key else None,
        first_seen=_day(item.get("first_seen")),
        last_seen=_day(item.get("last_seen")),
    )


def _tactics(item: Mapping[str, Any]) -> Iterator[str]:
    for phase in item.get("kill_chain_phases") or ():
        if str(phase["kill_chain_name"]).startswith("mitre-"):
            yield str(phase["phase_name"])


def _citations(item: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    # References with an id are the object itself; those without an address or an author are notes on aliases.
    return tuple(
        reference
        for reference in item.get("external_references") or ()
        if not reference.get("external_id")
        and (reference.get("url") or not str(reference.get("description") or "(Citation").startswith("(Citation"))
    )


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value[:10]) if value else None
