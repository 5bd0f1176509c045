"""What is known of a rule beside its logic, and what is wrong with one. Workers need no more, and no pySigma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec


class LogSource(msgspec.Struct, frozen=True):
    """What the rule says of where its events come from; see ``logsource.resolve``."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """What is to be known of a rule beside its logic. ``digest`` identifies the content: equal digests match alike."""

    id: str
    title: str
    level: str
    status: str
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    software: tuple[str, ...]
    groups: tuple[str, ...]
    logsource: LogSource
    path: str
    name: str
    digest: str


@dataclass(frozen=True)
class Problem:
    """Something wrong with a rule. ``line`` counts from 1, 0 if no line is to blame; ``text`` is that line.

    Severity ``error`` means that the rule (or the file) is not used, ``warning`` that it is nevertheless.
    """

    path: str
    line: int
    code: str
    message: str
    text: str = ""
    severity: Literal["error", "warning"] = "error"
