"""Whole columns at a time say what :mod:`ringleader.ingest.clock` says event by event."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.ingest import clock, place
from ringleader.ingest.readers.windows_json import WindowsJson
from ringleader.ingest.texts import printable
from ringleader.schema.batch import Batch

READER = WindowsJson()
TIMES: st.SearchStrategy[Any] = st.one_of(
    st.datetimes().map(str),
    st.builds("2024-03-{:02}T{:02}:30:00.{}Z".format, st.integers(1, 9), st.integers(0, 23), st.integers(0, 10**8)),
    st.builds("2024-03-05 {:02}:15:0{}".format, st.integers(0, 23), st.integers(0, 9)),
    st.sampled_from([None, "", "-", 1709294400, 1709294400.5, "1601-01-01T00:00:00Z", "\ud800", [1], True]),
)
HOSTS = st.sampled_from([None, "", "ws01", "WS01.example.org", "dc", 7, "h\ud800"])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "Computer": HOSTS,
            "TimeCreated": TIMES,
            "EventTime": TIMES,
            "UtcTime": TIMES,
            "@timestamp": TIMES,
        },
    ),
    max_size=40,
)


def batches(events: list[dict[str, Any]], size: int) -> list[Batch]:
    return [
        Batch(["k"] * len(some), some, list(range(at, at + len(some))))
        for at in range(0, len(events), size)
        for some in [events[at : at + size]]
    ]


def check(events: list[dict[str, Any]], size: int, corrections: clock.Corrections | None = None) -> None:
    places = place.Places(READER, corrections)
    for batch in batches(events, size):
        places.add(batch)
    placed = places.finish()
    assert places.settled
    if corrections is None:
        corrections = clock.survey(READER, batches(events, size))
        assert place.survey(READER, batches(events, size)) == corrections
    assert places.corrections == corrections
    plain = clock.columns(READER, Batch(["k"] * len(events), events, list(range(len(events)))), corrections)
    assert placed.time.cast(pa.int64()).to_pylist() == plain.time
    assert placed.time_raw.to_pylist() == [None if raw is None else printable(raw) for raw in plain.raw]
    assert placed.host.to_pylist() == plain.host


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.integers(1, 50), st.sampled_from([None, {}, {"ws01": 3600, "dc": -7200}]))
def test_the_same_as_event_by_event(events: list[dict[str, Any]], size: int, known: clock.Corrections | None) -> None:
    check(events, size, known)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(1, 9), st.integers(0, 12))
def test_the_same_when_the_sample_is_small(events: list[dict[str, Any]], size: int, sample: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "SAMPLE_BYTES", sample)
        patch.setattr(clock, "SAMPLE_EVENTS", 4)
        patch.setattr(place, "_TOGETHER", 5)
        check(events, size)


def lying(hours: int, minute: int) -> dict[str, Any]:
    record = f"2024-03-01T{12 - hours:02}:{minute:02}:03Z"
    return {"Computer": "a", "TimeCreated": record, "UtcTime": f"2024-03-01 12:{minute:02}:00.000"}


def test_events_before_the_sample_is_complete_are_corrected_too() -> None:
    first = [{"Computer": "a", "TimeCreated": "2024-03-01T09:00:00Z"}]
    check(first + [lying(3, minute) for minute in range(5)], 1)


def test_a_sensors_time_that_is_not_believed_is_counted() -> None:
    days_before = {"Computer": "a", "TimeCreated": "2024-03-10T12:00:00Z", "UtcTime": "2024-03-01 12:00:00.000"}
    places = place.Places(READER)
    places.add(batches([lying(0, 1), days_before, lying(0, 2), days_before], 4)[0])
    assert places.finish().disbelieved == 2


@pytest.mark.parametrize("hours", [-16, 28, 24 * 9])
def test_a_clock_beyond_all_zones_corrects_nothing(hours: int) -> None:
    events = [
        {
            "Computer": "a",
            "TimeCreated": f"2024-03-10T12:0{minute}:00Z",
            "UtcTime": str(pa.scalar((1710072000 + minute * 60 + hours * 3600) * 10**6, pa.timestamp("us")).as_py()),
        }
        for minute in range(9)
    ]
    assert clock.survey(READER, batches(events, 9)) == {} == place.survey(READER, batches(events, 9))
