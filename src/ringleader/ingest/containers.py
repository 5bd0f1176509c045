"""What is inside a file: members of zip, tar, 7z, gzip, bzip2 and xz, and of containers in containers, told by content.

Nothing is unpacked under a name that evidence chose. All limits count what really comes out, never what a header
claims.
"""

from __future__ import annotations

import bz2
import calendar
import gzip
import io
import lzma
import re
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ringleader.ingest.discover import Refused
from ringleader.ingest.limits import Limits
from ringleader.ingest.readers import HEAD

SEPARATOR = "!"
"""Between a container and its member: ``logs.zip!iis/ex080101.log``."""


class SevenZipError(Exception):
    """py7zr's errors, of whatever kind: that package is imported only where there is a 7z."""


DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    tarfile.TarError,
    SevenZipError,
)
"""What the libraries raise for damaged containers. More kinds than they document."""


class TrailingError(ValueError):
    """Bytes after the end of a complete compressed stream: all of the stream was read."""


class _Gzip(gzip.GzipFile):
    """What some writers leave after the stream, zeros and line breaks, is its end; anything else
    :class:`TrailingError`."""

    _ended = False

    def read1(self, size: int = -1) -> bytes:
        if self._ended:
            return b""
        try:
            return super().read1(size)
        except gzip.BadGzipFile as error:
            # The first magic was seen by :func:`recognise`: a wrong one comes after a stream whose sum was right.
            if not str(error).startswith("Not a gzipped file"):
                raise
            self._ended = True
            rest, blank = self._trailing(error)
            if not blank:
                raise TrailingError(f"everything before the trailing {rest:,} bytes was read") from error
            return b""

    def _trailing(self, error: gzip.BadGzipFile) -> tuple[int, bool]:
        """How many bytes follow, and whether they are zeros and line breaks only."""
        padded = self._buffer.raw._fp  # type: ignore[attr-defined]  # the only place that knows what is read ahead
        source = padded.file
        unread = 0 if padded._read is None else padded._length - padded._read
        at = source.tell() - unread
        source.seek(at - 2)
        magic = source.read(2)
        start = at - 2 if repr(magic) in str(error) else at - 1
        source.seek(start)
        blank = True
        while chunk := source.read(_CHUNK):
            blank = blank and not chunk.strip(b"\0\r\n")
        return source.tell() - start, blank


_STREAMS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    "gzip": lambda source: cast(BinaryIO, _Gzip(fileobj=source, mode="rb")),
    "bzip2": lambda source: cast(BinaryIO, bz2.BZ2File(source)),
    "xz": lambda source: cast(BinaryIO, lzma.LZMAFile(source)),  # noqa: SIM115  (closed by whoever opens the member)
}
_SUFFIXES = re.compile(r"\.(gz|gzip|bz2|xz)$", re.IGNORECASE)
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_MAX_DIRECTORY = 64 << 20
_CHUNK = 1 << 20


class OverLimitError(Exception):
    """A limit was reached; ``code`` is in ``limits.CODES``. ``final`` when nothing more may come out of the file on
    disk."""

    def __init__(self, code: str, detail: str, *, final: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.final = final


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file that is no container. ``stream`` begins after ``head`` and must be read before the next leaf is asked for;
    reading raises :class:`OverLimitError` and any of :data:`DAMAGE`. ``mtime``: seconds since 1970 of its last change,
    0 if unknown."""

    shown: str
    head: bytes
    stream: Stream
    mtime: int


@dataclass(slots=True)
class Spent:
    """What one file on disk has used up so far."""

    members: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Unpacker:
    """Walks one file on disk of ``size`` bytes. ``folder`` takes inner containers while they are open."""

    size: int
    folder: Path
    limits: Limits
    spent: Spent = field(default_factory=Spent)

    def leaves(self, source: BinaryIO, shown: str, kind: str) -> Iterator[Leaf | Refused]:
        """Leaves and refusals in the order in which they lie in the container."""
        try:
            yield from self._walk(source, shown, kind, self.size, 1)
        except OverLimitError as limit:
            yield Refused(shown, limit.code, str(limit))

    def _walk(self, source: BinaryIO, shown: str, kind: str, size: int, depth: int) -> Iterator[Leaf | Refused]:
        names: set[str] = set()
        try:
            for member in _OPEN[kind](source, size, self):
                name = f"{shown}{SEPARATOR}{printable(member.name) or _inner_name(shown)}"
                self.spent.members += 1
                if self.spent.members > self.limits.members:
                    raise OverLimitError("archive-members", f"more than {self.limits.members:,} members", final=True)
                refusal = member.refusal or _bad_name(member.name)
                if refusal is None and member.name in names:
                    refusal = ("archive-duplicate-name", "a member before has the same name")
                names.add(member.name)
                if refusal is not None:
                    yield Refused(name, *refusal)
                    continue
                yield from self._member(member, name, kind, size, depth)
        except DAMAGE as error:
            not_the_disk(error)
            yield Refused(shown, *damage(error))

    def _member(self, member: Member, name: str, kind: str, size: int, depth: int) -> Iterator[Leaf | Refused]:
        try:
            with member.open() as raw:
                stream = _Metered(raw, self, size if member.packed is None else member.packed)
                head = stream.read(HEAD)
                inner = recognise(head)
                if inner is None:
                    # A gzip stream says when its content was changed, in a header that was read with the head.
                    mtime = member.mtime or getattr(raw, "mtime", None) or 0
                    yield Leaf(name, head, stream, int(mtime) if 0 < mtime < 1 << 32 else 0)
                    return
                deeper = depth if kind in _STREAMS and inner == "tar" else depth + 1
                if deeper > self.limits.depth:
                    yield Refused(name, "archive-depth", f"more than {self.limits.depth} containers in one another")
                    return
                with tempfile.TemporaryFile(dir=self.folder) as copy:
                    copy.write(head)
                    try:
                        while chunk := stream.read(_CHUNK):
                            copy.write(chunk)
                    except DAMAGE as error:
                        not_the_disk(error)
                        # What came before the damage may well be whole.
                        yield Refused(name, *damage(error))
                    length = copy.tell()
                    copy.seek(0)
                    yield from self._walk(copy, name, inner, length, deeper)
        except OverLimitError as limit:
            if limit.final:
                raise
            yield Refused(name, limit.code, str(limit))
        except DAMAGE as error:
            not_the_disk(error)
            yield Refused(name, *damage(error))


@dataclass(frozen=True, slots=True)
class Member:
    """``packed`` is its size inside the container, None when that is the container's own. ``refusal`` is code and
    detail. ``mtime`` is when the container says that it was last changed, in seconds since 1970, 0 if it does not."""

    name: str
    open: Callable[[], BinaryIO]
    packed: int | None = None
    refusal: tuple[str, str] | None = None
    mtime: float = 0


def recognise(head: bytes) -> str | None:
    """The kind of container that begins with ``head``, None if it is none."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] == b"\x31\x41\x59\x26\x53\x59":
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):
        return "7z"
    if head[257:262] == b"ustar":
        return "tar"
    return None


def printable(name: str) -> str:
    """A member's name as text that can be printed and stored."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _inner_name(shown: str) -> str:
    """A compressed stream has no name of its own."""
    return _SUFFIXES.sub("", re.split(r"[/!]", shown)[-1])


def _bad_name(name: str) -> tuple[str, str] | None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "archive-name", "the name is absolute"
    if ".." in parts:
        return "archive-name", "the name climbs out of the container"
    if any(_DEVICES.match(part) for part in parts):
        return "archive-name", "the name is that of a device"
    return None


def not_the_disk(error: BaseException) -> None:
    """Raise an error of the operating system again: a full or broken disk is not the archive's fault."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error


def damage(error: BaseException) -> tuple[str, str]:
    """Code and detail of an error in :data:`DAMAGE`."""
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "archive-encrypted", "needs a password"
    if isinstance(error, TrailingError):
        return "trailing-bytes", str(error)
    if isinstance(error, SevenZipError):
        return "archive-damaged", str(error)
    return "archive-damaged", f"{type(error).__name__}: {error}"


class _Metered:
    """A member's bytes, counted for the member and for the file on disk."""

    def __init__(self, raw: BinaryIO, owner: Unpacker, packed: int) -> None:
        self._raw = raw
        self._owner = owner
        self._packed = max(packed, 1)
        self._out = 0
        self._error: BaseException | None = None

    def read(self, size: int, /) -> bytes:
        data = self._fill(size)
        limits, spent = self._owner.limits, self._owner.spent
        self._out += len(data)
        spent.bytes += len(data)
        if self._out > max(limits.ratio_from, limits.ratio * self._packed):
            raise OverLimitError("archive-ratio", f"more than {limits.ratio} bytes out for each byte in")
        if self._out > limits.member_bytes:
            raise OverLimitError("archive-bytes", f"larger than {limits.member_bytes:,} bytes")
        if spent.bytes > max(limits.ratio_from, limits.ratio * self._owner.size):
            raise OverLimitError("archive-ratio", f"more than {limits.ratio} bytes out for each byte in", final=True)
        if spent.bytes > limits.total_bytes:
            raise OverLimitError("archive-bytes", f"more than {limits.total_bytes:,} bytes in all", final=True)
        return data

    def _fill(self, size: int) -> bytes:
        """Whole pieces, and what came before the damage when there is damage."""
        if self._error is not None:
            raise self._error
        parts: list[bytes] = []
        try:
            while size > 0 and (part := self._raw.read1(size)):  # type: ignore[attr-defined]
                parts.append(part)
                size -= len(part)
        except DAMAGE as error:
            if not parts:
                raise
            self._error = error
        return b"".join(parts)


def _zip(source: BinaryIO, size: int, owner: Unpacker) -> Iterator[Member]:
    count, directory = _zip_directory(source, size)
    if directory > _MAX_DIRECTORY or count > 10 * owner.limits.members:
        raise OverLimitError("archive-members", f"its directory names {count:,} members and has {directory:,} bytes")
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            refusal = None
            if info.flag_bits & 0x1:
                refusal = ("archive-encrypted", "needs a password")
            elif info.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                refusal = ("archive-link", "a link or device, not a file")
            # Local time of the packer, whose zone is not known.
            mtime = calendar.timegm((*info.date_time, 0, 0, 0)) if info.date_time[1] and info.date_time[2] else 0
            yield Member(info.filename, partial(_zip_member, archive, info), info.compress_size, refusal, mtime)


def _zip_directory(source: BinaryIO, size: int) -> tuple[int, int]:
    """Members and size of the directory as the end record states them: zipfile would load any number into memory."""
    source.seek(max(0, size - 65557))
    tail = source.read()
    source.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile("no end of central directory: cut off, or not a zip file")
    count, directory = struct.unpack_from("<HL", tail, at + 10)
    record = tail.rfind(b"PK\x06\x06", 0, at)
    if record >= 0 and len(tail) - record >= 48:
        count, directory = struct.unpack_from("<QQ", tail, record + 32)
    return count, directory


def _tar(source: BinaryIO, size: int, owner: Unpacker) -> Iterator[Member]:
    # tarfile remembers every member it has seen: forget them, or a million members fill the memory.
    with tarfile.open(fileobj=source, mode="r:") as archive:
        while (info := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]
            if info.isdir():
                continue
            refusal = None if info.isreg() else ("archive-link", "a link or device, not a file")
            yield Member(info.name, partial(_tar_member, archive, info), info.size, refusal, info.mtime)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(info))


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, archive.extractfile(info))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _stream(kind: str) -> Callable[[BinaryIO, int, Unpacker], Iterator[Member]]:
    def open_stream(source: BinaryIO, size: int, owner: Unpacker) -> Iterator[Member]:
        yield Member("", lambda: _STREAMS[kind](source))

    return open_stream


def _seven_zip(source: BinaryIO, size: int, owner: Unpacker) -> Iterator[Member]:
    """A solid archive can only be unpacked from its start: all members go to the temporary folder first."""
    from ringleader.ingest import sevenzip

    room = min(
        max(owner.limits.ratio_from, owner.limits.ratio * size), owner.limits.member_bytes, owner.limits.total_bytes
    )
    with tempfile.TemporaryDirectory(dir=owner.folder) as folder:
        wanted = []
        try:
            members = sevenzip.members(source)
        except sevenzip.Damaged as error:
            raise SevenZipError(f"{type(error).__name__}: {error}") from error
        for name, refusal in members:
            if refusal is not None:
                yield Member(name, io.BytesIO, None, refusal)
            elif _bad_name(name) is not None:
                yield Member(name, io.BytesIO)
            else:
                wanted.append(name)
            if len(wanted) > owner.limits.members:
                raise OverLimitError("archive-members", f"more than {owner.limits.members:,} members", final=True)
        try:
            unpacked = sevenzip.unpack(source, wanted, Path(folder), room)
        except sevenzip.TooLargeError as error:
            raise OverLimitError("archive-ratio", str(error)) from error
        except sevenzip.Damaged as error:
            raise SevenZipError(f"{type(error).__name__}: {error}") from error
        seen: set[str] = set()
        for name in wanted:
            if name in seen:
                yield Member(name, io.BytesIO, None, ("archive-duplicate-name", "a member before has the same name"))
                continue
            if name not in unpacked:
                yield Member(name, io.BytesIO, None, ("archive-damaged", "it cannot be unpacked"))
                continue
            seen.add(name)
            yield Member(name, partial(_open, unpacked[name]))


_OPEN: dict[str, Callable[[BinaryIO, int, Unpacker], Iterator[Member]]] = {
    "zip": _zip,
    "tar": _tar,
    "7z": _seven_zip,
    **{kind: _stream(kind) for kind in _STREAMS},
}
