"""Commands typed into whatever the actor works from."""

from __future__ import annotations

import re

from ringleader.scenario.deeds import unix, windows
from ringleader.scenario.deeds.windows import Binary, Process
from ringleader.scenario.play import Play

_TECHNIQUE = re.compile(r"(T\d{4}(?:\.\d{3})?) (.+)", re.DOTALL)


def run(play: Play, commands: list[str]) -> None:
    """``- T1033 whoami /groups``: the technique, then the command as it is typed."""
    for line in commands:
        technique, command = parted(play, line)
        play.pause()
        one(play, technique, command)


def parted(play: Play, line: str) -> tuple[str, str]:
    found = _TECHNIQUE.fullmatch(line.strip())
    technique, command = (found[1], found[2]) if found else ("T1059", line)
    return technique, play.text(command)


def one(play: Play, technique: str, command: str, *, program: Binary | None = None) -> Process | None:
    """One command from where the actor is, and the process that it becomes on Windows."""
    at = play.at
    assert at is not None, "nothing to type into: the session begins with no entry"
    if isinstance(at, Process):
        with play.step(technique, command, at.host, at.session.account.full) as time:
            return windows.start(play.scene, at, time, command, program=program)
    with play.step(technique, command, at.host, at.account) as time:
        unix.runs(play.scene, at, time, command)
    return None


def windows_place(play: Play) -> Process:
    """Where the actor works from, which must be a process."""
    assert isinstance(play.at, Process), "the actor must be on a Windows host for this"
    return play.at
