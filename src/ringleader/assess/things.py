"""What intrusions put in place to come back by, whether it was seen to be removed, and its last sign of life."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.assess import events, names, words
from ringleader.assess.ground import Ground, Step
from ringleader.assess.statement import MINUTE

Sort = Literal["service", "task", "run-key", "account", "web-shell", "iis-module", "ssh-key", "cron"]
CLOSE = 2 * MINUTE
"""What is made on a host so near to a finding there is taken to be the intruder's."""
STARTS = {"windows/sysmon/1": "Image", "windows/security/4688": "NewProcessName", "linux/auditd/execve": "exe"}


@dataclass(frozen=True)
class Thing:
    """``value`` as people look for it: ``NAME: COMMAND`` of a service, a task or a run key, a path, an account.
    ``mark``: what signs of life are known by, lower case. ``passing``: of a remote-execution tool, which takes it away
    itself. ``removed``: when that was seen."""

    owner: str
    host: str
    sort: Sort
    name: str
    value: str
    mark: str
    time: int
    findings: tuple[str, ...]
    seen: bool
    passing: bool = False
    removed: int | None = None
    alive: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """A name may be used again for another program; a page is one under two spellings of its path."""
        if self.sort in ("service", "task", "run-key"):
            return self.host, self.sort, self.name.lower(), self.mark
        return self.host, self.sort, self.mark


def of(ground: Ground) -> list[Thing]:
    """In order of time. Of one thing that several events tell of, the earliest."""
    return ground.once(_all)


def _all(ground: Ground) -> list[Thing]:
    near = _Near(ground)
    best: dict[tuple[str, ...], Thing] = {}
    for one in sorted(_made(ground, near), key=lambda one: (not one.seen, one.time, one.value)):
        before = best.get(one.key)
        if before is None:
            best[one.key] = one
        elif one.time < before.time:
            best[one.key] = replace(before, time=one.time)
    found = sorted(best.values(), key=lambda one: (one.time, one.host, one.value))
    return _alive(ground, _removed(ground, found))


class _Near:
    """Which intrusion has a finding on a host about a time, or of an event."""

    def __init__(self, ground: Ground) -> None:
        self.events: dict[str, tuple[str, str]] = {}
        self._steps: dict[str, list[tuple[int, str, Step]]] = {}
        for one in ground.intrusions:
            for step in one.steps:
                for event in (step.event_id, *step.event_ids):
                    self.events.setdefault(event, (one.id, step.finding_id))
                self._steps.setdefault(step.host, []).append((step.time, one.id, step))
        for some in self._steps.values():
            some.sort(key=lambda item: item[:2])
        self._ids = pa.array(sorted(filter(None, self.events)), pa.string())
        self.spans = {host: _joined(time for time, _, _ in some) for host, some in self._steps.items()}

    def mask(self, ground: Ground, part: events.Part) -> pa.Array:
        """Rows on hosts of intrusions about the times of findings there, or of findings themselves."""
        told = pc.unique(part["host"]).to_pylist()
        mask = pc.is_in(part["event_id"], self._ids)
        for raw in told:
            spans = self.spans.get(ground.hosts.name(raw))
            if raw and spans:
                mask = pc.or_(mask, pc.and_(pc.equal(part["host"], raw), part.between(spans)))
        return pc.fill_null(mask, False)

    def owner(self, event_id: str, host: str, time: int) -> tuple[str, str] | None:
        """Intrusion and finding."""
        if event_id in self.events:
            return self.events[event_id]
        close = [item for item in self._steps.get(host, ()) if abs(item[0] - time) <= CLOSE]
        if not close:
            return None
        _, owner, step = min(close, key=lambda item: (abs(item[0] - time), item[1]))
        return owner, step.finding_id


def _joined(times: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for time in times:
        if found and time - CLOSE <= found[-1][1]:
            found[-1] = found[-1][0], time + CLOSE
        else:
            found.append((time - CLOSE, time + CLOSE))
    return found


Claim = tuple[str, str, int, Sort, str, str, str, bool]
"""event, host, time, sort, name, value, mark, whether the system itself says so (and not only a command line)."""


def _made(ground: Ground, near: _Near) -> Iterator[Thing]:
    for event_id, host, time, sort, name, value, mark, seen in _claims(ground, near):
        owner = near.owner(event_id, host, time)
        if owner is not None and name:
            yield Thing(
                owner[0], host, sort, name, value.strip(), mark.lower(), time, (owner[1],), seen,
                passing=sort in ("service", "task") and words.is_passing(value.partition(": ")[2]),
            )  # fmt: skip


def _claims(ground: Ground, near: _Near) -> Iterator[Claim]:
    def rows(kind: str, fields: list[str]) -> Iterator[events.Row]:
        for row in events.rows(ground.store, kind, fields, lambda part: near.mask(ground, part)):
            if row[1] is not None:
                yield row[0], row[1], row[2], ground.hosts.name(row[3]), *(value or "" for value in row[4:])

    for kind, fields in (
        ("windows/system/7045", ["ServiceName", "ImagePath"]),
        ("windows/security/4697", ["ServiceName", "ServiceFileName"]),
    ):
        for event, time, _, host, name, path in rows(kind, fields):
            yield event, host, time, "service", name.strip(), f"{name.strip()}: {path}", program(path), True
    for event, time, _, host, name, content in rows("windows/security/4698", ["TaskName", "TaskContent"]):
        command = _task_command(content)
        plain = name.strip().lstrip("\\")
        yield event, host, time, "task", plain, f"{plain}: {command}", program(command), True
    for event, time, _, host, target, details in rows("windows/sysmon/13", ["TargetObject", "Details"]):
        if any(key in target.lower() for key in words.vocabulary().run_keys):
            name = target.rpartition("\\")[2]
            yield event, host, time, "run-key", name, f"{name}: {details}", program(details), True
    for event, time, _, host, name in rows("windows/security/4720", ["TargetUserName"]):
        yield event, host, time, "account", name, name, name, True
    for event, time, _, host, path, image in rows("windows/sysmon/11", ["TargetFilename", "Image"]):
        if words.page_of(path) and words.base(image) in words.vocabulary().web_workers:
            yield event, host, time, "web-shell", path, path, words.page_of(path), True
    for event, time, _, host, config, value in rows(
        "windows/microsoft-iis-configuration-operational/29", ["Configuration", "NewValue"]
    ):
        if "globalmodules" in config.lower() and value.lower().endswith(".dll"):
            yield event, host, time, "iis-module", value, value, value, True
    for event, time, _, host, told in rows("exchange/ecp", ["EventData"]):
        if found := re.search(r"FilePathName='([^']+)'", told):
            path = re.sub(r"^\\\\[^\\]+\\([A-Za-z])\$", r"\1:", found[1])
            if words.page_of(path):
                yield event, host, time, "web-shell", path, path, words.page_of(path), False
    for kind in STARTS:
        for event, time, _, host, line in rows(kind, ["CommandLine"]):
            for claim in _commanded(line):
                yield event, host, time, *claim, False


def _commanded(line: str) -> Iterator[tuple[Sort, str, str, str]]:
    """Sort, name, value and mark of what a command makes on its own host."""
    plain = line.strip()
    if found := re.search(r'(?i)\bsc(?:\.exe)?"?\s+create\s+"?([^\s"]+)"?\s+.*?binpath=\s*("[^"]*"|\S+)', plain):
        command = found[2].strip('"')
        yield "service", found[1], f"{found[1]}: {command}", program(command)
    if re.search(r"(?i)\bschtasks(?:\.exe)?\"?\s.*?/create\b", plain) and not re.search(r"(?i)\s/s\s", plain):
        name, command = _after(plain, "/tn"), _after(plain, "/tr")
        if name:
            yield "task", name.lstrip("\\"), f"{name.lstrip(chr(92))}: {command}", program(command)
    if found := re.search(r'(?i)\breg(?:\.exe)?"?\s+add\s+"?([^\s"]+)"?', plain):
        key = found[1].lower() + "\\"
        if any(one in key for one in words.vocabulary().run_keys):
            name, command = _after(plain, "/v"), _after(plain, "/d")
            yield "run-key", name, f"{name}: {command}", program(command)
    if found := re.search(r'(?i)\bnet1?(?:\.exe)?"?\s+user\s+"?([^\s"/]+)"?\s.*?/add\b', plain):
        yield "account", found[1], found[1], found[1]
    if found := re.search(r'(?i)\bappcmd(?:\.exe)?"?\s+install\s+module\b.*?/image:("[^"]*"|\S+)', plain):
        path = found[1].strip('"')
        yield "iis-module", path, path, path
    if re.search(r">>?\s*\S*authorized_keys\b", plain):
        path = re.search(r"\S*authorized_keys", plain)
        yield "ssh-key", path[0].lstrip(">") if path else "authorized_keys", plain[:300], "authorized_keys"
    if re.search(r"(?:^|\s|\|)crontab\s+(?!-l\b|-r\b)|>>?\s*/etc/cron|>>?\s*/var/spool/cron", plain):
        yield "cron", plain[:120], plain[:300], "cron"


def _after(line: str, option: str) -> str:
    found = re.search(rf'(?i)(?:^|\s){re.escape(option)}\s+("[^"]*"|\S+)', line)
    return found[1].strip('"') if found else ""


def _task_command(content: str) -> str:
    command = re.search(r"<Command>(.*?)</Command>", content, re.DOTALL)
    arguments = re.search(r"<Arguments>(.*?)</Arguments>", content, re.DOTALL)
    return " ".join(html.unescape(found[1].strip()) for found in (command, arguments) if found)


def program(command: str) -> str:
    r"""The path of the program that a command starts, lower case.

    >>> program(r'"C:\Program Files\A B\x.exe" -k'), program(r"C:\ProgramData\Intel\igfx.exe -k a")
    ('c:\\program files\\a b\\x.exe', 'c:\\programdata\\intel\\igfx.exe')
    """
    plain = re.sub(r"^(\"?)%(systemroot|windir)%", r"\1c:\\windows", command.strip().lower())
    if plain.startswith('"'):
        return plain[1:].partition('"')[0]
    if found := re.match(r"(.*?\.(?:exe|com|bat|cmd|dll|ps1|vbs|js))(?=\s|,|$)", plain):
        return found[1]
    return plain.partition(" ")[0]


def _removed(ground: Ground, found: list[Thing]) -> list[Thing]:
    """With when the system or a command was seen to take it away."""
    if not found:
        return found
    hosts = {one.host for one in found}
    gone: dict[tuple[str, Sort, str], list[int]] = {}

    def note(host: str, sort: Sort, what: str, time: int | None) -> None:
        gone.setdefault((host, sort, what), []).append(time or 0)

    of_system: tuple[tuple[str, str, Sort], ...] = (
        ("windows/security/4726", "TargetUserName", "account"), ("windows/security/4699", "TaskName", "task"),
    )  # fmt: skip
    for kind, field, sort in of_system:
        for _, time, _, host, name in events.rows(ground.store, kind, [field]):
            note(ground.hosts.name(host), sort, (name or "").strip("\\").lower(), time)
    marks = {one.mark for one in found} | {one.value.lower() for one in found}
    for kind in ("windows/sysmon/23", "windows/sysmon/26"):
        for _, time, _, host, path in events.rows(
            ground.store, kind, ["TargetFilename"], lambda part: part.one_of("TargetFilename", marks)
        ):
            note(ground.hosts.name(host), "web-shell", path.lower(), time)
            note(ground.hosts.name(host), "iis-module", path.lower(), time)
    for kind in STARTS:
        for _, time, _, host, line in events.rows(ground.store, kind, ["CommandLine"], _takes_away):
            if (name := ground.hosts.name(host)) in hosts:
                for sort, what in _uncommanded(line):
                    note(name, sort, what, time)
    out = []
    for one in found:
        called = {one.name.lower(), one.value.lower(), one.mark}
        times = (time for what in called for time in gone.get((one.host, one.sort, what), ()))
        out.append(replace(one, removed=min((time for time in times if time > one.time), default=None)))
    return out


def _takes_away(part: events.Part) -> pa.Array:
    return pc.match_substring_regex(
        part["CommandLine"],
        r"(?i)\b(delete|del|erase|rm|remove-item|uninstall|remove-service|unregister-scheduledtask)\b",
    )


def _uncommanded(line: str) -> Iterator[tuple[Sort, str]]:
    if found := re.search(r'(?i)\bsc(?:\.exe)?"?\s+(?:\\\\\S+\s+)?delete\s+"?([^\s"]+)', line):
        yield "service", found[1].lower()
    if re.search(r"(?i)\bschtasks\b.*?/delete\b", line) and (name := _after(line, "/tn")):
        yield "task", name.lstrip("\\").lower()
    if found := re.search(r'(?i)\bnet1?(?:\.exe)?"?\s+user\s+"?([^\s"/]+)"?\s.*?/delete\b', line):
        yield "account", found[1].lower()
    if re.search(r"(?i)\breg(?:\.exe)?\"?\s+delete\b", line) and (name := _after(line, "/v")):
        yield "run-key", name.lower()
    if found := re.search(r'(?i)\b(?:del|erase|rm|remove-item)\s+(?:[-/]\S+\s+)*"?([^"]+?)"?\s*$', line):
        yield "web-shell", found[1].lower()
        yield "iis-module", found[1].lower()


def _one_of(field: str, wanted: Iterable[str]) -> events.Keep:
    return lambda part: part.one_of(field, wanted)


def _alive(ground: Ground, found: list[Thing]) -> list[Thing]:
    """With the last time that it was seen to run, to be asked for or to be used."""
    programs = {one.mark for one in found if one.sort in ("service", "task", "run-key")}
    pages = {one.mark for one in found if one.sort == "web-shell"}
    accounts = {names.account(one.name) for one in found if one.sort == "account"}
    last: dict[tuple[str, str], int] = {}

    def note(host: str | None, mark: str | None, time: int | None) -> None:
        if mark and time is not None:
            key = (ground.hosts.name(host), mark.lower())
            last[key] = max(last.get(key, 0), time)

    for kind, field, wanted in (
        *((kind, "Image", programs) for kind in ("windows/sysmon/1", "windows/sysmon/3", "windows/sysmon/22")),
        ("windows/sysmon/1", "ParentImage", programs), ("windows/security/4688", "NewProcessName", programs),
        ("windows/security/4688", "ParentProcessName", programs), ("web/iis", "cs-uri-stem", pages),
        ("exchange/httpproxy", "UrlStem", pages), ("windows/security/4624", "TargetUserName", accounts),
        ("windows/sysmon/7", "ImageLoaded", {one.mark for one in found if one.sort == "iis-module"}),
    ):  # fmt: skip
        if wanted:
            for part in events.parts(ground.store, kind, [field], _one_of(field, wanted)):
                table = pa.table({"host": part["host"], "mark": part.lower(field), "time": part.time})
                for row in table.group_by(["host", "mark"]).aggregate([("time", "max")]).to_pylist():
                    note(row["host"], row["mark"], row["time_max"])
    out = []
    for one in found:
        mark = names.account(one.name) if one.sort == "account" else one.mark
        if one.sort == "account":  # an account may be used anywhere
            times = [time for (_, seen), time in last.items() if seen == mark]
            out.append(replace(one, alive=max(times, default=None)))
        else:
            out.append(replace(one, alive=last.get((one.host, mark))))
    return out
