"""Numbers and lines as the tables hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringleader.compare import Contribution

MOST_LINES = 40
"""Lines of a comparison that are kept."""


def lines(some: Iterable[Contribution]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "value": one.value, "weight": rounded(one.weight), "reason": one.reason} for one in some]


def rounded(value: float) -> float:
    """To six digits: what differs beyond is the machine's arithmetic."""
    return float(f"{value:.6g}")
