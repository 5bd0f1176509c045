"""``ringleader report``"""

from __future__ import annotations

from ringleader.cli import options, stage


def report(
    case: options.CasePath,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    stage.perform("report", case, timezone=timezone, as_json=as_json)
