from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringleader.cli import screen

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up evidence of ``make demo``."""
    folder = tmp_path_factory.mktemp("demo") / "evidence"
    subprocess.run(
        [sys.executable, ROOT / "examples" / "demo" / "evidence.py", folder], check=True, capture_output=True
    )
    return folder


@pytest.fixture(autouse=True)
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process runs one verb, a test process many: ``--quiet`` must not outlive its test."""
    monkeypatch.setattr(screen, "quiet", False)
