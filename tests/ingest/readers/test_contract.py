"""What every reader promises, over all that are registered."""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

import pytest
from evidence import NUMBER, SAMPLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringleader.ingest import clock
from ringleader.ingest.readers import BY_NAME, CODES, READERS, Reader, sniff

pytestmark = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_sniffs_its_own_sample_and_no_other(reader: Reader) -> None:
    assert [name for name, data in SAMPLES.items() if reader.sniff(data[:65536])] == [reader.name]
    found = sniff(SAMPLES[reader.name])
    assert found is not None and found.name == reader.name
    assert BY_NAME[reader.name] is reader


def test_reads_all_records_with_time_and_kind(reader: Reader, read: Callable) -> None:
    found = read(reader, SAMPLES[reader.name])
    assert len(found.events) == NUMBER
    assert found.rejects == []
    for kind, event, when, where in found.events.values():
        assert event and "unknown" not in kind
        assert clock.parse(when) is not None
        assert where is None or isinstance(where, str)
    assert found.consumed > 0.8 * len(SAMPLES[reader.name])


def test_an_empty_file_has_nothing(reader: Reader, read: Callable) -> None:
    assert not reader.sniff(b"")
    assert reader.plan(io.BytesIO(b""), 0) == []


@RELAXED
@given(block=st.integers(1, 4000))
def test_where_a_file_is_split_does_not_show(reader: Reader, read: Callable, block: int) -> None:
    data = SAMPLES[reader.name]
    assert read(reader, data, block) == read(reader, data)


@RELAXED
@given(block=st.integers(1, 3000), place=st.floats(0, 1), noise=st.binary(max_size=80))
def test_where_a_damaged_file_is_split_does_not_show(
    reader: Reader, read: Callable, block: int, place: float, noise: bytes
) -> None:
    data = SAMPLES[reader.name]
    at = int(place * len(data))
    damaged = data[:at] + noise + data[at + len(noise) :]
    assert read(reader, damaged, block) == read(reader, damaged)


def test_a_cut_loses_nothing_but_the_record_that_it_cuts(reader: Reader, read: Callable) -> None:
    data = SAMPLES[reader.name]
    whole = read(reader, data).events
    starts = sorted(whole)
    random = Random(7)
    used = len(data.rstrip(b"\0"))
    for cut in [random.randrange(1, used) for _ in range(40)] + [used - 1, used - 2]:
        found = read(reader, data[:cut]).events
        complete = [start for start, after in zip(starts, [*starts[1:], used], strict=True) if after <= cut]
        assert {start: found.get(start) for start in complete} == {start: whole[start] for start in complete}
        assert len(found) <= len(complete) + 1


@RELAXED
@given(noise=st.binary(max_size=3000), place=st.floats(0, 1))
def test_garbage_raises_nothing(reader: Reader, read: Callable, noise: bytes, place: float) -> None:
    data = SAMPLES[reader.name]
    at = int(place * len(data))
    for damaged in (noise, data[:at] + noise, data[:at] + noise + data[at:], noise + data):
        sniff(damaged[:65536])
        assert {code for code, _ in read(reader, damaged).rejects} <= CODES.keys()


@RELAXED
@given(place=st.floats(0, 0.999), noise=st.binary(min_size=1, max_size=40))
def test_overwritten_bytes_cost_only_what_they_touch(
    reader: Reader, read: Callable, place: float, noise: bytes
) -> None:
    """Line formats: a damaged line costs itself. Header lines, quotes and line ends are left alone here."""
    data = SAMPLES[reader.name]
    if reader.name in ("evtx", "exchange", "oracle-csv", "postgresql", "alerts"):
        pytest.skip("has its own tests of damage")
    whole = read(reader, data).events
    starts = sorted(whole)
    at = int(place * len(data))
    line_end = data.find(b"\n", at)
    if data.rfind(b"\n#", 0, at + 1) >= data.rfind(b"\n", 0, at + 1) or data[:at].count(b"\n") < 1:
        return
    noise = noise.translate(None, b"\n#")[: max(line_end - at, 0)]
    found = read(reader, data[:at] + noise + data[at + len(noise) :]).events
    hit = max((start for start in starts if start <= at), default=-1)
    assert {start: found.get(start) for start in starts if start != hit} == {
        start: event for start, event in whole.items() if start != hit
    }
