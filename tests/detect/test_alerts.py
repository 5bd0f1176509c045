"""Alerts of other products as findings, from evidence to the table."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "ingest" / "readers"))
from evidence import NUMBER, SAMPLES

from ringleader.detect import stage as detect
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.ingest import run as ingest
from ringleader.schema.alert import shapes
from ringleader.store import Store

RULE = """
title: Nothing here
logsource: {product: windows, category: process_creation}
detection: {tool: {Image: none}, condition: tool}
"""


def findings(folder: Path, name: str, data: bytes) -> list[dict]:
    evidence = folder / name
    evidence.write_bytes(data)
    (folder / "rule.yml").write_text(RULE)
    store = Store.open(folder / "case", create=True)
    engine = Local(workers=1)
    ingest.ingest(store, [evidence], engine=engine, progress=Silent())
    detect.run(store, [folder / "rule.yml"], engine=engine)
    rows = store.read("findings").to_pylist()
    held = store.read("events", ["event_id", "evidence_id"]).to_pylist()
    assert {(row["event_id"], row["evidence_id"]) for row in rows} <= {(e["event_id"], e["evidence_id"]) for e in held}
    assert len({row["finding_id"] for row in rows}) == len(rows)
    return rows


def test_suricata(tmp_path: Path) -> None:
    rows = findings(tmp_path, "eve.json", SAMPLES["suricata"])
    assert len(rows) == NUMBER / 3, "flows are no findings"
    assert {row["rule_title"] for row in rows} == {"ET SCAN Possible Nmap"}
    row = rows[0]
    assert (row["detector"], row["level"], row["techniques"]) == ("alert", "high", ["T1046", "T1595"])
    assert row["kind"] == "alert/suricata" and row["host"] == "sensor1" and dict(row["values"])["src_ip"] == "192.0.2.7"


def test_wazuh(tmp_path: Path) -> None:
    rows = findings(tmp_path, "alerts.json", SAMPLES["wazuh"])
    assert len(rows) == NUMBER and len({row["rule_id"] for row in rows}) == 1
    row = rows[0]
    assert (row["rule_title"], row["level"], row["host"]) == ("Sudo to root – ä", "high", "web01")
    assert (row["techniques"], row["account"]) == (["T1548.003"], "root")


@pytest.mark.parametrize("form", ["csv", "json", "array"])
def test_any_other_export(tmp_path: Path, form: str) -> None:
    data = SAMPLES["alerts"]
    if form != "csv":
        each = [{"time": 1709287200 + n, "name": "Suspicious URL access.", "host": "web01", "severity": "High"}
                for n in range(NUMBER)]  # fmt: skip
        data = orjson.dumps(each) if form == "array" else b"\n".join(map(orjson.dumps, each))
    rows = findings(tmp_path, f"export.{form}", data)
    assert len(rows) == NUMBER
    assert (rows[0]["rule_title"], rows[0]["level"], rows[0]["host"]) == ("Suspicious URL access.", "high", "web01")


def test_columns_without_a_meaning_never_reach_a_finding(tmp_path: Path) -> None:
    data = b"time,name,ip,host,short,time_label,event_label\n1642213952,A,10.0.0.1,mail,W,dirb,dirb\n"
    (row,) = findings(tmp_path, "ait.txt", data)
    assert "dirb" not in str(row)


@pytest.mark.parametrize(
    ("number", "level"),
    [("0", "informational"), ("4", "low"), ("11", "medium"), ("15", "critical"), ("nan", "medium"), ("x", "medium")],
)
def test_levels_by_number(number: str, level: str) -> None:
    assert shapes()["alert/wazuh"].level_of({"rule.level": number}) == level
