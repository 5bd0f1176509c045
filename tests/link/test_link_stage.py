"""The stage over stored events, whatever types their values have."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ringleader import link
from ringleader.detect import stage as detect
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.ingest import run as ingest
from ringleader.link import kernel, stage
from ringleader.link.entities import vocabulary
from ringleader.store import Store

RULE = """
title: Anything by the tool
id: 6f7c2a60-2f0b-4b0a-9a39-0d8a3f0c5b11
logsource: {product: windows, category: process_creation}
detection:
  tool: {Image|endswith: '\\tool.exe'}
  condition: tool
level: high
"""


def start(minute: int, pid: object, parent: object, image: object, **more: object) -> dict[str, object]:
    return {
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "a.example",
        "UtcTime": f"2026-03-02 09:{minute:02}:00.000", "EventTime": f"2026-03-02 09:{minute:02}:00",
        "ProcessId": pid, "ParentProcessId": parent, "Image": image, "ParentImage": "C:\\x\\above.exe", **more,
    }  # fmt: skip


@pytest.mark.parametrize("odd", [None, ["0x11"], {"a": "b"}, 17, 1.5, True, "", "\U0001f600" * 40], ids=str)
def test_values_of_any_type_where_text_is_expected(tmp_path: Path, odd: object) -> None:
    rows = [
        start(0, "10", "1", "C:\\x\\tool.exe", LogonId=odd),
        start(1, "11", "10", "C:\\x\\tool.exe", LogonId="0x22"),
        start(2, "12", "11", "C:\\x\\tool.exe", ParentProcessGuid=odd),
        start(3, odd, "12", "C:\\x\\tool.exe"),
        start(4, "14", odd, odd),
    ]
    evidence = tmp_path / "a.json"
    evidence.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    (tmp_path / "rule.yml").write_text(RULE)
    store = Store.open(tmp_path / "case", create=True)
    engine = Local(workers=1)
    assert ingest.ingest(store, [evidence], engine=engine, progress=Silent())
    detect.run(store, [tmp_path / "rule.yml"], engine=engine)
    summary = link.run(store)
    assert summary.findings == 4 and summary.complete
    steps = store.read("steps").to_pylist()
    assert len(steps) == len({step["finding_id"] for step in steps}) == summary.findings - summary.leads
    # A process of which the id is odd may stay alone; the two that name each other do not.
    words = vocabulary()
    findings = store.read("findings")
    found = kernel.bundled(findings, stage.around(store, findings, words, stage.Summary()), words)
    assert any(edge.key.entity == "lineage" for edge in found.strong)
