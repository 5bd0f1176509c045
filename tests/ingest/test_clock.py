from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.ingest import clock
from ringleader.ingest.readers.windows_json import WindowsJson
from ringleader.schema.batch import Batch

READER = WindowsJson()
NOON = int(datetime(2024, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    "raw",
    [
        "2024-03-01T12:00:00.500Z",
        "2024-03-01 12:00:00.500",
        "2024-03-01 12:00:00.5",
        "2024-03-01T12:00:00.500000000Z",
        "2024-03-01T12:00:00.5000001Z",
        "2024-03-01T14:00:00.500+02:00",
        "2024-03-01T07:00:00.500-0500",
        "2024-03-01 14:00:00.500 +0200",
        "2024-03-01 12:00:00.500 UTC",
        " 2024/03/01 12:00:00,500 ",
        "1709294400.5",
        1709294400.5,
        1709294400500,
        1709294400500000,
        1709294400500000000,
        "1709294400500",
    ],
)
def test_every_spelling_is_the_same_time(raw: Any) -> None:
    assert clock.parse(raw) == NOON


@pytest.mark.parametrize(
    "raw",
    [
        None, "", "-", "n/a", True, "1601-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-30T00:00:00Z", -1, 0,
        1e300, float("nan"), float("inf"), [1], "2024-03-01T25:00:00Z", "9" * 500,
        "١٢٣",
    ],
)  # fmt: skip
def test_what_is_no_time(raw: Any) -> None:
    assert clock.parse(raw) is None


def test_a_leap_second_is_the_next_second() -> None:
    assert clock.parse("2016-12-31T23:59:60Z") == clock.parse("2017-01-01T00:00:00Z")


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30), timezones=st.timezones()))
def test_iso_times_are_exact(when: datetime) -> None:
    offset = when.utcoffset()
    assert offset is not None
    if offset.microseconds or offset.seconds % 60:
        return
    expected = (when - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution)
    assert clock.parse(when.isoformat()) == expected
    assert clock.parse(when.isoformat(" ")) == expected


@settings(deadline=None)
@given(st.text(max_size=40) | st.floats() | st.integers() | st.none())
def test_parse_never_raises(raw: Any) -> None:
    found = clock.parse(raw)
    assert found is None or isinstance(found, int)


def batch(*events: dict[str, Any]) -> Batch:
    rows = [{"EventID": 1, "Channel": "x", **event} for event in events]
    return Batch(["windows/x/1"] * len(rows), rows, list(range(len(rows))))


def lying(host: str, minute: int, hours: int, **more: Any) -> dict[str, Any]:
    utc = f"2024-03-01 12:{minute:02}:00.000"
    return {"Computer": host, "TimeCreated": f"2024-03-01T{12 - hours:02}:{minute:02}:03.000Z", "UtcTime": utc, **more}


def test_a_label_that_lies_is_corrected_under_both_names_of_the_host() -> None:
    seen = batch(*(lying("WS01.example.org", n, 4) for n in range(5)), *(lying("dc01", n, 0) for n in range(5)))
    corrections = clock.survey(READER, [seen])
    assert corrections == {"ws01": 4 * 3600}
    later = batch(
        {"Computer": "WS01", "TimeCreated": "2024-03-01T08:30:00Z"},
        {"Computer": "dc01", "TimeCreated": "2024-03-01T12:30:00Z"},
        lying("ws01", 30, 4),
        {"Computer": "ws01", "TimeCreated": "1601-01-01T00:00:00Z"},
    )
    found = clock.columns(READER, later, corrections)
    half_past = clock.parse("2024-03-01T12:30:00Z")
    assert found.time == [half_past, half_past, half_past, None]
    assert found.raw[0] == "2024-03-01T08:30:00Z" and found.raw[3] == "1601-01-01T00:00:00Z"
    assert found.host == ["ws01", "dc01", "ws01", "ws01"]


def test_a_sample_that_disagrees_or_is_too_small_corrects_nothing() -> None:
    assert clock.survey(READER, [batch(*(lying("a", n, n % 2) for n in range(10)))]) == {}
    assert clock.survey(READER, [batch(lying("a", 1, 3), lying("a", 2, 3))]) == {}
    mostly = [lying("a", n, 3) for n in range(8)] + [lying("a", 50, 0), lying("a", 51, 0)]
    assert clock.survey(READER, [batch(*mostly)]) == {"a": 3 * 3600}


def test_a_delay_is_no_lie() -> None:
    late = [
        {"Computer": "a", "TimeCreated": f"2024-03-01T12:09:{n:02}Z", "UtcTime": "2024-03-01 12:00:00"}
        for n in range(9)
    ]
    assert clock.survey(READER, [batch(*late)]) == {}


def test_a_collectors_clock_tells_the_zone_of_a_time_without_one() -> None:
    local = [
        {"Computer": "a", "EventTime": f"2024-03-01 07:00:{n:02}", "@timestamp": f"2024-03-01T12:00:{n:02}.5Z"}
        for n in range(5)
    ]
    assert clock.survey(READER, [batch(*local)]) == {"a": 5 * 3600}
    labelled = [{**event, "EventTime": event["EventTime"] + "Z"} for event in local]
    assert clock.survey(READER, [batch(*labelled)]) == {}, "a label is not doubted for a collector's sake"


def test_only_the_beginning_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SAMPLE_BYTES", 4)
    events = [lying("a", n, 2) for n in range(4)] + [lying("b", n, 2) for n in range(20)]
    assert clock.survey(READER, [batch(*events)]) == {"a": 2 * 3600}


@pytest.mark.parametrize(
    ("hours", "believed"), [(0.2, True), (14, True), (26, True), (-12, True), (48, False), (-24, False), (-700, False)]
)
def test_a_sensors_time_beyond_all_zones_is_not_believed(hours: float, believed: bool) -> None:
    record = datetime(2024, 3, 10, 12, tzinfo=UTC)
    own = record + timedelta(hours=hours)
    event = {"Computer": "a", "TimeCreated": record.isoformat(), "UtcTime": f"{own:%Y-%m-%d %H:%M:%S}.000"}
    found = clock.columns(WindowsJson(), Batch(["windows/sysmon/3"], [event], [0]), {})
    assert found.time == [int((own if believed else record).timestamp()) * 1_000_000]
