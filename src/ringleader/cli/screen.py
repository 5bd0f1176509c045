"""The only module that writes to the terminal. Data goes to stdout, talk to stderr.

Texts from evidence were written in part by an intruder: everything shown passes ``clean``, so that no escape sequence,
line break or change of writing direction reaches the terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from ringleader.errors import RingleaderError
from ringleader.schema import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

_PLAIN_EVERY = 10.0  # seconds between lines when stderr is not a terminal

quiet = False
"""Set by ``--quiet``: no talk, only data and errors."""


def clean(value: object, limit: int = 0) -> str:
    """``value`` as one line that is safe to show; unsafe characters become visible escapes. ``limit`` cuts the end."""
    text = shown.HIDDEN.sub(_escape, str(value))
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def out(file: TextIO | None = None) -> Console:
    from rich.console import Console

    # A pipe or file gets lines as long as they are: nothing is folded or cut for a screen that is not there.
    width = None if (file or sys.stdout).isatty() else 1000
    return Console(file=file, markup=False, highlight=False, emoji=False, width=width)


def err() -> Console:
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def say(text: str) -> None:
    """Talk for people; nothing that a script could need."""
    if not quiet:
        err().print(clean_lines(text), soft_wrap=True)


def data(value: Any) -> None:
    """One JSON document on stdout. ASCII only, so that it is safe to look at as well."""
    sys.stdout.write(json.dumps(value, default=_json, indent=2) + "\n")


def error(problem: RingleaderError) -> None:
    """What went wrong, then what to try."""
    from rich.text import Text

    shown = Text.assemble(("error: ", "bold red"), clean_lines(str(problem)))
    if problem.hint:
        shown.append("\n  try: ", "bold").append(clean_lines(problem.hint))
    err().print(shown, soft_wrap=True)


def clean_lines(text: str) -> str:
    """Like ``clean``, for texts of ours in which line breaks are wanted."""
    return "\n".join(clean(line) for line in text.split("\n"))


def forget_stdout() -> None:
    """After a broken pipe: what Python still wants to flush at its end goes nowhere, without a complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def drain_stdout() -> None:
    """Write what is left for stdout, or forget it where it can never be written."""
    try:
        sys.stdout.flush()
    except OSError:
        forget_stdout()


def heading(text: str) -> None:
    out().print(f"\n{text}", style="bold")


def line(text: str) -> None:
    """A line that belongs to the result, such as how long the rest of a list is."""
    out().print(clean(text), soft_wrap=True)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Name and value, one a line, the values below each other."""
    for name, value in rows:
        out().print(f"{name:<10}  {clean(value)}", soft_wrap=True)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = (), file: TextIO | None = None
) -> None:
    """A plain table; every cell is cleaned. On a terminal long cells fold, elsewhere one row is one line."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    numbers = set(right)
    for name in columns:
        shown.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        cells = [Text(clean(cell)) for cell in row]
        for cell in cells:
            cell.stylize(LEVEL_STYLE.get(cell.plain, ""))
        shown.add_row(*cells)
    console = out(file)
    with console.capture() as rendered:
        console.print(shown)
    for line in rendered.get().splitlines():
        console.file.write(line.rstrip() + "\n")


LEVEL_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "dim"}


def moment(value: datetime | None, zone: str) -> str:
    """A time in the zone that the user asked for, with its offset unless it is UTC."""
    if value is None:
        return "-"
    there = shown.local(value, shown.zone(zone))
    return shown.moment(there) + ("" if zone.upper() == "UTC" else there.strftime(" %z"))


def entries(rows: Iterable[tuple[Sequence[object], str]], file: TextIO | None = None) -> None:
    """For rows with one long value: the short cells on a line, the long one below, cut where the terminal ends."""
    from rich.text import Text

    console = out(file)
    for cells, detail in rows:
        head = Text("  ").join(Text(text, LEVEL_STYLE.get(text, "")) for text in map(clean, cells))
        console.print(head, Text("\n    "), Text(clean(detail, console.width - 5), "dim"), sep="", soft_wrap=True)


class Progress:
    """Bars on a terminal, now and then a line elsewhere, nothing with ``--quiet``. Use it in a ``with`` block.

    ``bars`` is unset where results go to the same terminal meanwhile.
    """

    def __init__(self, *, bars: bool = True) -> None:
        self._wanted = bars and not quiet and sys.stderr.isatty()
        self._bars: Bars | None = None
        self._task: Any = None
        self._what, self._unit = "", ""
        self._done, self._total = 0, 0
        self._told = 0.0

    def __enter__(self) -> Progress:
        if self._wanted:
            from rich import progress

            self._bars = progress.Progress(
                progress.TextColumn("{task.description}"), progress.BarColumn(),
                progress.TaskProgressColumn(), progress.TimeRemainingColumn(), console=err(), transient=True,
            )  # fmt: skip
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bars off the terminal, before results go there."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    @property
    def done(self) -> int:
        """How much of the current work was reported as done."""
        return self._done

    def begin(self, what: str, total: int | None = None, unit: str = "") -> None:
        self._what, self._unit, self._done, self._total = what, unit, 0, total or 0
        self._told = time.monotonic()
        if self._bars is not None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(clean(what), total=total)

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        if self._bars is not None:
            if self._task is not None:
                self._bars.advance(self._task, amount)
        elif time.monotonic() - self._told > _PLAIN_EVERY:
            self._told = time.monotonic()
            share = f"{min(self._done / self._total, 1):.0%}" if self._total else f"{self._done:,} {self._unit}".strip()
            say(f"{self._what}: {share}")

    def say(self, text: str) -> None:
        if self._bars is not None:
            self._bars.console.print(clean_lines(text), soft_wrap=True)
        else:
            say(text)


def _json(value: Any) -> Any:
    import dataclasses
    from pathlib import PurePath

    import msgspec

    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return msgspec.to_builtins(value)
