"""The stage: campaigns and their traits from the store, whom each is like into it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringleader.attribute.campaign import Campaign, campaigns, grouped, members
from ringleader.attribute.model import Model
from ringleader.attribute.ranking import Attribution, Attributor
from ringleader.compare import Contribution
from ringleader.engines.progress import Progress, Silent
from ringleader.knowledge import BUILT_IN, Knowledge
from ringleader.schema import tables
from ringleader.store import Store

EXPLAINED = 10
"""Groups, the most probable first, whose contributions are kept; with a thousand campaigns all of them would be a
gigabyte."""

STRANGERS = 0.7
"""Share of the actors in an operator's network that are taken for none of the known groups, before anything is seen of
one. Criminals, insiders and hired testers are in no such list, nor are most spies: the MISP galaxy has six times as
many actors as ATT&CK has groups."""

ALONE = "Intrusions were not grouped into campaigns: each counts as one of its own."


@dataclass
class Summary:
    """``heads`` counts campaigns by the verdict of their first candidate."""

    campaigns: int = 0
    grouped: bool = True
    heads: dict[str, int] = field(default_factory=dict)


def run(store: Store, knowledge: Path | None = None, *, progress: Progress | None = None) -> Summary:
    """Replace the table ``attributions``. ``knowledge`` is a folder, by default what is built in."""
    base = Knowledge.load(knowledge)
    attributor = Attributor(base, Model.load(knowledge or BUILT_IN), STRANGERS)
    watcher = progress or Silent()
    summary = Summary(grouped=grouped(store) or not store.rows("intrusions"))
    watcher.begin("Attributing campaigns", len(members(store)), "campaigns")

    def batches() -> Iterator[pa.RecordBatch]:
        for campaign in campaigns(store, base):
            answer = attributor.attribute(campaign.profile, explained=EXPLAINED)
            head = answer.candidates[0].verdict
            summary.campaigns += 1
            summary.heads[head] = summary.heads.get(head, 0) + 1
            yield from _rows(campaign, answer, grouped=summary.grouped)
            watcher.advance()

    with store.transaction() as tx:
        tx.drop_table("attributions")
        tx.write("attributions", "attributions", batches())
    return summary


def _rows(campaign: Campaign, answer: Attribution, *, grouped: bool) -> Iterator[pa.RecordBatch]:
    rows = [
        {
            "campaign_id": campaign.id,
            "candidate": candidate.id,
            "name": candidate.name,
            "rank": rank,
            "probability": candidate.probability,
            "verdict": candidate.verdict,
            "contributions": _json([_line(line) for line in candidate.contributions]),
            "detail": _json(_detail(campaign, answer, grouped=grouped)) if rank == 1 else None,
        }
        for rank, candidate in enumerate(answer.candidates, 1)
    ]
    yield from pa.Table.from_pylist(rows, tables.ATTRIBUTIONS).to_batches()


def _detail(campaign: Campaign, answer: Attribution, *, grouped: bool) -> dict[str, Any]:
    word, percent = answer.band
    notes = list(answer.notes)
    if not grouped:
        notes.append(ALONE)
    if campaign.unknown:
        some = ", ".join(campaign.unknown[:5]) + (", ..." if len(campaign.unknown) > 5 else "")
        notes.append(f"Tools that the knowledge does not have under one name, and that do not count: {some}.")
    return {
        "band": {"word": word, "range": percent},
        "confidence": answer.confidence,
        "without_kind": [dataclasses.asdict(one) for one in answer.without_kind],
        "planted": dataclasses.asdict(answer.planted) if answer.planted else None,
        "leads": [dataclasses.asdict(one) for one in answer.leads],
        "notes": notes,
        "intrusions": campaign.intrusions,
        "traits": [[trait.kind, trait.value, trait.grade] for trait in campaign.profile],
    }


def _line(line: Contribution) -> dict[str, Any]:
    return {"kind": line.kind, "value": line.value, "weight": round(line.weight, 4), "reason": line.reason}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
