"""The first look at a file, in a worker: what it is, its hash, and the evidence inside when it is a container.

Members of containers are written to the spool while they are hashed, up to a budget; what is left is surveyed later,
from where this look stopped.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from ringleader.ingest import containers, readers
from ringleader.ingest.containers import DAMAGE, Leaf, OverLimitError, Spent, Stream, Unpacker, recognise
from ringleader.ingest.discover import Found, Refused, open_regular
from ringleader.ingest.limits import Limits
from ringleader.ingest.readers import HEAD, Unit

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """A file on disk to be surveyed. ``folder`` is where its members may be written, up to ``budget`` bytes; the first
    ``skip`` leaves were surveyed before. ``hashed`` is unset where identity is not needed (``scan``)."""

    found: Found
    folder: str
    budget: int
    limits: Limits
    hashed: bool = True
    skip: int = 0
    spent: tuple[int, int] = (0, 0)
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Bytes that a reader can read. ``path`` opens them: the file itself, or a member in the spool (``spooled``).
    ``mtime`` (ns) tells whether the file has changed since. Where the evidence is larger than a package, ``units`` are
    planned and ``clock`` is surveyed already."""

    evidence_id: str
    shown: str
    path: str
    spooled: bool
    size: int
    format: str
    container: str | None = None
    units: tuple[Unit, ...] = ()
    clock: tuple[tuple[str, int], ...] = ()
    mtime: int = 0


@dataclass(slots=True)
class Surveyed:
    """In the order in which things lie in the file. ``rest`` is what is still to be surveyed after them. ``trouble``
    (a full disk under the folder for members) means that the file was not surveyed."""

    parts: list[Evidence | Refused] = field(default_factory=list)
    rest: Look | None = None
    spooled: int = 0
    trouble: str | None = None


def survey(look: Look) -> Surveyed:
    """Never raises for what the file contains."""
    out = Surveyed()
    try:
        with open_regular(look.found.path) as source:
            head = source.read(HEAD)
            source.seek(0)
            kind = recognise(head)
            if kind is None:
                out.parts.append(_plain(look, source, head))
            else:
                _container(look, source, kind, out)
    except OSError as error:
        from ringleader.store.disk import is_full  # here: nothing else of the store is needed

        if is_full(error):
            out.trouble = str(error)
        else:
            out.parts.append(Refused(look.found.shown, "unreadable", str(error)))
    return out


def _plain(look: Look, source: BinaryIO, head: bytes) -> Evidence | Refused:
    if not head:
        return Refused(look.found.shown, "empty", "0 bytes")
    reader = readers.sniff(head)
    if reader is None and not look.hashed:
        return Refused(look.found.shown, "unknown-format", guess(head))
    digest, size = _hash(source) if look.hashed else ("", look.found.size)
    if reader is None:
        return Refused(look.found.shown, "unknown-format", guess(head), digest)
    mtime = os.fstat(source.fileno()).st_mtime_ns
    units, corrections = _plan(reader, source, size, look)
    shown, path = look.found.shown, look.found.path
    return Evidence(digest, shown, path, False, size, reader.name, None, units, corrections, mtime)


def _container(look: Look, source: BinaryIO, kind: str, out: Surveyed) -> None:
    folder = Path(look.folder)
    folder.mkdir(parents=True, exist_ok=True)
    container = look.container
    if container is None and look.hashed:
        container, _ = _hash(source)
        source.seek(0)
    unpacker = Unpacker(look.found.size, folder, look.limits, Spent(0, 0))
    for number, leaf in enumerate(unpacker.leaves(source, look.found.shown, kind)):
        if number < look.skip:
            continue
        if number == look.skip:
            # What was skipped was counted when it was read.
            unpacker.spent = Spent(max(look.spent[0], unpacker.spent.members), max(look.spent[1], unpacker.spent.bytes))
        if out.spooled >= look.budget:
            spent = (unpacker.spent.members, unpacker.spent.bytes)
            out.rest = replace(look, skip=number, spent=spent, container=container)
            return
        if isinstance(leaf, Refused):
            out.parts.append(leaf)
            continue
        final = _leaf(leaf, folder / f"{number}", look, container, out)
        if final is not None:
            out.parts.append(final)
            return


def _leaf(leaf: Leaf, path: Path, look: Look, container: str | None, out: Surveyed) -> Refused | None:
    """Add the leaf to ``out``. Returns the refusal that ends the whole container, if it came to that."""
    if not leaf.head:
        out.parts.append(Refused(leaf.shown, "empty", "0 bytes"))
        return None
    reader = readers.sniff(leaf.head)
    damage: tuple[str, str] | None = None
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("wb") if reader else io.BytesIO() as copy:
            for chunk in _chunks(leaf.head, leaf.stream):
                digest.update(chunk)
                size += len(chunk)
                if reader:
                    copy.write(chunk)
                    _check_room(size, look.limits)
    except OverLimitError as limit:
        path.unlink(missing_ok=True)
        refused = Refused(leaf.shown, limit.code, str(limit))
        if limit.final:
            return refused
        out.parts.append(refused)
        return None
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            path.unlink(missing_ok=True)
            raise  # the disk, not the archive
        code, detail = containers.damage(error)
        damage = (code, detail if code == "trailing-bytes" else f"{detail}; {size:,} bytes before the damage were kept")
    evidence_id = digest.hexdigest()
    if damage:
        out.parts.append(Refused(leaf.shown, *damage, evidence_id))
    if reader is None:
        out.parts.append(Refused(leaf.shown, "unknown-format", guess(leaf.head), evidence_id))
        return None
    out.spooled += size
    # When it was unpacked says nothing about the evidence: readers must not take it for its time.
    os.utime(path, (leaf.mtime, leaf.mtime))
    with path.open("rb") as source:
        mtime = os.fstat(source.fileno()).st_mtime_ns
        units, corrections = _plan(reader, source, size, look)
    where = (evidence_id, leaf.shown, str(path), True)
    out.parts.append(Evidence(*where, size, reader.name, container, units, corrections, mtime))
    return None


def _check_room(size: int, limits: Limits) -> None:
    if limits.spool is not None and size > limits.spool:
        raise OverLimitError(
            "archive-bytes",
            f"larger than the {limits.spool:,} bytes of disk that unpacked members may take: unpack it yourself",
        )


def _plan(
    reader: readers.Reader, source: BinaryIO, size: int, look: Look
) -> tuple[tuple[Unit, ...], tuple[tuple[str, int], ...]]:
    """Units and clock corrections of evidence that goes to several workers; small evidence sees to this where it is
    parsed."""
    if size <= look.limits.package:
        return (), ()
    units = tuple(reader.plan(source, size, readers.BLOCK))
    if not look.hashed:
        return units, ()
    from ringleader.ingest import place  # Arrow, which ``scan`` does without

    found = place.survey(reader, (batch for unit in units for batch in reader.read(source, unit)))
    return units, tuple(sorted(found.items()))


def _chunks(head: bytes, stream: Stream) -> Iterator[bytes]:
    yield head
    while chunk := stream.read(_CHUNK):
        yield chunk


def _hash(source: BinaryIO) -> tuple[str, int]:
    digest = hashlib.file_digest(cast(io.BufferedReader, source), "sha256")
    return digest.hexdigest(), source.tell()


def guess(head: bytes) -> str:
    """A few words on bytes that no reader knows."""
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    try:
        text = head[:512].decode("utf-8", "ignore" if len(head) > 512 else "strict")
    except UnicodeDecodeError:
        text = ""
    if text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return f"text that begins {text[:60]!r}"
    return f"binary that begins {head[:16].hex(' ')}"


_MAGIC = {
    b"\x00\x05\x16\x07": "AppleDouble, the Mac's metadata of another file",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG picture",
    b"\xd4\xc3\xb2\xa1": "pcap network capture",
    b"\x0a\x0d\x0d\x0a": "pcapng network capture",
    b"MZ": "Windows program",
    b"\x7fELF": "Linux program",
    b"SQLite format 3": "SQLite database",
    b"regf": "Windows registry hive",
    b"LfLe": "event log of Windows XP (.evt)",
    b"\x28\xb5\x2f\xfd": "Zstandard; unpack it first",
    b"Rar!": "RAR archive; unpack it first",
    b"\xd0\xcf\x11\xe0": "OLE document or installer",
}
