"""``ringleader init``"""

from __future__ import annotations

from ringleader.cli import options, screen


def init(case: options.CasePath, quiet: options.Quiet = False) -> None:
    from ringleader.case import CONFIG, Case
    from ringleader.errors import UsageError

    if case.exists() and not case.is_dir():
        raise UsageError(f"{case} is a file; a case is a folder", hint="name a folder, which may be new")
    made = Case.create(case)
    screen.say(f"Made the case {made.root}. Describe your network in {made.root / CONFIG}, if you like.")
