"""Shared fixtures. Public evidence is not part of the repository: tests that need it skip, and say so, where it is
missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public evidence: ``$RINGLEADER_SHARED`` or ``../shared/data`` beside the checkout."""
    folder = Path(os.environ.get("RINGLEADER_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no public evidence at {folder}; set RINGLEADER_SHARED to run this test")
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up evidence of three days, in many shapes and archives (demo_evidence.py)."""
    folder = tmp_path_factory.mktemp("demo") / "evidence"
    subprocess.run([sys.executable, ROOT / "tests" / "demo_evidence.py", folder], check=True, capture_output=True)
    return folder
