"""``ringleader scan``"""

from __future__ import annotations

from ringleader.cli import options


def scan(
    evidence: options.Evidence,
    rules: options.Rules = None,
    no_builtin: options.NoBuiltin = False,
    workers: options.Workers = None,
    quiet: options.Quiet = False,
) -> None:
    pass
