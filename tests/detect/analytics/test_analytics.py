"""What holds for every analytic, and how they run over a store."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sights import team

from ringleader.detect import stage as detect
from ringleader.detect.analytics import ANALYTICS, Analytic, Known, lookups
from ringleader.detect.analytics import stage as analytics
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.ingest import run as ingest
from ringleader.schema import kind as kinds
from ringleader.store import Store

RULE = """
title: Nothing here
logsource: {product: windows, category: process_creation}
detection: {tool: {Image: none}, condition: tool}
"""
ANY = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@pytest.mark.parametrize("one", ANALYTICS, ids=lambda one: one.rule.id)
class TestEvery:
    def test_says_what_it_is(self, one: Analytic) -> None:
        assert one.rule.id.startswith("analytic-") and one.rule.techniques and one.rule.tactics
        assert one.rule.level in ("low", "medium"), "an analytic is a reason to look"
        assert all(kinds.covers(kind, kind) for kind in one.kinds) and one.fields

    def test_nothing_comes_of_nothing(self, one: Analytic) -> None:
        assert not list(one.find([], Known()))

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_takes_any_value(self, one: Analytic, data: st.DataObject) -> None:
        event = data.draw(st.dictionaries(st.sampled_from(sorted(one.fields)), ANY))
        for kind in one.kinds:
            taken = one.take(kind, event)
            assert taken is None or all(isinstance(value, str) for value in taken.values())


def test_each_has_an_id_of_its_own() -> None:
    assert len({one.rule.id for one in ANALYTICS}) == len(ANALYTICS)


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT * FROM CDR.CALL_RECORDS WHERE MSISDN = '60128000123' AND CALL_DATE >= SYSDATE - 30", "60128000123"),
        ("select a from t where imsi=  502130123456789", "502130123456789"),
        ("select a from t where calling_number = '+60128000123'", "60128000123"),
        ("SELECT * FROM CDR.CALL_RECORDS WHERE CALL_DATE = TO_DATE('2019-01-06', 'YYYY-MM-DD')", None),
        ("SELECT * FROM T WHERE MSISDN IN ('60128000123', '60128000124')", None),
        ("x" * 30_000 + " msisdn = '60128000123'", None),
    ],
)
def test_one_subscriber_in_a_statement(sql: str, number: str | None) -> None:
    event = {"ACTION_NAME": "SELECT", "SQL_TEXT": sql, "OS_USERNAME": "CORP\\A.Lim", "DBUSERNAME": "BILLAPP"}
    taken = lookups.take("db/oracle", event | {"CLIENT_PROGRAM_NAME": "C:\\x\\BillApp.exe"})
    assert (taken and taken["subscriber"]) == number
    assert taken is None or (taken["person"], taken["application"]) == ("a.lim", "billapp billapp.exe")


def _trail(folder: Path, evenings: bool, shuffled: int | None = None) -> Path:
    """The unified audit trail of a team in several files."""
    rows: list[dict[str, Any]] = []
    for sight in team(["a.lim", "b.tan", "c.das", "d.low"]):
        rows += _session(sight.time, sight.fields["person"], sight.fields["subscriber"])
    if evenings:
        first = min(sight.time for sight in team(["a.lim"]))
        start = first - first % (24 * lookups.HOUR)
        for day in range(0, 30, 4):
            rows += _session(start + (day * 24 + 14) * lookups.HOUR, "c.das", f"6012{day:07d}")
    folder.mkdir()
    if shuffled is not None:
        random.Random(shuffled).shuffle(rows)
    for number in range(3):
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[number::3])
        (folder / f"{number}.csv").write_text(out.getvalue())
    return folder


def _session(time: int, person: str, subscriber: str) -> list[dict[str, Any]]:
    from ringleader.scenario import rhythm

    common = {
        "EVENT_TIMESTAMP_UTC": rhythm.spaced(time) + "000", "DBUSERNAME": "BILLAPP", "OS_USERNAME": person,
        "USERHOST": "WS0001", "CLIENT_PROGRAM_NAME": "BillApp.exe", "SESSIONID": str(time // 1000), "RETURN_CODE": "0",
    }  # fmt: skip
    sql = f"SELECT * FROM CDR.CALL_RECORDS WHERE MSISDN = '{subscriber}'"
    return [
        common | {"ACTION_NAME": "LOGON", "SQL_TEXT": ""},
        common | {"ACTION_NAME": "SELECT", "SQL_TEXT": sql},
    ]


def _findings(folder: Path, evidence: Path) -> list[dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    (folder / "rule.yml").write_text(RULE)
    store = Store.open(folder / "case", create=True)
    ingest.ingest(store, [evidence], engine=Local(workers=1), progress=Silent())
    summary = detect.run(store, [folder / "rule.yml"], engine=Local(workers=1))
    assert summary.findings == store.rows("findings")
    rows: list[dict[str, Any]] = store.read("findings").to_pylist()
    known = set(store.read("events", ["event_id"])["event_id"].to_pylist())
    assert {event for row in rows for event in row["event_ids"]} <= known
    return rows


def test_from_evidence_to_findings(tmp_path: Path) -> None:
    rows = _findings(tmp_path / "a", _trail(tmp_path / "trail", evenings=True))
    late = [row for row in rows if row["rule_id"] == "analytic-lookups-after-hours"]
    assert {row["detector"] for row in rows} == {"analytic"} and len(late) >= 6
    assert all(len(row["event_ids"]) >= 2 for row in late), "the log-on and the look-up"
    assert {dict(row["values"])["person"] for row in late} == {"c.das"}
    assert late[0]["account"] == "BILLAPP" and late[0]["kind"] == "db/oracle"


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    evidence = _trail(tmp_path / "trail", evenings=True)
    first = _findings(tmp_path / "a", evidence)
    assert _findings(tmp_path / "a", evidence) == first


def test_who_does_not_see_all_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analytics, "MAX_SIGHTS", 10)
    store = Store.open(tmp_path / "case", create=True)
    ingest.ingest(store, [_trail(tmp_path / "trail", evenings=False)], engine=Local(workers=1), progress=Silent())
    (tmp_path / "rule.yml").write_text(RULE)
    summary = detect.run(store, [tmp_path / "rule.yml"], engine=Local(workers=1))
    assert any("saw only the first 10 events" in failure for failure in summary.failures)
