"""Reading a whole file through its reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from ringleader.ingest.readers import BLOCK, Reader


@dataclass
class Read:
    """What a reader made of a file. ``events`` have canonical names, so that it does not show which path they took."""

    events: dict[int, tuple[str, dict[str, Any], Any, Any]] = field(default_factory=dict)
    rejects: list[tuple[str, int]] = field(default_factory=list)
    consumed: int = 0

    @property
    def fields(self) -> list[dict[str, Any]]:
        return [event for _, event, _, _ in self.events.values()]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _, _, _ in self.events.values()]


def _read(reader: Reader, data: bytes, block: int = BLOCK) -> Read:
    source = io.BytesIO(data)
    out = Read()
    for unit in reader.plan(source, len(data), block):
        for batch in reader.read(source, unit):
            assert len(batch.kinds) == len(batch.events) == len(batch.offsets)
            assert batch.offsets == sorted(set(batch.offsets)), "offsets grow within a batch"
            back = {theirs: name for name, theirs in batch.renames.items()}
            for kind, event, offset in zip(batch.kinds, batch.events, batch.offsets, strict=True):
                assert offset not in out.events, "offsets are unique"
                assert not any(isinstance(value, dict) for value in event.values())
                assert not event.keys() & batch.renames.keys(), "never both names"
                if batch.raw is not None:
                    assert batch.raw[offset - batch.raw_start :].lstrip().startswith(b"{")
                named = {back.get(name, name): value for name, value in event.items()}
                when, where = reader.time(event, batch.renames), reader.host(event, batch.renames)
                out.events[offset] = (kind, named, when, where)
            out.rejects += [(reject.code, reject.offset) for reject in batch.rejects]
            out.consumed += batch.consumed
    out.rejects.sort()
    return out


@pytest.fixture(scope="session")
def read() -> Callable[..., Read]:
    return _read
