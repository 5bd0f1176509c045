"""The file in which operators show one another what is characteristic of their intrusions, and no log line.

``ringleader share`` writes it, ``ringleader cluster`` can take it beside a case. Where values are hashed, only those
who hold the group's key can compare them: with one another's, and with their own after :func:`hashed`."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from ringleader.errors import UsageError

FORMAT = "ringleader-profiles/1"
MOST_BYTES = 1 << 29
"""A file beyond this size is refused."""
LEAST_KEY = 16
"""Bytes of a key."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Kind = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+$", max_length=80)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-zA-Z._-]+$", max_length=80)]


class SharedTrait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``value`` as in the table traits, or its hash."""

    kind: Kind
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    grade: Annotated[str, msgspec.Meta(pattern=r"^[A-F][1-6]$")]
    count: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    first_time: Moment | None = None
    last_time: Moment | None = None


class SharedIntrusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    traits: list[SharedTrait]
    first_time: Moment | None = None
    last_time: Moment | None = None


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many values of a kind stayed at home, and why."""

    kind: Kind
    reason: str
    values: int


class Profiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``key_id`` tells keys apart without telling the key; null where nothing is hashed."""

    format: Annotated[str, msgspec.Meta(pattern=f"^{FORMAT}$")]
    organisation: str | None
    hashed: bool
    key_id: str | None
    tlp: str
    left_out: list[LeftOut]
    intrusions: list[SharedIntrusion]


def read(path: Path) -> Profiles:
    """The file at ``path``. Raises ``UsageError`` for anything that is not such a file, whole and of this version."""
    try:
        if not path.is_file():
            raise UsageError(f"there is no file at {path}", hint="name a file that `ringleader share` wrote")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES:,} bytes", hint="profiles are small; is it one?")
        found = msgspec.json.decode(path.read_bytes(), type=Profiles)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{path} is no file of profiles: {error}", hint=f"it must be {FORMAT}, as `ringleader share` writes it"
        ) from error
    except (OSError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if found.hashed != (found.key_id is not None):
        raise UsageError(f"{path} does not say with which key it is hashed", hint="ask its sender to write it again")
    ids = [intrusion.id for intrusion in found.intrusions]
    if len(set(ids)) < len(ids):
        raise UsageError(f"{path} names an intrusion twice", hint="ask its sender to write it again")
    return found


def read_key(path: Path) -> bytes:
    """A group's key: the bytes of the file without white space around them. Raises ``UsageError``."""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"the key {path} cannot be read: {error.strerror or error}") from error
    if len(key) < LEAST_KEY:
        raise UsageError(
            f"the key {path} is too short: {len(key)} bytes", hint="make one: head -c 32 /dev/urandom | base64 > KEY"
        )
    return key


def key_id(key: bytes) -> str:
    """Sixteen hex digits that tell this key from others."""
    return hmac.new(key, b"ringleader-profiles key id", hashlib.sha256).hexdigest()[:16]


def hashed(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of kind and value, as hex: equal for equal traits under one key, and nothing else.

    >>> hashed(b"k" * 16, "domain", "a") == hashed(b"k" * 16, "domain", "a") != hashed(b"k" * 16, "path", "a")
    True
    """
    return hmac.new(key, f"{kind}\x00{value}".encode(), hashlib.sha256).hexdigest()


def is_hash(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{64}", value))
