"""Audit of databases as CSV: what is theirs alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from evidence import NUMBER, oracle_csv, postgresql

from ringleader.ingest import clock
from ringleader.ingest.readers import BY_NAME, sniff

ORACLE, POSTGRESQL = BY_NAME["oracle-csv"], BY_NAME["postgresql"]


def test_oracle_values_may_span_lines(read: Callable) -> None:
    found = read(ORACLE, oracle_csv())
    assert found.fields[0]["SQL_TEXT"] == 'select *\r\nfrom "CDR", x' and "SQL_TEXT" not in found.fields[1]
    assert set(found.kinds) == {"db/oracle"}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_oracle_delimiters(read: Callable, delimiter: str) -> None:
    data = delimiter.join(("dbusername", "ACTION_NAME")) + "\n" + delimiter.join(("A,B", "LOGON")) + "\n"
    assert sniff(data.encode()) is ORACLE
    assert read(ORACLE, data.encode()).fields == [{"DBUSERNAME": "A,B", "ACTION_NAME": "LOGON"}]


@pytest.mark.parametrize(
    ("stamp", "same"),
    [
        ("01-MAR-24 12.00.01.5 AM", "2024-03-01T00:00:01.5Z"),
        ("01-MAR-2024 10.00.01 PM +02:00", "2024-03-01T20:00:01Z"),
        ("2024-03-01 10:00:00.123456", "2024-03-01T10:00:00.123456Z"),
    ],
)
def test_oracle_times(stamp: str, same: str) -> None:
    assert clock.parse(ORACLE.time({"EVENT_TIMESTAMP": stamp}, {})) == clock.parse(same)


def test_a_stray_quote_costs_its_own_line(read: Callable) -> None:
    found = read(ORACLE, oracle_csv().replace(b"SELECT,CDR,,0", b'SELECT,"CDR,,0', 1))
    assert len(found.events) == NUMBER - 1 and [code for code, _ in found.rejects] == ["bad-row"]
    damaged = postgresql().replace(b"LOG,", b'LOG",', 1)
    found = read(POSTGRESQL, damaged)
    assert len(found.events) >= NUMBER - 2 and {code for code, _ in found.rejects} == {"bad-row"}


def test_pgaudit_is_taken_apart(read: Callable) -> None:
    found = read(POSTGRESQL, postgresql())
    event = found.fields[0]
    assert event["user_name"] == "bill" and event["application_name"] == "psql" and event["object_name"] == "public.cdr"
    assert event["statement"] == "select *\nfrom cdr" and event["class"] == "READ" and event["audit_type"] == "SESSION"
    assert set(found.kinds) == {"db/postgresql"}


def test_postgresql_zone_by_name() -> None:
    assert clock.parse(POSTGRESQL.time({"log_time": "2024-07-01 10:00:00.5 CEST"}, {})) == clock.parse(
        "2024-07-01T08:00:00.5Z"
    )
