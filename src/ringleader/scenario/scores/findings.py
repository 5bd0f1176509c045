"""How many findings are true, how many lines of the actors have one, and which rules cry wolf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ringleader.scenario.scores.matched import NONE, Matched, share
from ringleader.schema.order import WORST_FIRST

MOST = 10
"""Rules with the most false findings that are listed."""


@dataclass(frozen=True, slots=True)
class Level:
    """``false_per_host_day``: false findings for each host of the operator and each day told."""

    level: str
    findings: int
    true: int
    decoy: int
    false: int
    precision: float | None
    false_per_host_day: float


@dataclass(frozen=True, slots=True)
class Rule:
    rule_id: str
    title: str
    level: str
    false: int
    true: int


@dataclass(frozen=True, slots=True)
class Lines:
    """``lines`` of the truth whose files the case has read, and those that a finding tells of."""

    lines: int
    found: int
    recall: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A finding is true when one of its events is a labelled line; ``decoy`` when that is a decoy's, which is as right,
    but told apart. ``everything`` has the sums; ``lines`` are those of actors that are no decoys. ``host_days`` is the
    number of hosts times that of days."""

    everything: Level
    levels: list[Level]
    lines: Lines
    decoy_lines: Lines
    host_days: int
    noisiest: list[Rule]


def score(matched: Matched) -> Figures:
    actor = matched.actor
    false = actor == NONE
    decoy = np.zeros(len(actor), bool)
    decoy[~false] = matched.decoys[actor[~false]]
    level = matched.findings["level"].cast(pa.string()).to_numpy()
    days = matched.host_days

    def counted(name: str, mask: np.ndarray) -> Level:
        size, wrong, decoys = int(mask.sum()), int((mask & false).sum()), int((mask & decoy).sum())
        right = size - wrong
        return Level(name, size, right - decoys, decoys, wrong, share(right, size), wrong / days)

    return Figures(
        everything=counted("all", np.ones(len(actor), bool)),
        levels=[counted(name, level == name) for name in WORST_FIRST if (level == name).any()],
        lines=_lines(matched, decoy=False),
        decoy_lines=_lines(matched, decoy=True),
        host_days=days,
        noisiest=_noisiest(matched, false),
    )


def _lines(matched: Matched, *, decoy: bool) -> Lines:
    mine = matched.present & (matched.decoys[matched.deed_actor[matched.line_deed]] == decoy)
    told = np.zeros(len(mine), bool)
    told[matched.hit_line] = True
    found = int((mine & told).sum())
    return Lines(int(mine.sum()), found, share(found, int(mine.sum())))


def _noisiest(matched: Matched, false: np.ndarray) -> list[Rule]:
    table = matched.findings.select(["rule_id"])
    for name in ("rule_title", "level"):
        table = table.append_column(name, matched.findings[name].cast(pa.string()))
    table = table.append_column("false", pa.array(false.astype(np.int64)))
    table = table.append_column("true", pa.array((~false).astype(np.int64)))
    sums = table.group_by(["rule_id", "rule_title", "level"]).aggregate([("false", "sum"), ("true", "sum")])
    rows = [
        Rule(row["rule_id"], row["rule_title"], row["level"], row["false_sum"], row["true_sum"])
        for row in sums.to_pylist()
    ]
    rows = sorted((rule for rule in rows if rule.false), key=lambda rule: (-rule.false, rule.rule_id, rule.title))
    return rows[:MOST]
