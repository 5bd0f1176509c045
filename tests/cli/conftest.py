from __future__ import annotations

import pytest

from ringleader.cli import screen


@pytest.fixture(autouse=True)
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process runs one verb, a test process many: ``--quiet`` must not outlive its test."""
    monkeypatch.setattr(screen, "quiet", False)
