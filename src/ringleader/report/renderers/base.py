"""What a renderer is."""

from __future__ import annotations

from typing import Protocol

from ringleader.report.model import Model


class Renderer(Protocol):
    """One form of the report. ``render`` is a pure function of the model: the same model gives the same bytes."""

    name: str
    file: str
    """Name of what it writes, in the folder of reports; it begins with "report"."""

    def render(self, model: Model) -> bytes: ...
