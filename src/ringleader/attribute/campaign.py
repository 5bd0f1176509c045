"""What a case shows of each campaign: the techniques and software of its intrusions, graded by what they rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ringleader.compare import Profile, Trait
from ringleader.knowledge import Knowledge
from ringleader.store import Store

KINDS = ("technique", "software")

_TRAITS = """
    SELECT owner_id, kind, value, grade, count FROM traits
    WHERE owner_kind = 'intrusion' AND kind IN ('technique', 'software') ORDER BY owner_id, kind, value, grade"""

_LEVELS = """
    SELECT DISTINCT intrusion_id, technique, level
    FROM (
        SELECT steps.intrusion_id, unnest(findings.techniques) AS technique, findings.level
        FROM steps JOIN findings USING (finding_id)
    )
    ORDER BY ALL"""


@dataclass(frozen=True)
class Campaign:
    """``unknown`` are names of tools for which the knowledge has no entry, or several."""

    id: str
    intrusions: int
    profile: Profile
    unknown: tuple[str, ...]


def campaigns(store: Store, knowledge: Knowledge) -> Iterator[Campaign]:
    """Those of the table ``campaigns``, in order of their ids; where it is empty, each intrusion as one of its own."""
    traits: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
    for row in store.sql(_TRAITS).to_pylist():
        traits[row["owner_id"]].append((row["kind"], row["value"], row["grade"], row["count"]))
    levels = _levels(store)
    for campaign, intrusions in sorted(members(store).items()):
        found, unknown = [], set()
        for intrusion in intrusions:
            for kind, value, grade, count in traits.get(intrusion, ()):
                if kind == "technique":
                    found.append(Trait(kind, value, _graded(grade, levels.get((intrusion, value))), max(count, 1)))
                elif key := _software(knowledge, value):
                    found.append(Trait(kind, key, grade, max(count, 1)))
                else:
                    unknown.add(value)
        yield Campaign(campaign, len(intrusions), Profile.of(campaign, found), tuple(sorted(unknown)))


def grouped(store: Store) -> bool:
    """Whether intrusions were grouped into campaigns."""
    return store.rows("campaigns") > 0


def members(store: Store) -> dict[str, list[str]]:
    """The intrusions of each campaign."""
    if grouped(store):
        rows = store.read("campaigns", ["campaign_id", "intrusion_ids"]).to_pylist()
        return {row["campaign_id"]: list(row["intrusion_ids"] or ()) for row in rows}
    return {key: [key] for key in store.read("intrusions", ["intrusion_id"])["intrusion_id"].to_pylist()}


def _levels(store: Store) -> dict[tuple[str, str], str]:
    """The highest level among the findings of an intrusion that name a technique."""
    worth = levels()
    found: dict[tuple[str, str], str] = {}
    for row in store.sql(_LEVELS).to_pylist():
        key = row["intrusion_id"], row["technique"]
        if key not in found or worth.get(row["level"], 9) < worth.get(found[key], 9):
            found[key] = row["level"]
    return found


def _graded(grade: str, level: str | None) -> str:
    """The grade of a technique whose most serious finding has this ``level``; without one as it was."""
    return f"{grade[0]}{levels()[level]}" if level in levels() else grade


def _software(knowledge: Knowledge, value: str) -> str | None:
    """The id of the software that ``value``, an id or a name, can only mean."""
    found = [entity.id for entity in knowledge.find(value) if entity.kind == "software"]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1)
def levels() -> dict[str, int]:
    """How credible a technique is, as the digit of its grade, by the level of the rule that names it."""
    loaded: dict[str, Any] = yaml.safe_load((files(__package__) / "levels.yml").read_text(encoding="utf-8"))
    return {str(level): int(digit) for level, digit in loaded["credibility"].items()}
