"""A row of the table ``assessments``, and the words and forms that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

import orjson
import pyarrow as pa

from ringleader.schema import tables

Subject = Literal["case", "campaign", "intrusion", "supplier"]
Aspect = Literal[
    "entry", "supplier", "crown-jewel", "credentials", "targets", "watchlist", "impact", "adaptation", "re-entry",
    "persistence", "since",
]  # fmt: skip
Confidence = Literal["low", "moderate", "high", "unknown"]
"""In the evidence, by the words of ICD 203. ``unknown``: it cannot be told from what is at hand."""

MOST_FINDINGS = 50
LONGEST = 2000
"""Characters of a text in ``data``."""
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Microseconds: times are numbers of them since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``subject`` is the kind, ``about`` the id. ``findings`` are ids, the most telling first. ``data`` has times as
    ISO 8601 texts in UTC."""

    subject: Subject
    about: str
    aspect: Aspect
    text: str
    confidence: Confidence
    findings: Sequence[str] = ()
    data: dict[str, Any] = field(default_factory=dict)


def batch(statements: Iterable[Statement]) -> pa.RecordBatch:
    """Rows of ``schema.ASSESSMENTS``, in an order that depends on nothing but them."""
    rows = [
        {
            "subject_kind": one.subject,
            "subject_id": one.about,
            "aspect": one.aspect,
            "statement": one.text,
            "confidence": one.confidence,
            "findings": list(dict.fromkeys(one.findings))[:MOST_FINDINGS],
            "data": orjson.dumps(_cut(one.data)).decode(),
        }
        for one in statements
    ]
    rows.sort(key=lambda row: (row["aspect"], row["subject_kind"], row["subject_id"], row["data"], row["statement"]))
    return pa.RecordBatch.from_pylist(rows, tables.ASSESSMENTS)


def microseconds(time: datetime) -> int:
    return (time.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def iso(time: int | None) -> str | None:
    """
    >>> iso(1_551_000_000_000_000)
    '2019-02-24T09:20:00Z'
    """
    moment = None if time is None else parsed(time)
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def parsed(time: int, zone: tzinfo = UTC) -> datetime | None:
    """To the second; None for what no calendar holds."""
    try:
        return datetime.fromtimestamp(time // SECOND, zone)
    except (OverflowError, ValueError, OSError):
        return None


def days(span: int) -> float:
    return round(span / DAY, 1)


def _cut(value: Any) -> Any:
    """Texts of evidence may be of any length, and hold what JSON cannot."""
    if isinstance(value, str):
        return value[:LONGEST].encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_cut(key): _cut(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(item) for item in value]
    return value
