"""Which kinds of events a rule's log source means, and what its fields are called there.

The facts are in logsources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import product as pairs
from types import MappingProxyType
from typing import Any

import yaml

from ringleader.schema import kind as kinds

Names = tuple[str, ...]
NONE: Mapping[str, Names] = MappingProxyType({})


@dataclass(frozen=True)
class Target:
    """``kinds`` are prefixes (see ``schema.kind.covers``): the events to look at. ``unless`` maps a field to values: an
    event where any of these fields has any of its values is not meant, though its kind fits."""

    kinds: Names
    unless: Mapping[str, Names] = field(default_factory=lambda: NONE, hash=False)


@dataclass(frozen=True)
class _Source:
    names: Mapping[str, str]
    target: Target


@lru_cache(maxsize=4096)
def resolve(product: str | None, category: str | None, service: str | None) -> Target:
    """The events that a log source means.

    A log source that nothing is known about means ``<product>/<service or category>``: the rule is usable as soon as
    there is such evidence. One that names nothing means all events.

    >>> resolve("windows", "process_creation", None).kinds
    ('windows/sysmon/1', 'windows/security/4688')
    >>> resolve("windows", "process_creation", "security").kinds
    ('windows/security/4688',)
    >>> resolve("okta", None, "okta").kinds
    ('okta/okta',)
    """
    asked = {"product": product, "category": category, "service": service}
    named = {name: value.lower() for name, value in asked.items() if value}
    if not named:
        return Target(("*",))
    found = _intersection([s for s in _sources() if s.names.items() <= named.items()], named)
    if found is None:
        found = _union([s for s in _sources() if named.items() <= s.names.items()])
    return found or _unknown(named)


@lru_cache(maxsize=65536)
def aliases(kind: str) -> Mapping[str, Names]:
    """For events of ``kind``: Sigma field name to the names to look it up under, in order; the first that is there and
    not null is taken.

    A field that is not in the mapping has its own name. What is said of a more specific kind wins.
    """
    merged: dict[str, Names] = {}
    for prefix, names in sorted(_tables()[1].items(), key=lambda item: item[0].count("/")):
        if kinds.covers(prefix, kind):
            merged.update(names)
    return MappingProxyType(merged)


def _intersection(sources: list[_Source], named: Mapping[str, str]) -> Target | None:
    """What all of ``sources`` allow; None if they leave out something that is named, or have nothing in common."""
    if {name for source in sources for name in source.names} != set(named):
        return None
    common: Names = ("*",)
    unless: dict[str, Names] = {}
    for source in sources:
        narrowed = (_narrower(a, b) for a, b in pairs(common, source.target.kinds))
        common = tuple(dict.fromkeys(kind for kind in narrowed if kind is not None))
        unless.update(source.target.unless)
    return Target(common, unless or NONE) if common else None


def _union(sources: list[_Source]) -> Target | None:
    """What any of ``sources`` allows: the log source names a category that several products have, say."""
    # An ``unless`` of one product must not take events from another, so it counts only where all agree.
    common = tuple(dict.fromkeys(kind for source in sources for kind in source.target.kinds))
    agreed = sources[0].target.unless if len(sources) == 1 else NONE
    return Target(common, agreed) if common else None


def _unknown(named: Mapping[str, str]) -> Target:
    known = [source.names for source in _sources()]
    last = [name for name in ("service", "category") if name in named]
    new = [name for name in last if not any(named[name] == names.get(name) for names in known)]
    parts = [named[name] for name in ("product", *(new or last)[:1]) if name in named]
    return Target(("/".join(kinds.slug(part) for part in parts),))


def _narrower(a: str, b: str) -> str | None:
    if kinds.covers(a, b):
        return b
    return a if kinds.covers(b, a) else None


def _sources() -> list[_Source]:
    return _tables()[0]


@lru_cache(maxsize=1)
def _tables() -> tuple[list[_Source], dict[str, dict[str, Names]]]:
    data = yaml.load(files(__package__).joinpath("logsources.yml").read_bytes(), yaml.CSafeLoader)
    sources = [_source(entry) for entry in data["sources"]]
    return sources, {kind: {name: tuple(to) for name, to in names.items()} for kind, names in data["aliases"].items()}


def _source(entry: dict[str, Any]) -> _Source:
    channels = [kinds.windows(channel, "0").removesuffix("/0") for channel in entry.get("channels", ())]
    unless = {name: tuple(values) for name, values in entry.get("unless", {}).items()}
    names: dict[str, str] = {name: entry[name] for name in ("product", "category", "service") if name in entry}
    return _Source(names, Target(tuple(dict.fromkeys([*entry.get("kinds", ()), *channels])), unless or NONE))
