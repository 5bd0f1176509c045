"""Linux audit logs (auditd), with or without ``node=`` and interpreted (enriched) fields.

Field names are auditd's own, those inside ``msg='...'`` among them; hexadecimal text is decoded (auditd.yml says in
which fields); ``(null)``, ``?`` and the unset id 4294967295 mean that a field is missing. An EXECVE record also gets
``CommandLine``, its arguments in a row, and what the SYSCALL, CWD and PROCTITLE records of the same audit event say.
Records of one event lie close together; they are joined over at most :data:`WINDOW` records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import BinaryIO

import yaml

from ringleader.ingest.readers import lines
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import kind
from ringleader.schema.batch import Batch, Event, Reject

WINDOW = 256

_RECORD = re.compile(
    r"(?:node=(\S{1,255}) )?type=([A-Z0-9_]{1,60}) msg=audit\((\d{1,12}\.\d{1,9}):(\d{1,20})\): ?(.*)", re.DOTALL
)
_SNIFF = re.compile(rb"^(?:node=\S{1,255} )?type=[A-Z0-9_]{1,60} msg=audit\(\d{1,12}\.\d{1,9}:\d{1,20}\)", re.MULTILINE)
_PAIR = re.compile(r"""(?<![\w\[\]-])([A-Za-z_][\w\[\]-]*)=("[^"]*"|'[^']*'|[^\s'"]*)""")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_ARGUMENT = re.compile(r"a(\d{1,6})(?:\[\d{1,6}\])?")
_MISSING = frozenset(("(null)", "?", "4294967295", ""))
_TEXTS = frozenset(yaml.load(files(__package__).joinpath("auditd.yml").read_bytes(), yaml.CSafeLoader)["texts"])
_JOINED = frozenset(("SYSCALL", "CWD", "PROCTITLE"))


class Auditd:
    name = "auditd"

    def sniff(self, head: bytes) -> bool:
        return _SNIFF.search(head) is not None

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        # Records of one event must not come apart. auditd begins a new file every few megabytes.
        return lines.whole(source, size)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        joiner = _Joiner()
        held = Batch()
        for piece in lines.pieces(source, unit):
            if isinstance(piece, Reject):
                held.rejects.append(piece)
                continue
            at, block = piece
            held.consumed += len(block)
            for raw in block.split(b"\n"):
                line = lines.text(raw).strip("\r\0 ")
                if line:
                    _take(line, at, held, joiner)
                at += len(raw) + 1
            yield _all_but(WINDOW, held)
        yield held

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        found = event.get("timestamp")
        return found if isinstance(found, str) else None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        found = event.get("node")
        return found if isinstance(found, str) else None


def _take(line: str, at: int, batch: Batch, joiner: _Joiner) -> None:
    match = _RECORD.fullmatch(line)
    if match is None:
        batch.rejects.append(Reject("bad-line", at, line[:200]))
        return
    node, record, when, serial, rest = match.groups()
    event: Event = {"type": record, "timestamp": when, "serial": serial}
    if node:
        event["node"] = node
    fields = _fields(rest, record)
    if record == "EXECVE":
        event["CommandLine"] = " ".join(value for name, value in fields.items() if _ARGUMENT.fullmatch(name))
    for name, value in fields.items():
        event.setdefault(name, value)
    batch.events.append(event)
    batch.offsets.append(at)
    batch.kinds.append("linux/auditd/" + kind.slug(record))
    joiner.take(f"{node} {when}:{serial}", record, event)


def _fields(text: str, record: str) -> dict[str, str]:
    """The pairs of a record; those inside a quoted ``msg`` stand beside the others and never take the place of one."""
    found: dict[str, str] = {}
    parts: dict[str, list[str]] = {}
    for name, value in _PAIR.findall(text):
        if name == "msg" and value.startswith("'"):
            for inner, within in _fields(value[1:-1], record).items():
                found.setdefault(inner, within)
            continue
        argument = _ARGUMENT.fullmatch(name) if record == "EXECVE" else None
        plain = _plain(value, argument is not None or name in _TEXTS)
        if plain is None and argument is None:
            continue
        if argument and "[" in name:  # one long argument in parts
            whole = f"a{argument[1]}"
            found.setdefault(whole, "")
            parts.setdefault(whole, []).append(plain or "")
        else:
            found.setdefault(name, plain or "")
    return found | {name: "".join(texts) for name, texts in parts.items()}


def _plain(value: str, encoded: bool) -> str | None:
    if value[:1] in ('"', "'"):
        return value[1:-1]
    if value in _MISSING:
        return None
    if encoded and _HEX.fullmatch(value):
        return bytes.fromhex(value).rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
    return value


class _Joiner:
    """Gives an EXECVE record what other records of its event say, as long as it is not handed on."""

    def __init__(self) -> None:
        self._number = 0
        self._open: dict[str, tuple[int, Event, list[Event]]] = {}  # event to (first record, what is shared, EXECVEs)

    def take(self, key: str, record: str, event: Event) -> None:
        self._number += 1
        while self._open and self._number - next(iter(self._open.values()))[0] >= WINDOW:
            del self._open[next(iter(self._open))]
        if record not in _JOINED and record != "EXECVE":
            return
        _, shared, waiting = self._open.setdefault(key, (self._number, {}, []))
        if record == "EXECVE":
            waiting.append(event)
        else:
            for name, value in event.items():
                shared.setdefault(name, value)
        for execve in waiting:
            for name, value in shared.items():
                # a0 to a3 of a SYSCALL are numbers, not arguments.
                if not _ARGUMENT.fullmatch(name):
                    execve.setdefault(name, value)


def _all_but(count: int, held: Batch) -> Batch:
    """Take from ``held`` all but its last ``count`` events."""
    cut = max(len(held.events) - count, 0)
    out = Batch(held.kinds[:cut], held.events[:cut], held.offsets[:cut], held.rejects, consumed=held.consumed)
    held.kinds, held.events, held.offsets = held.kinds[cut:], held.events[cut:], held.offsets[cut:]
    held.rejects, held.consumed = [], 0
    return out
