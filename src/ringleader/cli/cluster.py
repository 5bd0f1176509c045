"""``ringleader cluster``"""

from __future__ import annotations

from ringleader.cli import options, stage


def cluster(case: options.CasePath, as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    stage.perform("cluster", case, as_json=as_json)
