"""``ringleader evaluate``: how far to trust what Ringleader says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringleader.cli import options, screen

if TYPE_CHECKING:
    from ringleader.evaluate.attribution import Evaluation, Result
    from ringleader.evaluate.falseflag import Rates
    from ringleader.evaluate.overlap import Result as Overlap

app = typer.Typer(no_args_is_help=True)
NAMES = ("top1", "top3", "auroc", "ece", "precision", "recall")

Charts = Annotated[
    Path | None,
    typer.Option("--charts", metavar="DIR", help="Write the charts there, as SVG.", show_default=False),
]


@app.callback()
def _verbs() -> None:
    pass


@app.command(
    "attribution",
    cls=options.Verb,
    help="Hold out each report of the knowledge, ask whose it is, and measure the answers. Takes some minutes.",
)
def attribution(
    knowledge: options.KnowledgePath = None,
    charts: Charts = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.evaluate import chart
    from ringleader.evaluate.attribution import evaluate
    from ringleader.knowledge import Knowledge
    from ringleader.store.disk import writing_to

    found = evaluate(Knowledge.load(knowledge), say=screen.say)
    if charts is not None:
        with writing_to(charts):
            for path in chart.write(found, charts):
                screen.say(f"written: {path}")
    if as_json:
        screen.data({"protocols": [_data(result) for result in found.results], "baselines": found.baselines})
    else:
        _show(found)


@app.command(
    "overlap",
    cls=options.Verb,
    help="How often the overlap test calls different groups alike, and how often it finds one group again. Takes some "
    "minutes.",
)
def overlap(
    knowledge: options.KnowledgePath = None,
    charts: Charts = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.attribute.fit import one_thread
    from ringleader.evaluate import chart
    from ringleader.evaluate.overlap import evaluate
    from ringleader.knowledge import Knowledge
    from ringleader.store.disk import writing_to

    with one_thread():
        found = evaluate(Knowledge.load(knowledge), say=screen.say)
    if charts is not None:
        with writing_to(charts):
            for path in chart.write_overlap(found, charts):
                screen.say(f"written: {path}")
    if as_json:
        screen.data({"protocols": [_overlap_data(result) for result in found]})
    else:
        _show_overlap(found)


def _overlap_data(result: Overlap) -> dict[str, Any]:
    return {
        "name": result.name,
        "what": result.what,
        "groups": result.groups,
        "pairs": {"same": result.same, "different": result.different},
        "reuse": result.reuse,
        "spread": [_number(value) for value in result.spread],
        "methods": [
            {
                "method": rates.method,
                **{
                    part: {
                        f"{level:g}": {"share": _number(share), "interval": [_number(v) for v in around[level]]}
                        for level, share in shares.items()
                    }
                    for part, shares, around in (
                        ("size", rates.size, rates.size_interval),
                        ("power", rates.power, rates.power_interval),
                    )
                },
                "power_by_group": {f"{level:g}": _number(share) for level, share in rates.power_by_group.items()},
            }
            for rates in result.rates
        ],
    }


def _show_overlap(found: tuple[Overlap, ...]) -> None:
    from ringleader.evaluate.overlap import LEVELS, POWER, SIZE

    for result in found:
        screen.heading(
            f"{result.what}: {result.groups:,} groups, {result.same:,} pairs of one group, {result.different:,} of two"
        )
        screen.table(
            ["method", "level", "strangers called alike", "95 % by group", "same found", "95 % by group", "by group"],
            [
                (
                    rates.method if level == LEVELS[0] else "",
                    f"{level:g}",
                    f"{rates.size[level]:.4f}",
                    " to ".join(f"{value:.4f}" for value in rates.size_interval[level]),
                    _shown(rates.power[level]),
                    " to ".join(map(_shown, rates.power_interval[level])),
                    _shown(rates.power_by_group[level]),
                )
                for rates in result.rates
                for level in LEVELS
            ],
            right=["level", "strangers called alike", "same found", "by group"],
        )
        mine = result.rates[0]
        for level, bar in SIZE.items():
            size, power = mine.size[level], mine.power[level]
            screen.line(
                f"at {level:g}: size {size:.4f}, at most {bar:g} wanted, {'met' if size <= bar else 'above'}; "
                f"power {power:.3f}, at least {POWER[level]:g} wanted, {'met' if power >= POWER[level] else 'below'}"
            )


@app.command(
    "falseflag",
    cls=options.Verb,
    help="Plant a rare tool and some techniques of another group in each report, and count how often the answer turns "
    "to that group. Takes some minutes.",
)
def falseflag(
    knowledge: options.KnowledgePath = None, as_json: options.Json = False, quiet: options.Quiet = False
) -> None:
    import dataclasses

    from ringleader.evaluate.falseflag import evaluate
    from ringleader.knowledge import Knowledge

    found = evaluate(Knowledge.load(knowledge), say=screen.say)
    if as_json:
        screen.data({"rates": [dataclasses.asdict(rates) for rates in found]})
    else:
        _show_falseflag(found)


def _show_falseflag(found: tuple[Rates, ...]) -> None:
    for name in dict.fromkeys(rates.tempering for rates in found):
        rows = [rates for rates in found if rates.tempering == name]
        screen.heading(f"Grades: {name}; {rows[0].cases:,} reports")
        screen.table(
            ["planted", "planted group first", "first of groups", "called likely", "true group first", "called likely"],
            [
                (
                    "nothing" if rates.techniques is None else f"a rare tool, {rates.techniques} techniques",
                    *map(
                        _shown,
                        (rates.first, rates.among_groups, rates.likely, rates.true_first, rates.true_likely),
                    ),
                )
                for rates in rows
            ],
            right=["planted group first", "first of groups", "called likely", "true group first"],
        )


def _data(result: Result) -> dict[str, Any]:
    return {
        "name": result.protocol.name,
        "what": result.protocol.what,
        "cases": result.found,
        "nothing_left": result.lost,
        "measures": {name: _number(value) for name, value in result.values.items()},
        "intervals": {name: [_number(low), _number(high)] for name, (low, high) in result.intervals.items()},
        "bars": dict(result.protocol.bars),
        "top1_by_group": _number(result.macro),
        "top1_of_all": _number(result.overall),
        "streams": {
            f"{share:g}": {name: _number(value) for name, value in values.items()}
            for share, values in result.streams.items()
        },
    }


def _number(value: float) -> float | None:
    # JSON has no NaN.
    return round(value, 4) if math.isfinite(value) else None


def _show(found: Evaluation) -> None:
    for result in found.results:
        screen.heading(f"{result.protocol.what}: {result.found:,} cases, {result.lost:,} more with nothing left")
        screen.table(
            ["measure", "reached", "95 % by group", "bar", ""],
            [
                (
                    name,
                    _shown(result.values[name]),
                    " to ".join(map(_shown, result.intervals[name])),
                    _shown(result.protocol.bars.get(name, float("nan"))),
                    _met(result, name),
                )
                for name in NAMES
            ],
            right=["reached", "bar"],
        )
        screen.line(
            f"top1 per group {_shown(result.macro)}; of all, those with nothing left too {_shown(result.overall)}"
        )
        for share, values in result.streams.items():
            if share > 0.5 and values:
                told = ", ".join(f"{name} {_shown(values[name])}" for name in ("ece", "precision"))
                screen.line(f"with {share:.0%} unknowns: {told}")
    screen.heading("Single scores, top1 on techniques, report held out")
    screen.facts([(name, f"{value:.3f}") for name, value in found.baselines.items()])


def _shown(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _met(result: Result, name: str) -> str:
    bar, value = result.protocol.bars.get(name), result.values[name]
    if bar is None or not math.isfinite(value):
        return ""
    met = round(value, 3) <= bar if name == "ece" else round(value, 3) >= bar
    return "met" if met else "below" if name != "ece" else "above"


@app.command(
    "clustering",
    cls=options.Verb,
    help="Cluster the reports of the knowledge as if nobody knew whom they are about; count what is joined wrongly.",
)
def clustering(
    knowledge: options.KnowledgePath = None, as_json: options.Json = False, quiet: options.Quiet = False
) -> None:
    from ringleader.evaluate.clustering import evaluate
    from ringleader.knowledge import Knowledge

    found = evaluate(Knowledge.load(knowledge), say=screen.say)
    if as_json:
        screen.data(found)
        return
    screen.heading(f"{found.reports:,} reports on {found.groups:,} groups; pairs' calibration error {found.ece:.3f}")
    screen.table(
        ["joined when", "clusters", "false merges", "pairs right", "pairs found", "ARI", "B-cubed F1", "95 %", "V"],
        [
            (
                one.name,
                one.clusters,
                one.false,
                _shown(one.agreement.pair_precision or float("nan")),
                _shown(one.agreement.pair_recall or 0.0),
                _shown(one.agreement.ari or 0.0),
                _shown(one.agreement.bcubed_f1 or 0.0),
                " to ".join(map(_shown, one.intervals["bcubed_f1"])),
                _shown(one.v),
            )
            for one in found.results
        ],
        right=["clusters", "false merges", "pairs right", "pairs found", "ARI", "B-cubed F1", "V"],
    )
