"""What people read, as it is. After a wanted change: pytest --snapshot-update tests/export/test_golden.py, and read the
difference."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from test_exporters import written

from ringleader.export import BY_NAME, Options, Source


@pytest.mark.parametrize("name", ["sigma", "blocklist", "csv", "timesketch-jsonl"])
def test_golden(name: str, whole: Source, snapshot: SnapshotAssertion) -> None:
    assert written(BY_NAME[name], whole, Options(outside=20))[0] == snapshot


def test_golden_redacted(whole: Source, snapshot: SnapshotAssertion) -> None:
    assert written(BY_NAME["csv"], whole, Options(victims=False, named=False))[0] == snapshot
