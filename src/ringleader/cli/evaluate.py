"""``ringleader evaluate``: how far to trust what Ringleader says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringleader.cli import options, screen

if TYPE_CHECKING:
    from ringleader.evaluate.attribution import Evaluation, Result

app = typer.Typer(no_args_is_help=True)
NAMES = ("top1", "top3", "auroc", "ece", "precision", "recall")

Charts = Annotated[
    Path | None,
    typer.Option("--charts", metavar="DIR", help="Write the two charts there, as SVG.", show_default=False),
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
