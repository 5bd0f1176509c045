"""The public evidence and rules that the benchmarks run on, unpacked once into a cache folder.

``$RINGLEADER_SHARED`` (default ``../shared/data`` beside the checkout) holds ``otrf/`` (OTRF Security-Datasets),
``evtx/`` and ``sigma/sigmahq-rules-*.zip``. ``$RINGLEADER_BENCH`` (default ``~/.cache/ringleader-benchmarks``) takes
about 12 GB.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson
import yaml

HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("RINGLEADER_SHARED", HERE.parent.parent / "shared" / "data"))
CHUNK = 1 << 16
CACHE = Path(os.environ.get("RINGLEADER_BENCH", Path.home() / ".cache" / "ringleader-benchmarks"))


def recordings(megabytes: float | None = None, *, flat: bool = False) -> list[Path]:
    """The OTRF recordings of Windows events, one JSON lines file each.

    ``flat``: only those with the fields of an event side by side, which every engine reads; the others are
    Winlogbeat's.
    ``megabytes``: a part of about that size, always the same, of files of all sizes up to a fifth of it.
    """
    folder = CACHE / "recordings"
    if not (folder / "complete").exists():
        _unpack_recordings(folder)
    files = sorted(folder.glob("*.json"))
    if flat:
        files = [path for path in files if _is_flat(path)]
    return files if megabytes is None else _part(files, megabytes * 1e6)


def rules() -> Path:
    """A folder with every rule of SigmaHQ whose log source says ``product: windows``, and nothing else."""
    return _unpack_rules("rules-windows", lambda rule: (rule.get("logsource") or {}).get("product") == "windows")


def all_rules() -> Path:
    """A folder with every rule of SigmaHQ."""
    return _unpack_rules("rules-all", lambda rule: "detection" in rule)


def with_correlations() -> Path:
    """The Windows rules together with the correlation rules of ``correlations.yml``."""
    folder = CACHE / "rules-windows-correlations"
    if not folder.exists():
        shutil.copytree(rules(), folder)
    shutil.copy(HERE / "correlations.yml", folder / "correlations.yml")
    return folder


def evtx() -> list[Path]:
    """All EVTX files of ``evtx/*.zip`` but those damaged on purpose. Most hold a few records."""
    folder = CACHE / "evtx"
    if not (folder / "complete").exists():
        for archive in sorted(_need(SHARED / "evtx").glob("evtx-*.zip")):
            with zipfile.ZipFile(archive) as opened:
                for number, member in enumerate(opened.infolist()):
                    if _wanted(member.filename, ".evtx"):
                        with opened.open(member) as source:
                            _write(folder / f"{archive.stem}-{number:03}.evtx", source)
        (folder / "complete").touch()
    return sorted(folder.glob("*.evtx"))


def large_evtx(times: int = 10) -> list[Path]:
    """The chunks of all EVTX files in one file of the size that servers have, ``times`` over in as many files, each in
    an order of its own."""
    folder = CACHE / f"evtx-large-{times}"
    if not (folder / "complete").exists():
        data = [path.read_bytes() for path in evtx()]
        chunks = [each[at : at + CHUNK] for each in data for at in range(4096, len(each) - CHUNK + 1, CHUNK)]
        chunks = [chunk for chunk in chunks if chunk.startswith(b"ElfChnk\0")]
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(times):
            chunks = chunks[97:] + chunks[:97]
            (folder / f"large-{number}.evtx").write_bytes(_evtx_header(len(chunks)) + b"".join(chunks))
        (folder / "complete").touch()
    return sorted(folder.glob("*.evtx"))


def _evtx_header(chunks: int) -> bytes:
    fields = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, chunks - 1, 1 << 40, 128, 1, 3, 4096, chunks)
    fields = fields.ljust(120, b"\0")
    return (fields + struct.pack("<II", 0, zlib.crc32(fields))).ljust(4096, b"\0")


def joined(files: list[Path], parts: int = 1) -> list[Path]:
    """``files`` one after the other, in ``parts`` files of about the same size, for engines that take one file."""
    name = hashlib.sha256("\n".join(map(str, files)).encode()).hexdigest()[:12]
    out = [CACHE / "joined" / f"{name}-{number + 1}-of-{parts}.ndjson" for number in range(parts)]
    if not all(path.exists() for path in out):
        out[0].parent.mkdir(parents=True, exist_ok=True)
        shares: list[list[Path]] = [[] for _ in out]
        sizes = [0] * parts
        for path in sorted(files, key=lambda path: -path.stat().st_size):
            least = sizes.index(min(sizes))
            shares[least].append(path)
            sizes[least] += path.stat().st_size
        for target, share in zip(out, shares, strict=True):
            with target.with_suffix(".part").open("wb") as sink:
                for path in sorted(share):
                    with path.open("rb") as source:
                        shutil.copyfileobj(source, sink, 1 << 20)
                    sink.write(b"\n")  # an empty line where the file ended with one already
            target.with_suffix(".part").rename(target)
    return out


def tagged(files: list[Path]) -> Path:
    """One file with all events of ``files``, each with its file's number and its byte offset in the field ``rlat``."""
    name = hashlib.sha256("\n".join(map(str, files)).encode()).hexdigest()[:12]
    target = CACHE / "joined" / f"{name}-tagged.ndjson"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".part").open("wb") as sink:
            for number, path in enumerate(files):
                offset = 0
                with path.open("rb") as source:
                    for line in source:
                        if line.startswith(b"{"):
                            sink.write(b'{"rlat":"%d#%d",%b\n' % (number, offset, line[1:].rstrip()))
                        offset += len(line)
        target.with_suffix(".part").rename(target)
    return target


def size(files: list[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def events(files: list[Path]) -> int:
    """Lines that are not empty."""
    return sum(1 for path in files for line in path.open("rb") if line.strip())


def copies(files: list[Path], times: int) -> list[Path]:
    """``times`` as much evidence, in as many more files: each copy ends in an event of its own, so that it is new."""
    folder = CACHE / "copies"
    out: list[Path] = []
    for number in range(times):
        for path in files:
            copy = folder / f"{number:02}" / path.name
            out.append(copy)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
                with copy.open("ab") as sink:
                    sink.write(orjson.dumps({"EventID": 1, "Channel": "Copy", "copy": number}) + b"\n")
    return out


def _unpack_recordings(folder: Path) -> None:
    for archive in sorted(_need(SHARED / "otrf" / "windows").rglob("*")):
        if archive.name.endswith((".zip", ".tar.gz")):
            for member, source in _members(archive):
                if _wanted(member, ".json"):
                    _write(folder / f"{archive.name.split('.')[0]}__{Path(member).name}", source)
    for path in folder.glob("*.json"):
        with path.open("rb") as source:
            try:
                orjson.loads(source.readline())
            except orjson.JSONDecodeError:
                path.unlink()
    (folder / "complete").touch()


def _unpack_rules(name: str, chosen: object) -> Path:
    folder = CACHE / name
    if not folder.exists():
        archive = next(iter(sorted(_need(SHARED / "sigma").glob("sigmahq-rules-*.zip"))))
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        with zipfile.ZipFile(archive) as opened:
            for member in opened.namelist():
                if member.endswith(".yml") and not member.startswith("tests/"):
                    text = opened.read(member)
                    found = list(yaml.load_all(text, yaml.CSafeLoader))
                    if all(isinstance(rule, dict) and chosen(rule) for rule in found):  # type: ignore[operator]
                        target = part / member
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(text)
        part.rename(folder)
    return folder


def _members(archive: Path) -> Iterator[tuple[str, BinaryIO]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                with opened.open(name) as source:
                    yield name, source  # type: ignore[misc]
    else:
        with tarfile.open(archive) as packed:
            for member in packed:
                source = packed.extractfile(member) if member.isfile() else None
                if source is not None:
                    yield member.name, source  # type: ignore[misc]


def _wanted(name: str, suffix: str) -> bool:
    """Not the Mac's ``._`` files."""
    return name.lower().endswith(suffix) and not Path(name).name.startswith("._") and "__MACOSX" not in name


def _write(target: Path, source: BinaryIO) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def _is_flat(path: Path) -> bool:
    with path.open("rb") as source:
        return "EventID" in orjson.loads(source.readline())


def _part(files: list[Path], limit: float) -> list[Path]:
    chosen: list[Path] = []
    total = 0
    for path in sorted(files, key=lambda path: hashlib.sha256(path.name.encode()).digest()):
        length = path.stat().st_size
        if length <= limit / 5 and total + length <= limit:
            chosen.append(path)
            total += length
    return sorted(chosen)


def _need(path: Path) -> Path:
    if not path.is_dir():
        raise SystemExit(f"no public evidence at {path}: set RINGLEADER_SHARED (see benchmarks/README.md)")
    return path
