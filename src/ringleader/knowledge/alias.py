"""Names of groups: ATT&CK's, and the MISP galaxy's where both mean the same actor. Where they do not, both are kept."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringleader.errors import KnowledgeError
from ringleader.knowledge.stix import Stated

GALAXY = "misp-galaxy"


@dataclass(frozen=True, slots=True)
class Alias:
    """One row of the table ``aliases``; its columns are explained there."""

    id: str
    alias: str
    source: str
    agreed: bool = True
    actor: str | None = None


def normal(name: str) -> str:
    """Names that differ in case, spaces and signs alone are one.

    >>> normal("APT 38") == normal("apt-38")
    True
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def read(path: Path) -> list[Mapping[str, Any]]:
    """The actors of a MISP galaxy cluster file. Raises ``KnowledgeError``."""
    try:
        values = json.loads(path.read_bytes())["values"]
        if not all(isinstance(actor["value"], str) for actor in values):
            raise TypeError("an actor without a name")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KnowledgeError(
            f"{path} is no cluster file of the MISP galaxy: {error}", hint="take clusters/threat-actor.json"
        ) from error
    return list(values)


def aliases(entities: Iterable[Stated], actors: Sequence[Mapping[str, Any]]) -> list[Alias]:
    """All names beside the preferred ones, sorted.

    An actor of the galaxy and a group agree when every ATT&CK id that the actor carries and every name of it that
    ATT&CK knows lead to that one group, and more than a single synonym does (an id, the actor's own name, or two
    names). Its other names are then the group's. Else they are listed as not agreed at each group that it touches.
    """
    entities = list(entities)
    found = {Alias(entity.id, name, "attack") for entity in entities for name in entity.aliases}
    groups = [entity for entity in entities if entity.kind == "group"]
    owners: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for name in (group.name, *group.aliases):
            owners[normal(name)].add(group.id)
    # A name that ATT&CK itself gives to two groups is in dispute by that alone.
    found = {Alias(a.id, a.alias, a.source, agreed=len(owners[normal(a.alias)]) < 2) for a in found}
    known = {(group.id, normal(name)) for group in groups for name in (group.name, *group.aliases)}
    uuids = {group.uuid: group.id for group in groups}
    for actor in actors:
        touched, agreed = _touched(actor, owners, uuids)
        for group_id in touched:
            for name in _names(actor):
                if (group_id, normal(name)) not in known:
                    known.add((group_id, normal(name)))
                    found.add(Alias(group_id, name, GALAXY, agreed, str(actor["value"])))
    return sorted(found, key=lambda a: (a.id, a.source, a.alias))


def _touched(
    actor: Mapping[str, Any], owners: Mapping[str, set[str]], uuids: Mapping[str, str]
) -> tuple[list[str], bool]:
    """The groups that an actor leads to, and whether that is one and certain."""
    ids = {uuids[link["dest-uuid"]] for link in actor.get("related") or () if link.get("dest-uuid") in uuids}
    groups = set(uuids.values())
    ids |= {name for name in _all_names(actor) if name in groups}
    by_name = [owners.get(normal(name), set()) for name in _names(actor)]
    touched = ids.union(*by_name)
    own_name = bool(owners.get(normal(str(actor["value"]))))
    hits = sum(1 for groups in by_name if groups)
    return sorted(touched), len(touched) == 1 and (bool(ids) or own_name or hits > 1)


def _names(actor: Mapping[str, Any]) -> Iterator[str]:
    yield from (name for name in _all_names(actor) if not re.fullmatch(r"G\d{4}", name))


def _all_names(actor: Mapping[str, Any]) -> Iterator[str]:
    meta = actor.get("meta") or {}
    yield from dict.fromkeys(map(str, [actor["value"], *(meta.get("synonyms") or ())]))
