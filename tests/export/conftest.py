from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import exported

from ringleader.export import Source


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Two campaigns with everything said about them."""
    return exported.case(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return exported.hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A case that nothing was found in."""
    from made import Made

    made = Made()
    made.event("windows/security/4624", 0, "ws01.corp.example", IpAddress="10.1.0.9")
    return exported.case(tmp_path_factory.mktemp("empty"), made=made, campaigns=False)


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """One intrusion of one finding, no campaigns."""
    from made import Made

    made = Made()
    made.step(exported.FIRST, "windows/security/1102", 0, exported.MAIL, "Log cleared", tactic="defense-evasion")
    return exported.case(tmp_path_factory.mktemp("alone"), made=made, campaigns=False)
