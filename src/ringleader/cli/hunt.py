"""``ringleader hunt``: the main job."""

from __future__ import annotations

from ringleader.cli import options, screen, stage, summary


def hunt(
    case: options.CasePath,
    evidence: options.MoreEvidence = None,
    rules: options.Rules = None,
    no_builtin: options.NoBuiltin = False,
    knowledge: options.CaseKnowledge = None,
    workers: options.Workers = None,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader import pipeline

    with stage.prepared(
        case,
        evidence or (),
        rules,
        no_builtin=no_builtin,
        workers=workers,
        timezone=timezone,
        create=bool(evidence),
        knowledge=knowledge,
    ) as run:
        outcomes = list(pipeline.hunt(run))
    if as_json:
        screen.data(summary.as_data(run, outcomes))
    else:
        summary.show(run, outcomes)
