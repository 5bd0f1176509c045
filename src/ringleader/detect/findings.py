"""Rows of the table ``findings`` out of hits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from ringleader.schema.value import show

if TYPE_CHECKING:
    import pyarrow as pa
from ringleader.detect.rule import Rule
from ringleader.schema import kind as kinds
from ringleader.schema.batch import Event

MAX_VALUE = 2000
"""Characters of a matched value that a finding keeps."""


class Finding(msgspec.Struct):
    """One row. ``time`` in microseconds since the epoch, UTC."""

    rule: Rule
    detector: str
    evidence_id: str
    event_id: str
    kind: str
    time: int | None
    host: str | None
    account: str | None
    values: dict[str, str]
    event_ids: tuple[str, ...] = ()

    @property
    def finding_id(self) -> str:
        """The same for the same rule and the same events, in whatever run."""
        parts = [self.rule.id, self.rule.title, self.event_id, *self.event_ids]
        return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:24]


def batch(found: list[Finding]) -> pa.RecordBatch:
    """The findings as Arrow, in the order given."""
    import pyarrow as pa  # not at once: ``scan`` does without

    from ringleader.schema import tables

    def array(column: list[Any], kind: pa.DataType) -> pa.Array:
        if pa.types.is_dictionary(kind):
            return pa.array(column, kind.value_type).dictionary_encode().cast(kind)
        return pa.array(column, kind)

    columns: dict[str, list[Any]] = {
        "finding_id": [f.finding_id for f in found],
        "evidence_id": [f.evidence_id for f in found],
        "detector": [f.detector for f in found],
        "rule_id": [f.rule.id for f in found],
        "rule_title": [f.rule.title for f in found],
        "level": [f.rule.level for f in found],
        "techniques": [f.rule.techniques for f in found],
        "tactics": [f.rule.tactics for f in found],
        "software": [f.rule.software for f in found],
        "groups": [f.rule.groups for f in found],
        "event_id": [f.event_id for f in found],
        "event_ids": [f.event_ids for f in found],
        "kind": [f.kind for f in found],
        "time": [f.time for f in found],
        "host": [f.host for f in found],
        "account": [f.account for f in found],
        "values": [list(f.values.items()) for f in found],
    }
    schema = tables.FINDINGS
    return pa.RecordBatch.from_arrays([array(columns[field.name], field.type) for field in schema], schema=schema)


def account(kind: str, event: Event, renames: Mapping[str, str] | None = None) -> str | None:
    """The account in whose name an event happened, ``DOMAIN\\name`` where both are known."""
    for names in _choices(kind):
        parts = [show(event.get((renames or {}).get(name, name))).strip() for name in names]
        if parts[-1] and parts[-1] != "-":
            return "\\".join(part for part in parts if part and part != "-")[:MAX_VALUE]
    return None


def account_fields(kind: str) -> list[str]:
    """The fields that ``account`` looks at."""
    return [name for names in _choices(kind) for name in names]


@lru_cache(maxsize=65536)
def _choices(kind: str) -> tuple[tuple[str, ...], ...]:
    covering = [prefix for prefix in _table() if kinds.covers(prefix, kind)]
    return _table()[max(covering, key=len)] if covering else ()


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[tuple[str, ...], ...]]:
    loaded = yaml.load(files(__package__).joinpath("accounts.yml").read_bytes(), yaml.CSafeLoader)
    return {prefix: tuple(map(tuple, choices)) for prefix, choices in loaded.items()}


def cut(values: Mapping[str, str]) -> dict[str, str]:
    """Values for people, each bounded."""
    return {
        name: content if len(content) <= MAX_VALUE else content[:MAX_VALUE] + "…" for name, content in values.items()
    }
