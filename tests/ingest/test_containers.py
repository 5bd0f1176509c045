"""Containers: everything inside comes out or is refused with a code, whatever the container claims."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest
import samples

from ringleader.ingest.containers import DAMAGE, Leaf, OverLimitError, Spent, TrailingError, Unpacker, recognise
from ringleader.ingest.limits import Limits

MIB = 1 << 20


def walk(
    content: bytes, folder: Path, limits: Limits | None = None
) -> tuple[dict[str, bytes], list[tuple[str, str]], Spent]:
    """Contents by name, (name, code) of refusals, and what it took."""
    unpacker = Unpacker(len(content), folder, limits or Limits())
    kind = recognise(content[:1000])
    assert kind is not None
    found: dict[str, bytes] = {}
    refused: list[tuple[str, str]] = []
    for leaf in unpacker.leaves(io.BytesIO(content), "it", kind):
        if not isinstance(leaf, Leaf):
            refused.append((leaf.path, leaf.code))
            continue
        data = leaf.head
        try:
            while part := leaf.stream.read(MIB):
                data += part
        except OverLimitError as limit:
            refused.append((leaf.shown, limit.code))
            if limit.final:
                break
            continue
        except DAMAGE:
            refused.append((leaf.shown, "archive-damaged"))
        found[leaf.shown] = data
    assert list(folder.iterdir()) == []
    return found, refused, unpacker.spent


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def seven(*members: tuple[str, bytes], **options: str) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:  # type: ignore[arg-type]
        for name, content in members:
            archive.writef(io.BytesIO(content), name)
    return out.getvalue()


@pytest.mark.parametrize("make", [zipped, tarred, seven])
def test_members_come_out(tmp_path: Path, make: Callable[..., bytes]) -> None:
    big = os.urandom(3 * MIB)
    found, refused, _ = walk(make(("a/b.log", b"hello"), ("c.log", big), ("empty", b"")), tmp_path)
    assert found == {"it!a/b.log": b"hello", "it!c.log": big, "it!empty": b""}
    assert refused == []


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_streams_have_one_member(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert walk(pack(b"hello"), tmp_path)[0] == {"it!it": b"hello"}


def test_containers_in_containers(tmp_path: Path) -> None:
    inner = zipped(("x.tar.gz", gzip.compress(tarred(("y.7z", seven(("z.log", b"deep")))))))
    assert walk(inner, tmp_path)[0] == {"it!x.tar.gz!x.tar!y.7z!z.log": b"deep"}


def test_containers_nested_too_deeply(tmp_path: Path) -> None:
    content = b"x"
    for _ in range(6):
        content = zipped(("a", content), ("b", b"beside"))
    found, refused, _ = walk(content, tmp_path)
    assert refused == [("it!a!a!a!a", "archive-depth")]
    assert sorted(found) == ["it!a!a!a!b", "it!a!a!b", "it!a!b", "it!b"]


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_refused(tmp_path: Path) -> None:
    wrong = ["../up", "a/../../up", "..\\up", "/abs", "C:\\abs", "\\\\host\\share", "con", "a/AUX.log"]
    content = zipped(*((name, b"x") for name in wrong), (_link(), b"/etc/passwd"), ("ok", b"1"), ("ok", b"2"))
    found, refused, _ = walk(content, tmp_path)
    assert found == {"it!ok": b"1"}
    assert [code for _, code in refused] == ["archive-name"] * 8 + ["archive-link", "archive-duplicate-name"]


def test_links_and_devices_in_a_tar(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"t{kind!r}")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found, refused, _ = walk(out.getvalue(), tmp_path)
    assert found == {}
    assert [code for _, code in refused] == ["archive-link"] * 4


def test_members_that_need_a_password(tmp_path: Path) -> None:
    content = bytearray(zipped(("a", b"x"), ("b", b"y")))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(magic) + at] |= 1
    found, refused, _ = walk(bytes(content), tmp_path)
    assert (found, refused) == ({"it!b": b"y"}, [("it!a", "archive-encrypted")])
    assert walk(seven(("a", b"x"), password="secret"), tmp_path)[1] == [("it!a", "archive-encrypted")]


SMALL = Limits(ratio_from=4 * MIB)


@pytest.mark.parametrize("make", [zipped, seven, lambda member: gzip.compress(member[1])])
def test_a_bomb_stops_early(tmp_path: Path, make: Callable[..., bytes]) -> None:
    found, refused, spent = walk(make(("bomb", bytes(300 * MIB // 4))), tmp_path, SMALL)
    assert found == {}
    assert [code for _, code in refused] == ["archive-ratio"]
    assert spent.bytes < 20 * MIB


def test_a_nested_bomb_is_bounded_as_a_whole(tmp_path: Path) -> None:
    """Sixteen in sixteen in sixteen: each is small, together they are not."""
    content = bytes(3 * MIB)
    for _ in range(3):
        content = zipped(*((f"{n}", content) for n in range(16)))
    started = time.monotonic()
    _, refused, spent = walk(content, tmp_path, SMALL)
    assert refused[-1][1] == "archive-ratio"
    assert spent.bytes < 40 * MIB
    assert time.monotonic() - started < 20


def test_a_zip_whose_members_lie_on_each_other(tmp_path: Path) -> None:
    """Many directory entries for one compressed member: the ratio of the whole counts."""
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = data.compress(bytes(3 * MIB)) + data.flush()
    crc = zlib.crc32(bytes(3 * MIB))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(packed), 3 * MIB, 1, 0) + b"a" + packed
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(packed), 3 * MIB, 1, 0, 0, 0, 0, 0, 0
    )
    directory = b"".join(entry + b"a" for _ in range(50))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(directory), len(local), 0)
    _, _, spent = walk(local + directory + end, tmp_path, SMALL)
    assert spent.bytes < 10 * MIB


def test_a_million_members(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    count = 1_000_001
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, count * len(entry), len(local))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(local) + count * len(entry), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    started = time.monotonic()
    found, refused, _ = walk(local + entry * count + end64 + locator + end, tmp_path)
    assert (found, refused) == ({}, [("it", "archive-members")])
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("make", [zipped, tarred, seven])
def test_more_members_than_allowed(tmp_path: Path, make: Callable[..., bytes]) -> None:
    found, refused, _ = walk(make(*((f"{n}", b"x") for n in range(20))), tmp_path, Limits(members=12))
    assert [code for _, code in refused] == ["archive-members"]
    assert len(found) in (0, 12)


def test_a_member_and_a_total_that_are_too_large(tmp_path: Path) -> None:
    content = tarred(("a", bytes(2 * MIB)), ("b", bytes(500)), ("c", bytes(MIB)))
    limits = Limits(member_bytes=MIB + 1)
    found, refused, _ = walk(content, tmp_path, limits)
    assert (list(found), refused) == (["it!b", "it!c"], [("it!a", "archive-bytes")])
    found, refused, _ = walk(content, tmp_path, Limits(total_bytes=MIB))
    assert (list(found), refused) == ([], [("it!a", "archive-bytes")])


@pytest.mark.parametrize("make", [zipped, tarred, seven, lambda *m: gzip.compress(m[0][1])])
def test_any_damage_is_told_and_never_raised(tmp_path: Path, make: Callable[..., bytes]) -> None:
    whole = make(("a", os.urandom(5000)), ("b", b"x" * 5000))
    for cut in range(600, len(whole), 501):
        walk(whole[:cut], tmp_path)
    for at in range(300, len(whole), 97):
        walk(whole[:at] + b"\xff\x00\xff" + whole[at + 3 :], tmp_path)
    found, refused, _ = walk(whole[:-700], tmp_path)
    assert refused or len(found) == 2


def test_what_came_before_the_damage_is_kept(tmp_path: Path) -> None:
    log = samples.events(5000)
    found, refused, _ = walk(gzip.compress(log)[:-2000], tmp_path)
    assert refused == [("it!it", "archive-damaged")]
    assert log.startswith(found["it!it"])
    assert len(found["it!it"]) > len(log) // 2
    found, refused, _ = walk(gzip.compress(tarred(("a", log))) + b"\n", tmp_path)
    assert found == {"it!it!a": log}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\0" * 700, b"\0" * 10_000 + b"\n"])
def test_padding_after_a_stream_is_no_loss(tmp_path: Path, end: bytes) -> None:
    log = samples.events(50)
    assert walk(gzip.compress(log) + end, tmp_path)[:2] == ({"it!it": log}, [])
    assert walk(gzip.compress(tarred(("a", log))) + end, tmp_path)[:2] == ({"it!it!a": log}, [])


@pytest.mark.parametrize("end", [b"x", b"\n\nx", b"\0" * 9 + b"more", b"\n" * 20_000 + b"x"])
def test_other_bytes_after_a_stream_are_told_apart_from_damage(tmp_path: Path, end: bytes) -> None:
    log = samples.events(50)
    count = len(end.lstrip(b"\0"))
    unpacker = Unpacker(1 << 20, tmp_path, Limits())
    source = gzip.compress(log) + end
    (leaf,) = unpacker.leaves(io.BytesIO(source), "it", "gzip")
    assert isinstance(leaf, Leaf)
    data = leaf.head
    with pytest.raises(TrailingError, match=f"before the trailing {count:,} bytes"):
        while part := leaf.stream.read(MIB):
            data += part
    assert data == log
    found, refused, _ = walk(gzip.compress(tarred(("a", log))) + end, tmp_path)
    assert (found, refused) == ({"it!it!a": log}, [("it!it", "trailing-bytes")])
    evidence = tmp_path / "log.json.gz"
    evidence.write_bytes(source)
    store, summary = samples.run(tmp_path / "case", evidence)
    assert (summary.records, samples.rejected(store)) == (50, [("log.json.gz!log.json", "trailing-bytes")])


def test_archives_through_ingest(tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "a.zip").write_bytes(
        zipped(
            ("ok.json", samples.events(4)), ("__MACOSX/._ok.json", b"\x00\x05\x16\x07rest"), ("../x", b"{}"), ("e", b"")
        )
    )
    (evidence / "cut.json.gz").write_bytes(gzip.compress(samples.events(2000, 3))[:-500])
    store, summary = samples.run(tmp_path / "case", evidence)
    assert samples.rejected(store) == [
        ("._ok.json", "unknown-format"),
        ("a.zip!e", "empty"),
        ("cut.json.gz!cut.json", "archive-damaged"),
        ("x", "archive-name"),
    ]
    assert 4 + 500 < summary.records < 2004
    rows = {row["path"].rpartition("/")[2]: row for row in store.read("evidence").to_pylist()}
    assert sorted(rows) == ["a.zip!ok.json", "cut.json.gz!cut.json"]
    assert len(rows["a.zip!ok.json"]["container_sha256"]) == 64
