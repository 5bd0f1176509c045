"""Profiles that another organisation shares: ``*.profiles.json``. Written by strangers, so checked and limited."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ringleader.cluster.source import Intrusion, order
from ringleader.compare import Profile, Trait
from ringleader.errors import UsageError

SUFFIX = ".profiles.json"
MOST_BYTES = 64 << 20
MOST_TRAITS = 5_000

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Grade = Annotated[str, msgspec.Meta(pattern="^[A-F][1-6]$")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Trait(msgspec.Struct, forbid_unknown_fields=True):
    kind: Short
    value: Text
    grade: Grade
    count: Count = 1
    first_time: Moment | None = None
    last_time: Moment | None = None


class _Intrusion(msgspec.Struct, forbid_unknown_fields=True):
    id: Short
    traits: Annotated[list[_Trait], msgspec.Meta(max_length=MOST_TRAITS)]
    first_time: Moment | None = None
    last_time: Moment | None = None


class _Shared(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["ringleader-profiles/1"]
    organisation: Short
    intrusions: Annotated[list[_Intrusion], msgspec.Meta(max_length=100_000)]
    hashed: bool = False
    key_id: Short | None = None


def read(path: Path, source: str) -> list[Intrusion]:
    """The intrusions in a file, in order of time, ``source`` before their ids. Hashed values are only alike under the
    same key. Raises ``UsageError`` for a file that does not follow the format."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MiB", hint="ask for it in parts")
        shared = msgspec.json.decode(path.read_bytes(), type=_Shared)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, RecursionError) as error:  # validation is among them
        raise UsageError(
            f"{path} holds no shared profiles: {error}", hint='a JSON file with "format": "ringleader-profiles/1"'
        ) from error
    if shared.hashed and not shared.key_id:
        raise UsageError(f"{path} has hashed values but no key_id", hint="ask who made it for one with key_id")
    if twice := [name for name, count in Counter(one.id for one in shared.intrusions).items() if count > 1]:
        raise UsageError(f"{path} has several intrusions called {twice[0]!r}")
    return sorted((_intrusion(one, shared, source) for one in shared.intrusions), key=order)


def _intrusion(one: _Intrusion, shared: _Shared, source: str) -> Intrusion:
    name = f"{source}:{one.id}"
    before = f"{shared.key_id}:" if shared.hashed else ""
    traits = [
        Trait(t.kind, before + t.value, t.grade, t.count, first_time=t.first_time, last_time=t.last_time)
        for t in one.traits
    ]
    return Intrusion(name, Profile.of(name, traits), one.first_time, one.last_time, source=source, own=one.id)
