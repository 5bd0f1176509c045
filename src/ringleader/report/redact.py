"""Pseudonyms for those whom a report names: hosts, accounts, addresses, suppliers, subscribers, the organisation.

What is known from the tables and the case file is replaced wherever it stands; what only looks like an address, a
subscriber's number or somebody's folder is replaced too. Rather too much than too little: a long number may become a
``number-4`` that was a size. The mapping stays in the case, in :data:`FILE`, and grows; a name keeps its pseudonym in
every later report.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import ahocorasick_rs
import pyarrow as pa
import pyarrow.compute as pc

from ringleader.case import Config, Watch
from ringleader.errors import CaseError
from ringleader.report.source import Tables
from ringleader.schema import host
from ringleader.store.disk import replacing, writing_to

FILE = "pseudonyms.json"
"""In the case's folder, for its user alone."""
# Names that are the same everywhere and so tell nothing.
COMMON = frozenset(
    {
        "system", "administrator", "root", "guest", "krbtgt", "nobody", "daemon", "localhost", "localdomain", "domain",
        "workgroup", "everyone", "sys", "oracle", "postgres", "www-data", "iusr", "builtin", "window manager",
        "font driver host", "none", "unknown", "null", "users", "public", "default", "nt authority", "local service",
        "network service", "anonymous logon", "nt authority\\system", "nt authority\\local service",
        "nt authority\\network service", "nt authority\\anonymous logon", "local", "127.0.0.1", "::1",
        "0.0.0.0",  # noqa: S104
        "::",
    }
)  # fmt: skip
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9A-Za-z]|\.\d)"
    r"|(?<![\w.:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]|\.\d)"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_SHARE = re.compile(r"(?<=\\\\)[\w.-]+(?=\\)")
_FOLDER = re.compile(r"(?i)(?<=[\\/]users[\\/])[^\\/\"'<>|:*?\r\n]+|(?<=/home/)[^/\s\"':]+")
# Numbers of subscribers and subscriptions have 7 to 15 digits (ITU-T E.164, E.212), identities of devices up to 16.
_NUMBER = re.compile(r"(?<![0-9A-Fa-f.])\+?\d{7,16}(?![0-9A-Fa-f]|\.\d)")
_FIELDS = (
    ("account", re.compile(r"(?i)^users?$|user(name|id)$|account(name)?s?$")),
    ("domain", re.compile(r"(?i)(subject|target)domainname$")),
    ("host", re.compile(r"(?i)computer(name)?$|workstation(name)?$|hostname$|^hosts?$|machine(name)?$")),
    ("address", re.compile(r"(?i)(^|_|source|destination|client|remote|c-|s-)ip(address)?$|id\.(orig|resp)_h$")),
    ("subscriber", re.compile(r"(?i)msisdn|imsi|imei|subscriber$")),
)
"""Fields whose whole value is a name. One that holds a path or an address is looked into instead."""
_LONGEST = 20_000
"""Characters of one text that are looked at; what is shown is less."""


class Redactor:
    """``given``: pseudonyms by name, in lower case, of earlier reports. Until :meth:`settle` it only gathers names:
    what it returns is no text to show."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.given = dict(given or {})
        self._gathered: dict[str, str] = {}
        self._last: dict[str, int] = {}
        for pseudonym in self.given.values():
            kind, _, number = pseudonym.rpartition("-")
            if number.isdecimal():
                self._last[kind] = max(self._last.get(kind, 0), int(number))
        self._pseudonyms = set(self.given.values())
        self._settled = False
        self._build()

    def learn(self, kind: str, names: Iterable[str]) -> None:
        """Names to replace wherever they stand. Of two kinds the first counts."""
        for name in names:
            self._gather(kind, _folded(name.strip()))

    def settle(self) -> None:
        """Give each gathered name its pseudonym: in the order of names, not in that in which they were met."""
        for kind, name in sorted((kind, name) for name, kind in self._gathered.items()):
            self._give(kind, name)
        self._gathered.clear()
        self._settled = True
        self._build()

    def __call__(self, field: str, content: str) -> str:
        """``content`` without names. ``field`` says what it is of."""
        content = content[:_LONGEST]
        for kind, pattern in _FIELDS:
            if pattern.search(field) and (name := content.strip()):
                if found := self.given.get(_folded(name)):
                    return found
                if len(name) <= 255 and not _ADDRESS.search(name) and "\\" not in name and "/" not in name:
                    return self._pseudonym(kind, name)
        content = self._known(content)
        content = _MAIL.sub(lambda found: self._pseudonym("account", found[0]), content)
        content = _ADDRESS.sub(lambda found: self._address(found[0]), content)
        content = _SHARE.sub(lambda found: self._pseudonym("host", found[0]), content)
        content = _FOLDER.sub(lambda found: self._pseudonym("account", found[0]), content)
        return _NUMBER.sub(lambda found: self._pseudonym("number", found[0]), content)

    def _gather(self, kind: str, key: str) -> None:
        if key and key not in COMMON and key not in self.given and key not in self._pseudonyms:
            self._gathered.setdefault(key, kind)

    def _give(self, kind: str, key: str) -> str:
        self._last[kind] = self._last.get(kind, 0) + 1
        pseudonym = self.given[key] = f"{kind}-{self._last[kind]}"
        self._pseudonyms.add(pseudonym)
        return pseudonym

    def _pseudonym(self, kind: str, name: str) -> str:
        key = _folded(name.strip())
        if key in COMMON or key in self._pseudonyms:
            return name
        if (found := self.given.get(key)) is not None:
            return found
        if self._settled:
            return self._give(kind, key)
        self._gather(kind, key)
        return name

    def _address(self, content: str) -> str:
        try:
            return self._pseudonym("address", str(ipaddress.ip_address(content)))
        except ValueError:
            return content

    def _build(self) -> None:
        # A short number alone is no name: it would be found in every count.
        self._names = sorted(name for name in self.given if len(name) > 1 and not (len(name) < 5 and name.isdecimal()))
        self._automaton = (
            ahocorasick_rs.AhoCorasick(self._names, matchkind=ahocorasick_rs.MatchKind.Standard)
            if self._names
            else None
        )

    def _known(self, content: str) -> str:
        """Known names replaced, the longest first where several begin at one place."""
        if self._automaton is None:
            return content
        folded = _folded(content)
        found = [
            (start, -end, number)
            for number, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            if _stands_alone(folded, start, end)
        ]
        out, at = [], 0
        for start, minus_end, number in sorted(found):
            if start >= at:
                out += [content[at:start], self.given[self._names[number]]]
                at = -minus_end
        return "".join([*out, content[at:]])


def _stands_alone(content: str, start: int, end: int) -> bool:
    """Whether no letter or digit continues the name. An underscore ends one: ``backup_ex01_old``."""
    return not (start and content[start - 1].isalnum()) and not (end < len(content) and content[end].isalnum())


def _folded(content: str) -> str:
    """In lower case, letter by letter, so that places stay what they were."""
    low = content.lower()
    if len(low) == len(content):
        return low
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in content)


def of_case(root: Path, tables: Tables, config: Config) -> Redactor:
    """A redactor that knows the names of the case in ``root`` and gathers others. :func:`keep` writes what it gave."""
    path = root / FILE
    try:
        given = json.loads(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise CaseError(
            f"{path} cannot be read, so that names would get other pseudonyms than before",
            hint="put the file back from a copy, or remove it to begin anew",
        ) from error
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise CaseError(f"{path} is not a list of pseudonyms", hint="remove it to begin anew")
    redactor = Redactor(given)
    for kind, names in _names(tables, config):
        redactor.learn(kind, names)
    return redactor


def keep(redactor: Redactor, root: Path) -> None:
    content = json.dumps(dict(sorted(redactor.given.items())), indent=1, ensure_ascii=False) + "\n"
    with writing_to(root), replacing(root / FILE, 0o600) as out:
        out.write(content.encode("utf-8", "backslashreplace"))


def _names(tables: Tables, config: Config) -> Iterator[tuple[str, set[str]]]:
    """Kind of pseudonym and names, the most telling kind first: a name keeps the first that it is given."""
    hosts = _distinct(tables.findings["host"]) | _distinct(pc.list_flatten(tables.intrusions["hosts"]))
    hosts |= set(tables.hosts or ())
    accounts = _distinct(tables.findings["account"]) | _distinct(pc.list_flatten(tables.intrusions["accounts"]))
    for asset in config.asset:
        hosts |= {asset.host, *asset.aliases}
    suppliers: set[str] = set()
    subscribers: set[str] = set()
    for supplier in config.supplier:
        suppliers.add(supplier.name)
        accounts |= set(supplier.accounts)
        hosts |= set(supplier.hosts)
    for remediation in config.remediation:
        hosts |= set(remediation.hosts)
        accounts |= set(remediation.accounts)
    for watched in config.watch:
        (accounts if watched.kind == Watch.ACCOUNT else hosts if watched.kind == Watch.HOST else subscribers).add(
            watched.value
        )
    traits = tables.traits
    if traits.num_rows:
        kinds = traits["kind"].cast(pa.string())

        def of(*wanted: str) -> set[str]:
            return _distinct(traits["value"].filter(pc.is_in(kinds, value_set=pa.array(wanted))))

        accounts |= of("account", "created-account")
        subscribers |= of("subscriber")
    addresses = {name for name in hosts if _is_address(name)}
    hosts -= addresses
    if config.organisation.name:
        yield "organisation", {config.organisation.name}
    yield "supplier", suppliers
    yield "host", hosts | {host.short(name.lower()) for name in hosts}
    # DOMAIN\name is one account; the name alone and the domain alone stand elsewhere.
    parts = [name.rsplit("\\", 1) for name in accounts if "\\" in name]
    bare = {name for name in accounts if "\\" not in name} | {part[1] for part in parts}
    yield "account", bare | {name for name in accounts if "\\" in name}
    yield "domain", {part[0] for part in parts} | {name.partition(".")[2] for name in hosts if "." in name.strip(".")}
    yield "address", addresses
    yield "subscriber", subscribers


def _distinct(column: pa.ChunkedArray) -> set[str]:
    return {name for name in pc.unique(column.cast(pa.string())).to_pylist() if name}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
