"""The entities of an event: what it shares with others, as declared in entities.yml."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeVar

import msgspec

from ringleader.link.hosts import Hosts
from ringleader.schema import network

Role = Literal["member", "origin", "run"]
When = dict[str, list[str]]
T = TypeVar("T")


@dataclass(slots=True)
class Event:
    """One event as far as linking needs it. ``time``: microseconds since 1970; ``host`` as :class:`Hosts` names it."""

    event_id: str
    kind: str
    time: int | None
    host: str
    fields: dict[str, str]


class Key(NamedTuple):
    """An entity: its kind and its value as people read it."""

    entity: str
    value: str


class Process(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    pid: list[str]
    image: list[str]
    command: list[str] = []
    guid: list[str] = []
    starts: bool = False
    parent_guid: list[str] = []
    parent_pid: list[str] = []
    parent_image: list[str] = []


class Entity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Its comments in entities.yml are the documentation."""

    on_host: bool = False
    cap_hosts: int | None = None
    cap_processes: int | None = None
    window_seconds: float | None = None
    ignore: list[str] = []
    mark: str = ""
    leash_days: int | None = None
    lasts: bool = False


class Field(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    entity: str
    parts: list[tuple[str | list[str], str]]
    role: Role = "member"
    connects: bool = False
    when: When = {}


class Address(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``machine``: the field that names the account of whose address it is; without, it is the event's own host's."""

    field: str
    machine: str = ""
    when: When = {}

    def asks(self) -> list[str]:
        """The fields that it looks at."""
        return [self.field, *([self.machine] if self.machine else []), *self.when]


class Alerts(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How alerts of other products are joined: see entities.yml."""

    own_hours: int
    warm_up_hours: float
    rare: float
    enough: float
    bridge: float


class Series(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How analytics' findings about one person are joined: see entities.yml."""

    enough: float


class Vocabulary(msgspec.Struct, forbid_unknown_fields=True, frozen=True, dict=True):
    """entities.yml, validated. Its comments there are the documentation."""

    window_minutes: float
    alerts: Alerts
    series: Series
    hubs: list[str]
    processes: dict[str, Process]
    entities: dict[str, Entity]
    fields: dict[str, list[Field]]
    marks: dict[str, list[Field]]
    places: dict[str, list[str]]
    addresses: dict[str, list[Address]]
    accounts: dict[str, tuple[str, str]]

    def __post_init__(self) -> None:
        for fields in [*self.fields.values(), *self.marks.values()]:
            for field in fields:
                alone = len(field.parts) == 1
                unknown = [form for _, form in field.parts if form not in FORMS and not (alone and form in MANY)]
                if field.entity not in self.entities or unknown:
                    raise ValueError(f"entities.yml: unknown entity or form: {field.entity} {unknown}")

    @cached_property
    def _marks(self) -> dict[str, list[Field]]:
        return {}

    @cached_property
    def _fields(self) -> dict[str, list[Field]]:
        return {}

    def columns(self, kind: str) -> list[str]:
        """Names of the fields that linking wants of events of this kind, sorted."""
        names: set[str] = set()
        process = nearest(self.processes, kind)
        if process is not None:
            for alternatives in msgspec.structs.astuple(process):
                names.update(alternatives if isinstance(alternatives, list) else ())
        for field in [*(nearest(self.fields, kind) or []), *self.marks_of(kind)]:
            names.update(field.when)
            for part, _ in field.parts:
                names.update([part] if isinstance(part, str) else part)
        for address in nearest(self.addresses, kind) or []:
            names.update(address.asks())
        names.update(nearest(self.accounts, kind) or ())
        names.update(nearest(self.places, kind) or ())
        return sorted(names - {"host", "account"})

    def connectors(self) -> list[str]:
        """Kinds whose events tie entities together although no rule fired on them."""
        return sorted(kind for kind, fields in self.fields.items() if any(field.connects for field in fields))

    def fields_of(self, kind: str) -> list[Field]:
        """What joins events of this kind: of its longest prefix that has any."""
        if kind not in self._fields:
            self._fields[kind] = nearest(self.fields, kind) or []
        return self._fields[kind]

    def marks_of(self, kind: str) -> list[Field]:
        """What marks events of this kind: of its own and of all its prefixes."""
        if kind not in self._marks:
            self._marks[kind] = [field for prefix in prefixes(kind) for field in self.marks.get(prefix, ())]
        return self._marks[kind]

    def starts(self) -> list[str]:
        """Kinds whose events say which process started which."""
        return sorted(kind for kind, process in self.processes.items() if process.starts)


def nearest(table: Mapping[str, T], kind: str) -> T | None:
    """The entry of the longest prefix of ``kind``: windows/security/4688, else windows/security, else windows."""
    return next((table[prefix] for prefix in prefixes(kind) if prefix in table), None)


def prefixes(kind: str) -> Iterator[str]:
    """windows/security/4688, windows/security, windows."""
    while kind:
        yield kind
        kind = kind.rpartition("/")[0]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    return msgspec.yaml.decode(files(__package__).joinpath("entities.yml").read_bytes(), type=Vocabulary)


def keys(
    event: Event,
    fields: list[Field],
    words: Vocabulary,
    hosts: Hosts,
    account: str | None = None,
    *,
    connecting: bool = False,
) -> Iterator[tuple[Key, Role]]:
    """The entities of ``event``, with its part in each. ``connecting`` asks only for those that tie others together."""
    for field in fields:
        if (connecting and not field.connects) or (field.when and not holds(field.when, event.fields)):
            continue
        names, form = field.parts[0]
        if form in MANY:
            for found in MANY[form](_first(event, names, account) or "", hosts):
                yield Key(field.entity, found), field.role
            continue
        parts = []
        for names, form in field.parts:
            part = FORMS[form](_first(event, names, account) or "", event, hosts)
            if not part or part in words.entities[field.entity].ignore:
                break
            parts.append(part)
        else:
            if words.entities[field.entity].on_host:
                parts.append(f"on {event.host}")
            yield Key(field.entity, " ".join(parts)), field.role


def holds(when: When, fields: Mapping[str, str]) -> bool:
    """Whether each field is one of the texts, or is a path that ends in it; without regard to case."""
    return all(base(fields.get(name, "")) in wanted for name, wanted in when.items())


@lru_cache(maxsize=65536)
def base(path: str) -> str:
    """The last part of a path of either system, in lower case."""
    return path.replace("/", "\\").rpartition("\\")[2].lower()


def number(text: str | None) -> int | None:
    """A process id as 5136 or 0x1410; None for what is neither."""
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10) if text else None
    except ValueError:
        return None


def _first(event: Event, names: str | list[str], account: str | None) -> str | None:
    for name in [names] if isinstance(names, str) else names:
        found = event.host if name == "host" else account if name == "account" else event.fields.get(name)
        if found and found != "-":
            return found
    return None


# Forms: how a field's text becomes a part of an entity; empty when it says nothing.

_COMMAND = re.compile(r"<Command>(.*?)</Command>", re.S | re.I)
_ARGUMENTS = re.compile(r"<Arguments>(.*?)</Arguments>", re.S | re.I)
_SCRIPT = re.compile(r"[^\\/]+\.(?:aspx?|ashx|asmx|jspx?|php)$")
_NOBODY = {
    "anonymous logon",
    "system",
    "local service",
    "network service",
    "iusr",
    "guest",
    "dwm-1",
    "dwm-2",
    "umfd-0",
    "0",
    "s-1-5-18",
}


def machine_of(account: str) -> str:
    """Of DOMAIN\\NAME$ or NAME$@domain the host's name; empty for the accounts of people."""
    name = account.rpartition("\\")[2].partition("@")[0].strip().lower()
    return name[:-1] if name.endswith("$") else ""


def _hex(text: str, _event: Event, _hosts: Hosts) -> str:
    value = number(text)
    return "" if value is None else hex(value)


def name_of(account: str) -> str:
    """Of DOMAIN\\name or name@domain the name in lower case; empty for the system's own accounts."""
    name = account.rpartition("\\")[2].partition("@")[0].strip().lower()
    return "" if name in _NOBODY or name.endswith("$") else name


def _account(text: str, _event: Event, _hosts: Hosts) -> str:
    name = name_of(text)
    return f"as {name}" if name else ""


def _elsewhere(text: str, event: Event, hosts: Hosts) -> str:
    """A host by name or address, unless it is the event's own."""
    name = hosts.name(text, event.time)
    return "" if name in {event.host, "127.0.0.1", "::1", "localhost", "0.0.0.0"} else name  # noqa: S104 - compared, not bound


def _command(text: str, _event: Event, _hosts: Hosts) -> str:
    # A service's path names the folder by a variable, the process that it starts by its path.
    path = (
        text.replace('"', "")
        .replace("%%", "%")
        .lower()
        .replace("%systemroot%", "c:\\windows")
        .replace("%windir%", "c:\\windows")
    )
    path = path.replace("%comspec%", "c:\\windows\\system32\\cmd.exe")
    return " ".join(path.split())[:512]


def _task(text: str, _event: Event, _hosts: Hosts) -> str:
    name = text.lower()
    return "" if name.startswith("\\microsoft\\") else name  # every Windows has those


def _task_command(text: str, event: Event, hosts: Hosts) -> str:
    content = html.unescape(text) if "&lt;" in text else text
    command, arguments = _COMMAND.search(content), _ARGUMENTS.search(content)
    if not command:
        return ""
    line = command[1] + (" " + arguments[1] if arguments else "")
    return _command(html.unescape(line), event, hosts)


def _script(text: str, _event: Event, _hosts: Hosts) -> str:
    found = _SCRIPT.search(text.lower())
    return found[0] if found else ""


def _plain_address(text: str) -> str:
    return text.removeprefix("::ffff:").lower()


def _outside(text: str, _event: Event, _hosts: Hosts) -> str:
    """An address that is not of a private network."""
    plain = _plain_address(text)
    return "" if _is_inside(plain) else plain


@lru_cache(maxsize=65536)
def _is_inside(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return True
    return network.is_inner(found)


def _domain(text: str, _event: Event, hosts: Hosts) -> str:
    """A name on the Internet: hosts of the evidence have none."""
    name = text.strip(".").lower()
    return name[:255] if "." in name and not name.replace(".", "").isdigit() and not hosts.knows(name) else ""


_SYSTEM = re.compile(
    r"(?:[a-z]:\\windows\\(?:system32|syswow64|sysnative|winsxs|servicing|microsoft\.net)\\|[a-z]:\\windows\\[^\\]+$"
    r"|[a-z]:\\program files(?: \(x86\))?\\|%systemroot%|%windir%|/usr/|/bin/|/sbin/|/lib)"
)
"""Folders in which what everybody has lies; what an intruder puts there is found by other marks."""


def _path(text: str, _event: Event, _hosts: Hosts) -> str:
    path = text.strip('"').replace("\\??\\", "").lower()[:300]
    return "" if _SYSTEM.match(path) else path


def _folder(text: str, event: Event, hosts: Hosts) -> str:
    """Where a file lies, unless many things do."""
    folder = _path(text, event, hosts).replace("/", "\\").rpartition("\\")[0]
    return folder if folder.count("\\") > 1 else ""


def _hash(text: str, event: Event, hosts: Hosts) -> str:
    """Of MD5=...,SHA256=... the strongest, of files outside the system's own folders."""
    if not _path(event.fields.get("ImageLoaded") or event.fields.get("Image", ""), event, hosts):
        return ""
    found = dict(part.strip().split("=", 1) for part in text.upper().split(",") if "=" in part)
    best = found.get("SHA256") or found.get("SHA1") or found.get("MD5") or ""
    return "" if not best.strip("0") else best.lower()[:64]


def _page(text: str, _event: Event, _hosts: Hosts) -> str:
    return text.lower().rpartition("?")[0][:300] if "?" in text else text.lower()[:300]


_WORD = re.compile(r'[^\s"\'=,;()<>|]{5,}')
_CHOSEN = re.compile(r"\d|[a-z][A-Z]|\w:?[\\/]\w")
_NUMERIC = re.compile(r"[-\d./:]+|0x[0-9a-f]+")
_NUMBER = re.compile(r"(?<!\d)\d{9,15}(?!\d)")
MOST = 24
"""Words or numbers taken of one text."""


def _words(text: str, hosts: Hosts) -> list[str]:
    """The distinct words of a command that somebody chose: with a digit, a capital inside, or a path. Hosts are not."""
    found = dict.fromkeys(word[:120].lower() for word in _WORD.findall(text[:4000]) if _CHOSEN.search(word))
    return [word for word in found if not (_SYSTEM.match(word) or _NUMERIC.fullmatch(word) or _of_host(word, hosts))][
        :MOST
    ]


def _of_host(word: str, hosts: Hosts) -> bool:
    return any(hosts.knows(part) for part in re.split(r"[\\/:@]+", word) if part)


def _numbers(text: str, _hosts: Hosts) -> list[str]:
    return list(dict.fromkeys(_NUMBER.findall(text[:4000])))[:MOST]


MANY: dict[str, Callable[[str, Hosts], list[str]]] = {"numbers": _numbers, "words": _words}
"""Forms that find several things in a text."""

FORMS: dict[str, Callable[[str, Event, Hosts], str]] = {
    "account": _account,
    "agent": lambda text, event, hosts: text.replace("+", " ").lower()[:300],
    "base": lambda text, event, hosts: base(text),
    "domain": _domain,
    "endpoint": lambda text, event, hosts: text.rpartition(":")[0] + " " + text.rpartition(":")[2],
    "folder": _folder,
    "hash": _hash,
    "lent": lambda text, event, hosts: "" if hosts.of_address(text, event.time) else _plain_address(text),
    "outside": _outside,
    "page": _page,
    "path": _path,
    "address": lambda text, event, hosts: _plain_address(text),
    "command": _command,
    "elsewhere": _elsewhere,
    "hex": _hex,
    "host": lambda text, event, hosts: hosts.name(text, event.time),
    "port": lambda text, event, hosts: "" if text == "0" else text,
    "name": lambda text, event, hosts: text.lower(),
    "script": _script,
    "task": _task,
    "task-command": _task_command,
}
