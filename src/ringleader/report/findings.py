"""The findings as the page holds them: each distinct text once, and columns of numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PER_RULE = 5_000
"""Findings of one rule that are listed. All are counted."""
TOTAL = 120_000
TEXT_BUDGET = 9_000_000
"""Characters of distinct matched values; findings beyond it are listed without theirs."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Omission:
    rule: str
    count: int


@dataclass(frozen=True)
class Embedded:
    """``columns`` is what the script gets. ``without_values``: findings listed without their matched values."""

    columns: dict[str, Any]
    listed: int
    omissions: list[Omission]
    without_values: int


def embed(findings: list[dict[str, Any]]) -> Embedded:
    """``findings`` in order of time, with their texts already fit to be shown and ``intrusion`` (0 for a lead)."""
    kept: list[dict[str, Any]] = []
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    # Those of intrusions first: a noisy rule's leads must not push them out.
    for row in sorted(findings, key=lambda row: not row["intrusion"]):
        rule = row["rule_id"] or row["rule_title"]
        if taken[rule] < PER_RULE and len(kept) < TOTAL:
            taken[rule] += 1
            kept.append(row)
        else:
            left[row["rule_title"]] += 1
    place = {row["finding_id"]: number for number, row in enumerate(findings)}
    kept.sort(key=lambda row: place[row["finding_id"]])
    texts: dict[str, int] = {"": 0}
    rules: dict[tuple[str, str, str], int] = {}
    spent = without = 0

    def code(content: str) -> int:
        return texts.setdefault(content, len(texts))

    columns: dict[str, list[Any]] = {
        name: [] for name in ("time", "rule", "host", "account", "kind", "values", "intrusion")
    }
    for row in kept:
        values = "\n".join(f"{name}: {value}" for name, value in row["values"])
        if values not in texts:
            spent += len(values)
            if spent > TEXT_BUDGET:
                values, without = "", without + 1
        key = (row["rule_title"], row["level"], " ".join(row["techniques"]))
        columns["time"].append(None if row["time"] is None else round((row["time"] - _EPOCH).total_seconds(), 3))
        columns["rule"].append(rules.setdefault(key, len(rules)))
        columns["host"].append(code(row["host"]))
        columns["account"].append(code(row["account"]))
        columns["kind"].append(code(row["kind"]))
        columns["values"].append(code(values))
        columns["intrusion"].append(row["intrusion"])
    content = {"texts": list(texts), "rules": [list(key) for key in rules], **columns}
    return Embedded(content, len(kept), [Omission(*item) for item in left.most_common()], without)
