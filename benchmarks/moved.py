"""Recordings moved onto the same hosts, accounts, addresses and interactive session: nothing but what happened tells
which of them a finding came from.

The busiest host of each is the same host, and so on by rank; so are accounts, inside paths and commands too. GUIDs,
process ids and other sessions are each recording's own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ringleader.link.entities import number, vocabulary
from ringleader.schema.host import short

Row = dict[str, Any]

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
NO_GUID = "00000000-0000-0000-0000-000000000000"
ADDRESS = re.compile(r"(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}")
ADDRESSES = ("SourceIp", "DestinationIp", "IpAddress", "SourceAddress", "DestAddress", "ClientAddress")
SESSIONS = ("LogonId", "SubjectLogonId", "TargetLogonId")
ACCOUNTS = ("User", "SubjectUserName", "TargetUserName", "AccountName")
HOSTS = ("WorkstationName", "Workstation", "TargetServerName")
KNOWN_SESSIONS = {0x0, 0x3E3, 0x3E4, 0x3E5, 0x3E6, 0x3E7}
NOBODY = {"system", "local service", "network service", "anonymous logon", "iusr", "-", ""}
SHARED_SESSION = "0x5afe5"
LEAST = 4
"""Names shorter than this are not looked for inside other texts."""
PIDS = frozenset(name for shape in vocabulary().processes.values() for name in [*shape.pid, *shape.parent_pid])


@dataclass
class Recording:
    """One file: its findings as rows of FINDINGS, and the events that linking asks for, with their ``fields``; times
    in microseconds."""

    name: str
    family: str = ""
    findings: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)


def moved(
    recording: Recording, place: int, salt: str, start: int, *, own: bool = False, whole: Recording | None = None
) -> Recording:
    """``recording`` with its first finding at ``start``. ``place`` keeps its process ids and sessions apart from
    others'. ``own``: accounts, and addresses of hosts that recorded nothing, are not shared. ``whole``: what it is a
    part of."""
    first = min(row["time"] for row in recording.findings if row["time"] is not None)
    renames = Renames(whole or recording, place, salt, own=own)
    out = Recording(recording.name, recording.family)
    for event in recording.events:
        fields = {name: renames.field(name, text, event["host"]) for name, text in event["fields"].items()}
        changed = {"host": renames.host(event["host"]), "fields": fields, "event_id": renames.event(event["event_id"])}
        out.events.append(event | changed | {"time": _shift(event["time"], start - first)})
    for row in recording.findings:
        changed = {
            "host": renames.host(row["host"]),
            "account": renames.account(row["account"]),
            "event_id": renames.event(row["event_id"]),
            "event_ids": [renames.event(each) for each in row["event_ids"] or ()],
            "finding_id": renames.event(row["finding_id"]),
        }
        out.findings.append(row | changed | {"time": _shift(row["time"], start - first)})
    return out


def halves(recording: Recording) -> tuple[Recording, Recording]:
    """Its first half of findings and its second, by time."""
    times = sorted(row["time"] for row in recording.findings if row["time"] is not None)
    middle = times[len(times) // 2]
    early, late = Recording(recording.name, recording.family), Recording(recording.name, recording.family)
    for row in recording.findings:
        (early if (row["time"] or 0) < middle else late).findings.append(row)
    for event in recording.events:
        (early if (event["time"] or 0) < middle else late).events.append(event)
    return early, late


class Renames:
    """The names of one recording as those that all recordings share."""

    def __init__(self, recording: Recording, place: int, salt: str, *, own: bool = False) -> None:
        rows = recording.events
        self._salt, self._place = salt, place
        mine = hashlib.sha256(recording.name.encode()).hexdigest()[:6] if own else ""
        hosts = Counter(short(row["host"]) for row in rows if row["host"])
        self._hosts = {name: f"host{rank}.corp.example" for rank, name in enumerate(_ranked(hosts))}
        accounts = Counter(
            user for row in rows for name in ACCOUNTS if (user := _user(row["fields"].get(name, ""))) not in NOBODY
        )
        accounts.update(_user(row["account"]) for row in recording.findings if row["account"])
        plain = [a for a in _ranked(accounts) if a not in NOBODY and not a.endswith("$") and not a.startswith("s-1-")]
        self._accounts = {name: f"user{mine}{rank}" for rank, name in enumerate(plain)}
        sids = Counter(text for row in rows for text in row["fields"].values() if text.startswith("S-1-5-21-"))
        self._sids = {sid: f"S-1-5-21-1-2-3-{1000 + rank}{mine and place}" for rank, sid in enumerate(_ranked(sids))}
        self._addresses = self._addressed(rows, mine)
        self._interactive = self._busiest(rows)
        self._inside_names = {name: new.partition(".")[0] for name, new in self._hosts.items()} | self._accounts
        for domain in {row["host"].partition(".")[2].lower() for row in rows if row["host"]} - {""}:
            self._inside_names |= {f"{name}.{domain}": new for name, new in self._hosts.items()}
        names = [name for name in self._inside_names if len(name) >= LEAST]
        longest = sorted(map(re.escape, names), key=lambda name: (-len(name), name))
        self._inside = re.compile(rf"(?<![\w.-])(?:{'|'.join(longest)})(?![\w-])", re.I) if names else None

    def _addressed(self, rows: list[Row], mine: str) -> dict[str, str]:
        own: dict[str, str] = {}
        for row in rows:
            if row["kind"] == "windows/sysmon/3" and row["fields"].get("Initiated", "").lower() == "true":
                own.setdefault(row["fields"].get("SourceIp", ""), short(row["host"]))
        order = list(self._hosts)
        seen = Counter(row["fields"][name] for row in rows for name in ADDRESSES if name in row["fields"])
        out = {}
        for rank, address in enumerate(_ranked(seen)):
            if own.get(address) in order:
                out[address] = f"10.0.0.{1 + order.index(own[address])}"
            elif mine:  # outside: 44.0.0.0/8 is nobody's private network
                out[address] = f"44.{int(mine[:2], 16)}.{int(mine[2:4], 16)}.{1 + rank % 250}"
            else:
                out[address] = f"10.0.1.{1 + rank % 250}"
        return out

    def _busiest(self, rows: list[Row]) -> set[tuple[str, int]]:
        """The interactive session, which all recordings share: the one of most events that is no logon over the
        network."""
        sessions = Counter(
            (short(row["host"]), value)
            for row in rows
            for name in SESSIONS
            if (value := number(row["fields"].get(name))) is not None and value not in KNOWN_SESSIONS
        )
        network = {
            (short(row["host"]), number(row["fields"].get("TargetLogonId")))
            for row in rows
            if row["kind"] == "windows/security/4624" and row["fields"].get("LogonType") == "3"
        }
        return set([key for key in _ranked(sessions) if key not in network][:1])

    def host(self, name: str | None) -> str | None:
        return self._hosts.get(short(name), name) if name else name

    def event(self, name: str | None) -> str | None:
        return None if name is None else hashlib.sha256(f"{self._salt}{name}".encode()).hexdigest()[:24]

    def account(self, name: str | None) -> str | None:
        if not name:
            return name
        if name in self._sids:
            return self._sids[name]
        user = _user(name)
        return f"CORP\\{self._accounts[user]}" if user in self._accounts else name

    def field(self, name: str, text: str, host: str) -> str:
        if name in SESSIONS and (value := number(text)) is not None and value not in KNOWN_SESSIONS:
            shared = (short(host), value) in self._interactive
            return SHARED_SESSION if shared else hex(value + (self._place + 1) * 0x100000000)
        if name in PIDS and (value := number(text)) is not None and value > 4:
            pid = value + (self._place + 1) * 1_000_000
            return hex(pid) if text[:2].lower() == "0x" else str(pid)
        if name in ADDRESSES and ADDRESS.fullmatch(text):
            return text if text == "127.0.0.1" else self._addresses.get(text, text)
        if name in ACCOUNTS or text in self._sids:
            return self.account(text) or text
        if name in HOSTS:
            return self.host(text) or text
        inside = self._inside.sub(self._name, text) if self._inside else text
        return GUID.sub(self._guid, inside)

    def _name(self, found: re.Match[str]) -> str:
        return self._inside_names[found[0].lower()]

    def _guid(self, found: re.Match[str]) -> str:
        if found[0] == NO_GUID:
            return NO_GUID
        digest = hashlib.sha256(f"{self._salt}{found[0].lower()}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def _shift(time: int | None, by: int) -> int | None:
    return None if time is None else time + by


def _ranked(counts: Counter[Any]) -> list[Any]:
    return sorted(counts, key=lambda each: (-counts[each], each))


def _user(name: str) -> str:
    return name.rpartition("\\")[2].partition("@")[0].strip().lower()
