"""Campaigns, and intrusions, held beside each other: the table pairs."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.compare import likelihood
from ringleader.knowledge import Knowledge
from ringleader.report import payload
from ringleader.report.model import Argument, Contribution, Hypothesis, Pair
from ringleader.report.payload import Payload
from ringleader.report.source import Row
from ringleader.report.text import Show

MAX_PAIRS = 200
LINES = 30
"""Lines of one comparison that are kept, the heaviest."""


def pairs(
    table: pa.Table, kind: str, numbers: Mapping[str, int], knowledge: Knowledge, show: Show, most: int = MAX_PAIRS
) -> list[Pair]:
    """The pairs of ``kind`` (campaign or intrusion) of which both have a number here, the most alike first."""
    some = table.filter(pc.equal(table["owner_kind"].cast(pa.string()), kind)).select(
        [name for name in table.schema.names if name not in ("contributions", "hypotheses")]
    )
    order = [
        (_alike(row), number)
        for number, row in enumerate(some.to_pylist())
        if row["left_id"] in numbers and row["right_id"] in numbers
    ]
    order.sort()
    whole = table.filter(pc.equal(table["owner_kind"].cast(pa.string()), kind))
    wanted = whole.take(pa.array([number for _, number in order[:most]], pa.int64())).to_pylist()
    return [_pair(row, numbers, knowledge, show) for row in wanted]


def _alike(row: Row) -> tuple[float, str, str]:
    value = row["log_lr"]
    return -(value if value is not None and value == value else -1e9), row["left_id"], row["right_id"]


def _pair(row: Row, numbers: Mapping[str, int], knowledge: Knowledge, show: Show) -> Pair:
    left, right = sorted((numbers[row["left_id"]], numbers[row["right_id"]]))
    told, probability = Payload.parse(row["hypotheses"], show), finite(row["probability"])
    rivals = [
        Hypothesis(
            name=each.text("name", longest=80),
            title=each.text("title", "name", longest=300),
            weight=each.number("weight"),
            for_=_arguments(each, "for"),
            against=_arguments(each, "against"),
        )
        for each in told.each("hypotheses")
    ]
    rivals.sort(key=lambda rival: -(rival.weight or 0))
    return Pair(
        left=left,
        right=right,
        log_lr=finite(row["log_lr"]),
        probability=probability,
        words="" if probability is None else likelihood.word(probability),
        p_value=finite(row["p_value"]),
        q_value=finite(row["q_value"]),
        colocation_p=finite(row["colocation_p"]),
        contributions=contributions(row["contributions"], knowledge, show),
        hypotheses=rivals,
        would_change=told.words("would_change"),
    )


def _arguments(hypothesis: Payload, name: str) -> list[Argument]:
    return [
        Argument(said, each.text("strength", longest=60))
        for each in hypothesis.each(name)
        if (said := each.text("text", longest=1000))
    ]


def contributions(raw: str | None, knowledge: Knowledge, show: Show) -> list[Contribution]:
    """The heaviest lines, and the sum of the others as one."""
    lines = [
        Contribution(
            each.text("kind", longest=60),
            named(each.text("value", longest=300), knowledge),
            each.number("weight") or 0.0,
            each.text("reason"),
        )
        for each in payload.items(raw, show)
    ]
    lines.sort(key=lambda line: (-abs(line.weight), line.kind, line.value))
    rest = lines[LINES:]
    if rest:
        total = sum(line.weight for line in rest)
        lines[LINES:] = [Contribution("others", f"{len(rest):,} lighter lines", total, "their sum")]
    return lines


def finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) < 1e300 else None


def named(value: str, knowledge: Knowledge) -> str:
    """An id of ATT&CK with its name; any other text as it is."""
    entity = knowledge.entities.get(value)
    return f"{value} {entity.name}" if entity else value
