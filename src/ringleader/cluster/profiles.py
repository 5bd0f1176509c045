"""Intrusions of other organisations, from the files of profiles that they share (``schema.profiles``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ringleader.cluster.source import Intrusion, order
from ringleader.compare import Profile, Trait
from ringleader.errors import UsageError
from ringleader.knowledge import Knowledge
from ringleader.schema import profiles
from ringleader.schema.profiles import Profiles, SharedTrait

Clear = Mapping[tuple[str, str], str]
"""(kind, hash) to the value that was hashed."""


def intrusions(shared: Profiles, source: str, clear: Clear | None = None) -> list[Intrusion]:
    """Those in a file, in order of time, ``source`` before their ids. A hash that is not in ``clear`` is like nothing
    but the same hash under the same key."""
    found = []
    for one in shared.intrusions:
        name = f"{source}:{one.id}"
        traits = (
            Trait(t.kind, _value(t, shared, clear), t.grade, t.count, first_time=t.first_time, last_time=t.last_time)
            for t in one.traits
        )
        found.append(
            Intrusion(name, Profile.of(name, traits), one.first_time, one.last_time, source=source, own=one.id)
        )
    return sorted(found, key=order)


def clear(key: bytes, found: Iterable[Intrusion], knowledge: Knowledge) -> dict[tuple[str, str], str]:
    """What the key's holder can tell of others' hashes: the values that ``found`` has, and those that anybody knows."""
    values = {trait_key for one in found for trait_key in one.profile.traits} | set(_known(knowledge))
    return {(kind, profiles.hashed(key, kind, value)): value for kind, value in values}


def check(shared: Profiles, name: str, key: bytes | None) -> str | None:
    """A remark where a file can be compared with little; raises ``UsageError`` where ``key`` is not its key."""
    if not shared.hashed:
        return None
    if key is None:
        return f"{name}: its values are hashed, and without the group's key they are like nothing in this case"
    if profiles.key_id(key) != shared.key_id:
        raise UsageError(f"{name} is hashed with another key", hint="ask its sender which key of the group it was")
    return None


def _value(trait: SharedTrait, shared: Profiles, clear: Clear | None) -> str:
    if not shared.hashed:
        return trait.value
    return (clear or {}).get((trait.kind, trait.value)) or f"{shared.key_id}:{trait.value}"


def _known(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for one in knowledge.entities.values():
        if one.kind in ("technique", "software"):
            yield one.kind, one.id
    for hour in range(24):
        yield "working-hour", str(hour)
