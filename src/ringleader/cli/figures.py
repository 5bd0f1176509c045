"""The score of a case as tables on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ringleader.cli import screen
from ringleader.schema import shown

if TYPE_CHECKING:
    from ringleader.scenario.score import Score
    from ringleader.scenario.scores import assessment, attribution, clustering, findings, linking, seen, techniques
    from ringleader.scenario.scores.agreement import Agreement


def show(result: Score) -> None:
    told = "coordinated" if result.coordinated else "not coordinated"
    screen.facts(
        [
            ("operator", f"{result.operator}, synthetic, scale {result.scale}, seed {result.seed}, actors {told}"),
            ("size", f"{shown.count(result.hosts, 'host')}, {shown.count(result.days, 'day')}"),
            ("truth", f"{result.lines:,} labelled lines, {result.lines_read:,} of them in files of this case"),
        ]
    )
    for name, section in result.sections.items():
        title, table = _SECTIONS[name]
        screen.heading(title)
        if section.not_yet:
            screen.line(section.not_yet)
        else:
            table(section.figures)


def _techniques(figures: techniques.Figures) -> None:
    every = figures.everything
    rows = [("all but decoys", "", every), *((one.actor, _kind(one), one.recall) for one in figures.actors)]
    screen.table(
        ["actor", "kind", "steps", "found", "chain", "named", "technique recall", "techniques", "unseen"],
        [
            (
                name, kind, one.steps, one.found, _share(one.step_recall), one.named, _share(one.technique_recall),
                f"{one.techniques_found}/{one.techniques}", one.unseen,
            )
            for name, kind, one in rows
        ],
        right=["steps", "found", "chain", "named", "technique recall", "techniques", "unseen"],
    )  # fmt: skip
    if every.missed:
        screen.line(f"never named: {', '.join(every.missed)}")


def _findings(figures: findings.Figures) -> None:
    screen.table(
        ["level", "findings", "true", "decoys'", "false", "precision", "false per host and day"],
        [
            (
                one.level, f"{one.findings:,}", f"{one.true:,}", f"{one.decoy:,}", f"{one.false:,}",
                _share(one.precision), f"{one.false_per_host_day:.5f}",
            )
            for one in [*figures.levels, figures.everything]
        ],
        right=["findings", "true", "decoys'", "false", "precision", "false per host and day"],
    )  # fmt: skip
    for name, lines in (("lines of actors", figures.lines), ("lines of decoys", figures.decoy_lines)):
        screen.line(f"{name}: {lines.found:,} of {lines.lines:,} have a finding, recall {_share(lines.recall)}")
    if figures.noisiest:
        screen.table(
            ["false", "true", "level", "rule"],
            [(f"{rule.false:,}", f"{rule.true:,}", rule.level, rule.title) for rule in figures.noisiest],
            right=["false", "true"],
        )


def _linking(figures: linking.Figures) -> None:
    _agreements(
        [
            ("by actor", figures.by_actor),
            ("by intrusion", figures.by_intrusion),
            ("by intrusion, all single", figures.alone),
        ]
    )
    rows: list[tuple[str, object]] = [
        ("intrusions found", figures.intrusions),
        ("false: no actor in them", figures.false),
        ("false per 1,000 host-months", f"{figures.false_per_1000_host_months:.2f}"),
        ("of several actors", len(figures.merged)),
        ("false findings inside the true ones", figures.false_findings),
        ("true intrusions", figures.true_intrusions),
        ("found whole", figures.whole),
        ("split", len(figures.split)),
        ("found in leads only", len(figures.unlinked)),
    ]
    screen.table(["intrusions", "number"], rows, right=["number"])
    for split in figures.split:
        largest = f"the largest holds {_share(split.largest)}"
        screen.line(f"split: {split.actor} {split.intrusion} in {split.parts:,}, {largest}")
    for merge in figures.merged:
        size = shown.count(merge.findings, "finding")
        screen.line(f"merged: {merge.intrusion_id} of {', '.join(merge.actors)}, {size}")
    if figures.unlinked:
        screen.line(f"in leads only: {', '.join(figures.unlinked)}")
    screen.table(
        ["actor", "steps found", "in intrusions of its own", "share"],
        [(one.actor + _decoy(one), one.found, one.alone, _share(one.share)) for one in figures.actors],
        right=["steps found", "in intrusions of its own", "share"],
    )


def _seen(figures: seen.Figures) -> None:
    screen.table(
        ["actor", "first line", "days until a finding", "days until an intrusion"],
        [
            (
                one.actor + _decoy(one), screen.moment(one.first_line, "UTC"), _days(one.late_days),
                _days(one.linked_late_days),
            )
            for one in figures.actors
        ],
        right=["days until a finding", "days until an intrusion"],
    )  # fmt: skip
    screen.line(
        f"all but decoys: median {_days(figures.median_late_days)}, worst {_days(figures.worst_late_days)} days"
    )


def _clustering(figures: clustering.Figures) -> None:
    _agreements([("campaigns", figures.agreement), ("all single", figures.alone)])
    merges = shown.count(len(figures.false_merges), "false merge")
    screen.line(f"{shown.count(figures.campaigns, 'campaign')}, {merges}; without an actor: {figures.strangers:,}")
    for one in figures.false_merges:
        screen.line(f"merged: {one.campaign_id} of {', '.join(one.actors)}")
    if figures.split_actors:
        screen.line(f"in several campaigns: {', '.join(figures.split_actors)}")


def _attribution(figures: attribution.Figures) -> None:
    screen.table(
        ["campaign", "actor", "right", "first", "rank of right", "probability of right"],
        [
            (one.campaign_id, one.actor, one.right, one.top, one.rank or "-", _share(one.probability))
            for one in figures.campaigns
        ],
        right=["rank of right", "probability of right"],
    )
    screen.line(
        f"imitating a group: {figures.imitated:,}, first {_share(figures.top1)}, in the first three "
        f"{_share(figures.top3)}, abstained {_share(figures.abstained)}"
    )
    screen.line(f"others: {figures.others:,}, unknown came first in {_share(figures.unknown_right)}")


def _assessment(figures: assessment.Figures) -> None:
    parts = (
        ("entry", figures.entries), ("supplier", figures.suppliers), ("subscribers", figures.targets),
        ("re-entries", figures.re_entries), ("left in place", figures.left),
    )  # fmt: skip
    screen.table(
        ["what", "true", "claimed", "right", "precision", "recall"],
        [(n, one.true, one.claimed, one.right, _share(one.precision), _share(one.recall)) for n, one in parts],
        right=["true", "claimed", "right", "precision", "recall"],
    )


_SECTIONS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "techniques": ("Steps and techniques", _techniques),
    "findings": ("Findings", _findings),
    "linking": ("Intrusions", _linking),
    "seen": ("First seen", _seen),
    "clustering": ("Campaigns", _clustering),
    "attribution": ("Attribution", _attribution),
    "assessment": ("Entry, suppliers, targets, re-entries, what is left", _assessment),
}


def _agreements(rows: list[tuple[str, Agreement]]) -> None:
    screen.table(
        ["grouping", "items", "pairs P", "pairs R", "B-cubed P", "B-cubed R", "B-cubed F1", "ARI"],
        [
            (
                name, f"{one.items:,}",
                *map(
                    _share,
                    (
                        one.pair_precision, one.pair_recall, one.bcubed_precision, one.bcubed_recall, one.bcubed_f1,
                        one.ari,
                    ),
                ),
            )
            for name, one in rows
        ],
        right=["items", "pairs P", "pairs R", "B-cubed P", "B-cubed R", "B-cubed F1", "ARI"],
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:z.1f}"


def _kind(one: techniques.ByActor) -> str:
    return f"{one.kind}{_decoy(one)}"


def _decoy(one: techniques.ByActor | linking.ByActor | seen.ByActor) -> str:
    return " (decoy)" if one.decoy else ""
