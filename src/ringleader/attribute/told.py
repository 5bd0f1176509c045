"""The table ``attributions`` read back: what was said of each campaign."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ringleader.attribute.campaign import members
from ringleader.attribute.lead import Lead
from ringleader.attribute.ranking import Attribution, Candidate, Changed
from ringleader.compare import Contribution
from ringleader.errors import UsageError
from ringleader.store import Store


@dataclass(frozen=True)
class Told:
    """``name`` is empty for an intrusion that counts as a campaign. ``traits``: kind, value and grade of each."""

    campaign_id: str
    name: str
    intrusions: tuple[str, ...]
    traits: tuple[tuple[str, str, str], ...]
    answer: Attribution

    def count(self, kind: str) -> int:
        return sum(1 for trait in self.traits if trait[0] == kind)


def campaigns(store: Store) -> list[Told]:
    """All of them, those whose intrusions score highest first."""
    names = dict(zip(*store.read("campaigns", ["campaign_id", "name"]).to_pydict().values(), strict=True))
    scores = dict(zip(*store.read("intrusions", ["intrusion_id", "score"]).to_pydict().values(), strict=True))
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in store.read("attributions").to_pylist():
        rows.setdefault(row["campaign_id"], []).append(row)
    found = []
    for key, intrusions in members(store).items():
        if key in rows:
            found.append(_told(key, names.get(key) or "", intrusions, sorted(rows[key], key=lambda row: row["rank"])))
    return sorted(found, key=lambda one: (-sum(scores.get(i) or 0.0 for i in one.intrusions), one.campaign_id))


def find(found: Sequence[Told], wanted: str) -> list[Told]:
    """The campaign whose id begins with ``wanted``, or whose name it is. Raises ``UsageError``."""
    chosen = [one for one in found if one.campaign_id.startswith(wanted) or (one.name and one.name == wanted)]
    if len(chosen) != 1 or not wanted:
        said = "no campaign of this case begins" if not chosen else f"{len(chosen):,} campaigns of this case begin"
        raise UsageError(f"{said} with {wanted!r}", hint="ringleader attribute CASE lists them")
    return chosen


def _told(key: str, name: str, intrusions: Sequence[str], rows: Sequence[dict[str, Any]]) -> Told:
    detail = json.loads(rows[0]["detail"])
    candidates = tuple(
        Candidate(
            row["candidate"], row["name"], row["probability"], row["verdict"],
            tuple(Contribution(**line) for line in json.loads(row["contributions"])),
        )
        for row in rows
    )  # fmt: skip
    planted = detail["planted"]
    answer = Attribution(
        candidates=candidates,
        band=(detail["band"]["word"], detail["band"]["range"]),
        confidence=detail["confidence"],
        without_kind=tuple(Changed(**one) for one in detail["without_kind"]),
        planted=Changed(**planted) if planted else None,
        leads=tuple(Lead(**one) for one in detail["leads"]),
        notes=tuple(detail["notes"]),
    )
    return Told(key, name, tuple(intrusions), tuple((k, v, g) for k, v, g in detail["traits"]), answer)
