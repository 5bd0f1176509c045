from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

import pytest
from evidence import evtx

from ringleader.ingest.readers.evtx import CHUNK, FILE_HEADER, Evtx

READER = Evtx()
EACH = 20
DATA = evtx(3 * EACH, 3)
SECOND = FILE_HEADER + CHUNK


def patched(at: int, content: bytes) -> bytes:
    return DATA[:at] + content + DATA[at + len(content) :]


def record(number: int, chunk: int = 1) -> int:
    """Where record ``number`` of a chunk lies."""
    at = FILE_HEADER + chunk * CHUNK + 512
    for _ in range(number):
        at += struct.unpack_from("<I", DATA, at + 4)[0]
    return at


def test_offsets_are_those_of_the_records(read: Callable) -> None:
    found = read(READER, DATA)
    assert list(found.events)[EACH : EACH + 3] == [record(n) for n in range(3)]
    assert [event["CommandLine"] for event in found.fields] == [f"cmd {n}" for n in range(1, 3 * EACH + 1)]


def test_a_chunk_short_by_one_byte_gives_all_its_records(read: Callable) -> None:
    found = read(READER, DATA[:-1])
    assert len(found.events) == 3 * EACH
    assert found.rejects == [("truncated-chunk", FILE_HEADER + 2 * CHUNK)]


def test_a_file_cut_inside_a_record_says_so(read: Callable) -> None:
    found = read(READER, DATA[: record(5, 2) + 30])
    assert len(found.events) == 2 * EACH + 5
    assert found.rejects == [("bad-record", record(5, 2)), ("truncated-chunk", FILE_HEADER + 2 * CHUNK)]


def test_a_file_cut_before_its_chunks_says_so(read: Callable) -> None:
    for cut in (10, FILE_HEADER, FILE_HEADER + 100):
        assert [code for code, _ in read(READER, DATA[:cut]).rejects] == ["truncated-chunk"]


@pytest.mark.parametrize(
    ("at", "content"),
    [(0, bytes(FILE_HEADER)), (8, b"\xff" * 40), (42, b"\xff\xff"), (16, bytes(8))],
    ids=["wiped", "absurd", "count", "last chunk"],
)
def test_the_file_header_is_not_believed(read: Callable, at: int, content: bytes) -> None:
    damaged = patched(at, content)
    assert READER.sniff(damaged[:65536])
    assert read(READER, damaged).events == read(READER, DATA).events


@pytest.mark.parametrize(
    ("at", "content", "codes"),
    [
        (SECOND, bytes(8), ["bad-chunk"]),
        (SECOND, bytes(512), ["bad-chunk"]),
        (SECOND + 8, b"\xff" * 36, []),
        (SECOND + 48, bytes(4), []),
        (SECOND + 48, b"\xff" * 4, []),
        (SECOND + 128, b"\xff" * 384, []),
    ],
    ids=["magic", "header", "numbers", "end zero", "end absurd", "tables"],
)
def test_a_damaged_chunk_header_costs_no_record(read: Callable, at: int, content: bytes, codes: list[str]) -> None:
    found = read(READER, patched(at, content))
    assert len(found.events) == 3 * EACH
    assert [code for code, _ in found.rejects] == codes


@pytest.mark.parametrize(
    ("place", "content"),
    [(0, bytes(4)), (4, bytes(4)), (4, b"\xff" * 4), (4, struct.pack("<I", 28)), (0, b"\xee" * 60), (0, bytes(100))],
    ids=["magic", "size zero", "size huge", "size small", "head", "zeros"],
)
@pytest.mark.parametrize("number", [0, 7, EACH - 1], ids=["first", "middle", "last"])
def test_a_damaged_record_costs_itself(read: Callable, place: int, content: bytes, number: int) -> None:
    found = read(READER, patched(record(number) + place, content))
    lost = record(number)
    assert found.events.keys() == read(READER, DATA).events.keys() - {lost}
    assert found.rejects == [("bad-record", lost)]


def test_damage_at_random_loses_at_most_what_it_hits(read: Callable) -> None:
    random = Random(3)
    whole = read(READER, DATA).events
    for _ in range(60):
        start = random.randrange(FILE_HEADER, len(DATA))
        damaged = patched(start, random.randbytes(random.randrange(1, 300))[: len(DATA) - start])
        found = read(READER, damaged)
        lost = len(whole) - len(found.events.keys() & whole.keys())
        assert lost <= 3
        assert lost <= sum(code == "bad-record" for code, _ in found.rejects) + (lost > 1)
