"""Every public recording: what is in it is an event or a reject, by counts made without the readers."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringleader.ingest.readers import sniff
from ringleader.schema.batch import Reject

SMALL = 5 << 20


def members(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files below ``folder``, those of archives too, one at a time."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from opened(path.name, path.read_bytes())


def opened(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield from opened(f"{name}!{info.filename}", archive.read(info))
    elif data.startswith(b"\x1f\x8b"):
        inner = zlib.decompressobj(31).decompress(data)  # some have a line end behind the last block
        if inner[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(inner)) as tar:
                for member in tar:
                    if file := tar.extractfile(member):
                        yield f"{name}!{member.name}", file.read()
        else:
            yield name, inner
    else:
        yield name, data


def count(data: bytes) -> tuple[str, int, list[Reject]]:
    reader = sniff(data[:65536])
    if reader is None:
        return "", 0, []
    source, events, rejects = io.BytesIO(data), 0, []
    for unit in reader.plan(source, len(data)):
        for batch in reader.read(source, unit):
            events += len(batch)
            rejects += batch.rejects
    return reader.name, events, rejects


def lines_with(data: bytes, start: bytes | None) -> int:
    """Lines that are not blank and do not begin with ``start``."""
    return sum(1 for line in data.splitlines() if line.strip() and not (start and line.startswith(start)))


def records(chunk: bytes) -> int:
    """Records by their magic and size, wherever they lie in the used space of a chunk."""
    used = struct.unpack_from("<I", chunk, 48)[0] if chunk.startswith(b"ElfChnk\0") else len(chunk)
    found, at = 0, chunk.find(b"**\0\0", 512)
    while 0 <= at < used:
        size = struct.unpack_from("<I", chunk, at + 4)[0] if at + 8 <= len(chunk) else 0
        if 28 <= size <= used - at and chunk[at + size - 4 : at + size] == struct.pack("<I", size):
            found, at = found + 1, chunk.find(b"**\0\0", at + size)
        else:
            at = chunk.find(b"**\0\0", at + 4)
    return found


def logs(data: bytes) -> int:
    return sum(records(data[at : at + 65536]) for at in range(4096, len(data), 65536))


def is_damage(reject: Reject) -> bool:
    """Whether the reject speaks of bytes in which no whole record begins."""
    return reject.detail.endswith("no whole record")


@pytest.mark.parametrize("archive", ["parser-samples.zip", "evtx-attack-samples.zip", "evtx-to-mitre-attack.zip"])
def test_evtx(shared: Path, archive: str) -> None:
    seen = 0
    for name, data in opened(archive, (shared / "evtx" / archive).read_bytes()):
        if not name.endswith(".evtx"):
            continue
        reader, events, rejects = count(data)
        assert reader == "evtx", name
        lost = sum(reject.code == "bad-record" and not is_damage(reject) for reject in rejects)
        assert events + lost == logs(data), name
        if archive != "parser-samples.zip":
            assert not lost, name
        seen += 1
    assert seen >= 10


def test_what_is_lost_of_the_damaged_samples(shared: Path) -> None:
    """Nothing but what is gone: a record of size zero, and two chunks whose templates and headers are overwritten."""
    lost = {}
    for name, data in opened("", (shared / "evtx" / "parser-samples.zip").read_bytes()):
        _, _, rejects = count(data)
        lost[name.rpartition("/")[2]] = sum(reject.code == "bad-record" for reject in rejects)
    assert {name: number for name, number in lost.items() if number} == {
        "sample-with-zero-data-size-event.evtx": 1,
        "sample_with_a_bad_chunk_magic.evtx": 88,
    }


def test_a_chunk_cut_by_one_byte(shared: Path) -> None:
    with zipfile.ZipFile(shared / "evtx" / "parser-samples.zip") as archive:
        data = archive.read("samples/Application_no_crc32.evtx")
    _, events, rejects = count(data[:-1])
    assert events == logs(data) == 17 and [reject.code for reject in rejects] == ["truncated-chunk"]


def test_iis(shared: Path) -> None:
    for name, data in members(shared / "iis"):
        reader, events, rejects = count(data)
        assert (reader, events, rejects) == ("w3c", lines_with(data, b"#"), []), name


def test_zeek(shared: Path) -> None:
    for name, data in members(shared / "zeek"):
        reader, events, rejects = count(data)
        assert reader in ("zeek", "zeek-json"), name
        assert (events, rejects) == (lines_with(data, b"#"), []), name


def otrf(shared: Path, wanted: Callable[[int], bool]) -> int:
    seen = 0
    for path in sorted((shared / "otrf" / "windows").rglob("*")):
        if not path.is_file() or not wanted(path.stat().st_size):
            continue
        for name, data in opened(path.name, path.read_bytes()):
            reader, events, rejects = count(data)
            if name.endswith(".json") and "__MACOSX" not in name:
                assert reader == "windows-json", name
                assert events + len(rejects) == lines_with(data, None), name
                assert not rejects, name
                seen += 1
    return seen


def test_otrf_small(shared: Path) -> None:
    assert otrf(shared, lambda size: size < SMALL // 16) > 50


@pytest.mark.slow
def test_otrf_large(shared: Path) -> None:
    assert otrf(shared, lambda size: size >= SMALL // 16) > 20
