"""Small stories, told once."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories import setup, told


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole story at the scale ``tiny``: DIR of ``ringleader simulate``."""
    folder = tmp_path_factory.mktemp("tiny") / "told"
    told(folder, setup(), workers=2)
    return folder
