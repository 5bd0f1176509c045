"""Ids that are the same in every export of the same thing."""

from __future__ import annotations

import json
import uuid

NAMESPACE = uuid.UUID("9f3b6c1e-6e1b-5c0a-8a53-3f6d0d2f7a11")
"""Ringleader's own, for uuid5; chosen once, never changed."""


def made(kind: str, *parts: str) -> str:
    """``kind--uuid`` from what makes the thing what it is. JSON keeps ("a", "bc") and ("ab", "c") apart."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, json.dumps([kind, *parts]))}"


def shaped(kind: str, *parts: str) -> str:
    """Like :func:`made`, in the shape of a random UUID (version 4), which STIX asks of processes."""
    return f"{kind}--{uuid.UUID(bytes=uuid.uuid5(NAMESPACE, json.dumps([kind, *parts])).bytes, version=4)}"


def plain(*parts: str) -> str:
    """The UUID alone."""
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts)))
