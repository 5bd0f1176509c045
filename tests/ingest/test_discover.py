"""Whatever a path is, it is a file to be read or a reject, at once."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from ringleader.ingest.discover import discover, open_regular


def names(paths: list[Path]) -> tuple[list[str], list[tuple[str, str]]]:
    found, refused = discover(paths)
    return [Path(item.shown).name for item in found], [(Path(item.path).name, item.code) for item in refused]


def test_folders_are_read_to_the_bottom_in_order(tmp_path: Path) -> None:
    for name in ("b/2", "a/x/1", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found, refused = discover([tmp_path / "c", tmp_path, tmp_path / "a"])
    assert [item.shown for item in found] == [str(tmp_path / name) for name in ("a/x/1", "b/2", "c")]
    assert refused == []
    assert discover([tmp_path / "a", tmp_path / "c", tmp_path / "b"])[0] == found


@pytest.mark.skipif(os.name != "posix", reason="POSIX file types")
def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    found, refused = names([tmp_path, tmp_path / "missing", Path("/dev/zero")])
    listener.close()
    assert found == ["file", "link"]
    assert refused == [
        ("zero", "not-a-file"),
        ("broken", "broken-link"),
        ("fifo", "not-a-file"),
        ("missing", "missing"),
        ("self", "link-loop"),
        ("socket", "not-a-file"),
        ("up", "link-loop"),
    ]


@pytest.mark.skipif(os.name != "posix", reason="POSIX file types")
def test_a_file_that_becomes_a_fifo_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "x"
    os.mkfifo(path)
    with pytest.raises(OSError, match="regular"):
        open_regular(str(path))


def test_a_name_that_is_not_utf8_can_be_opened_and_shown(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.log"
    try:
        Path(os.fsdecode(raw)).write_bytes(b"content")
    except OSError:
        pytest.skip("the file system allows UTF-8 names only")
    (found,), _ = discover([tmp_path])
    assert found.shown.endswith("caf\\xe9.log")
    found.shown.encode()
    with open_regular(found.path) as source:
        assert source.read() == b"content"


@pytest.mark.skipif(os.name != "posix", reason="needs rm")
def test_folders_deeper_than_python_recurses(tmp_path: Path) -> None:
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1500):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep").write_bytes(b"x")
    finally:
        os.chdir(here)
    try:
        found, refused = discover([tmp_path])
        # Where it is deeper than a path may be long, that is told and not raised.
        assert len(found) + len(refused) == 1
    finally:
        # pytest's own cleaning recurses.
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)
