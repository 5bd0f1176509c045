"""Findings counted by technique, host and rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from ringleader.knowledge import Knowledge
from ringleader.report.findings import Group
from ringleader.report.model import Host, Rule, Technique
from ringleader.schema.order import TACTICS, WORST_FIRST


def techniques(groups: Iterable[Group], knowledge: Knowledge) -> list[Technique]:
    """Each technique under the tactic that it occurs with most; a finding of two tactics counts half for each."""
    tactics: defaultdict[str, Counter[str]] = defaultdict(Counter)
    some: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        for technique in dict.fromkeys(group.techniques):
            some[technique].append(group)
            for tactic in group.tactics:
                tactics[technique][tactic] += group.count / len(group.tactics)  # type: ignore[assignment]
    out = []
    for technique, rows in some.items():
        first, last = _span(rows)
        entity = knowledge.entities.get(technique)
        out.append(
            Technique(
                id=technique,
                name=entity.name if entity else "",
                tactic=min(tactics[technique].items(), key=lambda item: (-item[1], _tactic(item[0])), default=("", 0))[
                    0
                ],
                findings=sum(row.count for row in rows),
                hosts=len({row.host for row in rows}),
                rules=len({row.rule_id for row in rows}),
                levels=_levels(rows),
                first=first,
                last=last,
            )
        )
    return sorted(out, key=lambda each: (_tactic(each.tactic), -each.findings, each.id))


def _tactic(name: str) -> tuple[int, str]:
    return (TACTICS.index(name) if name in TACTICS else len(TACTICS), name)


def hosts(groups: Iterable[Group], roles: Mapping[str, str]) -> list[Host]:
    some: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        some[group.host].append(group)
    out = [
        Host(name, roles.get(name, ""), _levels(rows), sorted({row.intrusion for row in rows} - {0}), *_span(rows))
        for name, rows in some.items()
    ]
    return sorted(out, key=lambda each: ([-each.levels.get(level, 0) for level in WORST_FIRST], each.name))


def rules(groups: Iterable[Group]) -> list[Rule]:
    some: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        some[group.rule_id].append(group)
    out = []
    for rule_id, rows in some.items():
        # Of rules that share an id the first in order of words, so that the order of rows does not matter.
        told = min(rows, key=lambda row: (row.rule, WORST_FIRST.index(row.level), row.techniques))
        first, last = _span(rows)
        out.append(
            Rule(
                title=told.rule,
                id=rule_id,
                level=told.level,
                findings=sum(row.count for row in rows),
                hosts=len({row.host for row in rows}),
                intrusions=len({row.intrusion for row in rows} - {0}),
                techniques=list(told.techniques),
                first=first,
                last=last,
            )
        )
    return sorted(out, key=lambda rule: (WORST_FIRST.index(rule.level), -rule.findings, rule.title, rule.id))


def levels(groups: Iterable[Group]) -> dict[str, int]:
    return _levels(list(groups))


def _levels(rows: list[Group]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted[row.level] += row.count
    return {level: counted[level] for level in WORST_FIRST if counted[level]}


def _span(rows: list[Group]) -> tuple[datetime | None, datetime | None]:
    return (
        min((row.first for row in rows if row.first), default=None),
        max((row.last for row in rows if row.last), default=None),
    )
