"""``ringleader link``"""

from __future__ import annotations

from ringleader.cli import options, stage


def link(case: options.CasePath, as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    stage.perform("link", case, as_json=as_json)
