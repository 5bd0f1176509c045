"""Syslog files (RFC 3164, RFC 5424, ISO stamps): sshd, sudo, su, cron, OpenVPN, Pulse Connect Secure, Oracle audit.

The program tells the kind (programs.yml); a program that is not known is ``linux/syslog``. Every event has
``timestamp``, ``hostname``, ``program``, ``pid`` and ``message``; fields such as ``user``, ``src_ip``, ``action`` and
``outcome`` are read out of the message. A stamp without a year gets one as ``years`` says, which ``year_from`` tells;
one without a zone is taken for UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import lines, programs, years
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema.batch import Batch, Event, Reject

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PULSE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - ([\w.-]{1,255}) - \[([^\]]{0,64})\] "
    r"([^(\n]{0,256})\(([^)]{0,256})\)\[([^\]]{0,512})\] - (.*)",
    re.DOTALL,
)
_NEW = re.compile(rf"<(\d{{1,3}})>1 ({_ISO}|-) (\S{{1,255}}) (\S{{1,48}}) (\S{{1,128}}) (\S{{1,32}}) (.*)", re.DOTALL)
_OLD = re.compile(
    rf"(?:<(\d{{1,3}})>)?({_MONTH} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,9}})?|{_ISO}) (\S{{1,255}}) (.*)", re.DOTALL
)
_TAG = re.compile(r"([^\s:\[\]]{1,80})(?:\[(\d{1,10})\])?: ?")
_DATA = re.compile(r'-|(?:\[[^\]"\\]{1,64}(?:"(?:[^"\\]|\\.)*"[^\]"\\]{0,64}){0,200}\]){1,50}')
_ORACLE = re.compile(r"Oracle (?:Unified )?Audit\[(\d{1,10})\]: ?")
_NAMED = re.compile(r"""([A-Z][A-Z_ ]{0,29}?) ?: ?(?:"([^"]*)"|'([^']*)'|\[(\d{1,6})\] ?')""")
_END = re.compile(r"'(?=\s*$|\s+[A-Z][A-Z_ ]{0,29} ?:)")


class Syslog:
    name = "syslog"

    def sniff(self, head: bytes) -> bool:
        first = [line for line in head[:16384].splitlines()[:20] if line.strip()]
        known = sum(_parsed(lines.text(line)) is not None for line in first)
        return known > 0 and 2 * known >= len(first)

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        return years.planned(source, lines.units(source, size, block))

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        walk = years.begun(unit.mode)
        for piece in lines.pieces(source, unit):
            yield Batch(rejects=[piece]) if isinstance(piece, Reject) else _rows(*piece, walk)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        stamp, year = event.get("timestamp"), event.get("year")
        if not isinstance(stamp, str) or not isinstance(year, str):
            return stamp if isinstance(stamp, str) else None
        return f"{year}-{years.MONTHS[stamp[:3]]:02}-{stamp[4:6].replace(' ', '0')}T{stamp[7:]}"

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        found = event.get("hostname")
        return found if isinstance(found, str) else None


def _rows(at: int, block: bytes, walk: years.Years) -> Batch:
    batch = Batch(consumed=len(block))
    for raw in block.split(b"\n"):
        year = walk.take(raw)
        line = lines.text(raw).rstrip("\r")
        if line and not line.isspace():
            if notice := walk.notice(at):
                batch.rejects.append(notice)
            found = _parsed(line)
            if found is None:
                batch.rejects.append(Reject("bad-line", at, line[:200]))
            else:
                kind, event = found
                if year is not None and not event["timestamp"][:1].isdecimal():
                    event["year"], event["year_from"] = str(year), walk.origin
                batch.events.append(event)
                batch.offsets.append(at)
                batch.kinds.append(kind)
        at += len(raw) + 1
    return batch


def _parsed(line: str) -> tuple[str, Event] | None:
    """Kind and event of a line, None when it has no header that is known."""
    if pulse := _PULSE.match(line):
        return _pulse(pulse, {})
    if new := _NEW.match(line):
        priority, stamp, host, program, pid, msgid, rest = new.groups()
        data = _DATA.match(rest)
        event = {"priority": priority, "timestamp": stamp, "hostname": host, "program": program}
        event |= {"pid": pid, "msgid": msgid, "structured_data": data[0] if data else "-"}
        message = rest[data.end() :] if data else rest
        event = {name: value for name, value in event.items() if value != "-"}
        event.setdefault("timestamp", "-")
        return _message(event, message.removeprefix(" ").removeprefix("\ufeff"))
    old = _OLD.match(line)
    if old is None:
        return None
    priority, stamp, host, rest = old.groups()
    event = {"timestamp": stamp, "hostname": host} | ({"priority": priority} if priority else {})
    if tag := _TAG.match(rest):
        event["program"] = tag[1]
        if tag[2]:
            event["pid"] = tag[2]
        rest = rest[tag.end() :]
    return _message(event, rest)


def _message(event: Event, message: str) -> tuple[str, Event]:
    if pulse := _PULSE.match(message):
        return _pulse(pulse, event)
    oracle = _ORACLE.match(message)
    if oracle or event.get("program") in ("Oracle Audit", "Oracle Unified Audit"):
        rest = message[oracle.end() :] if oracle else message
        return "db/oracle", _oracle(rest) | event | {"message": message, "program": "oracle"}
    kind, fields = programs.understood(event.get("program", ""), message)
    return kind, fields | event | {"message": message}


def _pulse(found: re.Match[str], event: Event) -> tuple[str, Event]:
    stamp, node, address, user, realm, roles, message = found.groups()
    own = {"timestamp": stamp, "hostname": event.get("hostname", node), "node": node, "program": "pulsesecure"}
    own |= {"src_ip": address, "user": user.strip(), "realm": realm, "roles": roles}
    kind, fields = programs.understood("pulsesecure", message)
    own = {name: value for name, value in own.items() if value}
    return kind, fields | event | own | {"message": message}


def _oracle(text: str) -> Event:
    """``NAME:"value"`` or ``NAME :[length] 'value'``: with a length, quotes inside the value end nothing."""
    event: Event = {}
    at = 0
    while found := _NAMED.search(text, at):
        name, at = found[1].strip(), found.end()
        if found[4] is not None:
            end = at + int(found[4])
            if not _END.match(text, end):  # a length that does not fit: up to the next quote that can be the end
                last = _END.search(text, at)
                end = last.start() if last else len(text)
            value, at = text[at:end], end
        else:
            value = found[2] or found[3] or ""
        if value:
            event.setdefault(name, value)
    return event
