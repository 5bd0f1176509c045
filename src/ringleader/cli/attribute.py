"""``ringleader attribute``: whom the campaigns of a case, or given techniques and software, are like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringleader.cli import options, ranking, screen, stage
from ringleader.schema.shown import count

if TYPE_CHECKING:
    from ringleader.attribute import told

TOLD = 5
"""Campaigns that are told in full without ``--all``."""

MaybeCase = Annotated[
    Path | None,
    typer.Argument(metavar="[CASE]", help="Folder of the case; or give --traits instead.", show_default=False),
]
Traits = Annotated[
    str | None,
    typer.Option(
        "--traits",
        metavar="TRAITS",
        help="Ids or names of techniques and software with commas between, with an Admiralty grade after a slash where "
        "it is not fully trusted (S0020/C3); or a file of them, or a STIX bundle.",
        show_default=False,
    ),
]
Campaign = Annotated[
    str | None,
    typer.Option(
        "--campaign", metavar="ID", help="Only this campaign: its id, or as much of it as is unique.",
        show_default=False,
    ),
]  # fmt: skip


def attribute(
    case: MaybeCase = None,
    traits: Traits = None,
    campaign: Campaign = None,
    knowledge: options.CaseKnowledge = None,
    everything: options.Everything = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.errors import UsageError

    if (case is None) == (traits is None):
        raise UsageError(
            "give a case, or techniques and software with --traits" + (", not both" if traits else ""),
            hint="ringleader attribute CASE, or ringleader attribute --traits T1505.003,S0020",
        )
    if traits is not None:
        if campaign is not None:
            raise UsageError("--campaign names one of a case, and there is none", hint="leave it out, or --traits")
        _given(traits, None if knowledge == Path("builtin") else knowledge, everything=everything, as_json=as_json)
    elif case is not None:
        _of_case(case, campaign, knowledge, everything=everything, as_json=as_json)


def _given(traits: str, knowledge: Path | None, *, everything: bool, as_json: bool) -> None:
    from ringleader.attribute import Attributor, Model
    from ringleader.attribute.traits import read
    from ringleader.knowledge import BUILT_IN, Knowledge

    base = Knowledge.load(knowledge)
    given = read(traits, base)
    answer = Attributor(base, Model.load(knowledge or BUILT_IN)).attribute(given.profile)
    if given.ignored:
        screen.say(f"not known here, and ignored: {', '.join(given.ignored)}")
    for note in answer.notes:
        screen.say(note)
    if as_json:
        screen.data({**ranking.data(answer), "ignored": given.ignored})
    else:
        ranking.show(answer, base, everything)
        screen.say(ranking.MEANS)


def _of_case(case: Path, wanted: str | None, knowledge: Path | None, *, everything: bool, as_json: bool) -> None:
    from ringleader import pipeline
    from ringleader.attribute import told
    from ringleader.knowledge import Knowledge

    work = next(one for one in pipeline.STAGES if one.name == "attribute")
    with stage.prepared(case, (), None, ruled=False, knowledge=knowledge) as run:
        pipeline.perform(work, run)
    found = told.campaigns(run.store)
    chosen = told.find(found, wanted) if wanted is not None else found
    if as_json:
        screen.data({"case": run.case.root, "campaigns": [_data(one) for one in chosen]})
        return
    if not found:
        screen.line("There is no campaign and no intrusion to attribute.")
        return
    base = Knowledge.load(run.knowledge)
    if wanted is None:
        _overview(found, everything=everything)
    shown = chosen if everything else chosen[:TOLD]
    for one in shown:
        names = f"{one.name} ({one.campaign_id})" if one.name else f"Intrusion {one.campaign_id}"
        screen.heading(f"{names}: {count(len(one.intrusions), 'intrusion')}")
        for note in one.answer.notes:
            screen.line(note)
        ranking.show(one.answer, base, everything)
    if len(shown) < len(chosen):
        screen.line(f"and {len(chosen) - len(shown):,} more; --all tells them, --campaign ID one of them")
    screen.say(ranking.MEANS)


def _data(one: told.Told) -> dict[str, object]:
    return {
        "campaign_id": one.campaign_id,
        "name": one.name,
        "intrusion_ids": one.intrusions,
        "traits": one.traits,
        **ranking.data(one.answer),
    }


def _overview(found: list[told.Told], *, everything: bool) -> None:
    screen.heading(f"{count(len(found), 'campaign')}, the gravest first")
    rows = found if everything else found[:20]
    screen.table(
        ["id", "name", "techniques", "software", "first", "probability", "verdict", "next"],
        [
            (
                one.campaign_id[:8],
                one.name or "-",
                f"{one.count('technique'):,}",
                f"{one.count('software'):,}",
                one.answer.candidates[0].name,
                f"{one.answer.candidates[0].probability:.2f}",
                one.answer.candidates[0].verdict,
                one.answer.candidates[1].name if len(one.answer.candidates) > 1 else "-",
            )
            for one in rows
        ],
        right=["techniques", "software", "probability"],
    )
    if len(rows) < len(found):
        screen.line(f"and {len(found) - len(rows):,} more; --all shows them")
