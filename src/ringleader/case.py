"""A case: one folder with what the operator told us (``ringleader.toml``), what was found (``store/``) and what was
written about it (``reports/``).

The models below are the only place that knows the keys of ``ringleader.toml``: the commented file that
``ringleader init`` writes, the checks and the reference in the docs all come from their fields and descriptions.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import reprlib
import secrets
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ringleader.errors import CaseError, ConfigError
from ringleader.schema import host as hostnames
from ringleader.store.disk import replacing, writing_to

CONFIG = "ringleader.toml"
KEY = "subscribers.key"
"""In the case's folder, for its user alone: what hides subscribers' numbers in the tables."""


class Role(StrEnum):
    """What a host is to the operator, and so what an intruder gains on it."""

    DOMAIN_CONTROLLER = "domain-controller"
    MAIL = "mail"
    BILLING = "billing"
    CDR = "cdr"
    SUBSCRIBER_REGISTER = "subscriber-register"
    NETWORK_ELEMENT = "network-element"
    NETWORK_MANAGEMENT = "network-management"
    LAWFUL_INTERCEPTION = "lawful-interception"
    REMOTE_ACCESS = "remote-access"
    JUMP_HOST = "jump-host"
    DATABASE = "database"
    FILES = "files"
    WEB = "web"
    SCANNER = "scanner"
    UPDATES = "updates"
    WORKSTATION = "workstation"
    OTHER = "other"


class Service(StrEnum):
    """What subscribers get from the network."""

    VOICE = "voice"
    DATA = "data"
    MESSAGES = "messages"


class Category(StrEnum):
    """What sort of target a watched person or organisation is."""

    POLITICIAN = "politician"
    JOURNALIST = "journalist"
    OFFICIAL = "official"
    ACTIVIST = "activist"
    COMPANY = "company"
    OTHER = "other"


class Watch(StrEnum):
    """What sort of value a watchlist entry holds."""

    ACCOUNT = "account"
    HOST = "host"
    ADDRESS = "address"
    DOMAIN = "domain"
    HASH = "hash"
    FILE = "file"
    SUBSCRIBER = "subscriber"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # the library raises all three
        raise ValueError(f"no time zone is called {name!r}; write a name such as Asia/Kuala_Lumpur or UTC") from error
    return name


def _zoned(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"the time {value.isoformat()} has no zone; add one, as in {value.isoformat()}Z")
    if not isinstance(value, datetime):
        raise ValueError("not a time; write it without quotes and with a zone, such as 2021-03-04T02:00:00Z")
    return value


def _address(value: str) -> str:
    """An address, a network, or a host's name; what looks like one of the former two must be one."""
    if ":" in value or re.fullmatch(r"[\d./]+", value):
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError as error:
            raise ValueError(
                f"{value!r} is no address; write one such as 198.51.100.7 or a network such as 198.51.100.0/24"
            ) from error
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Moment = Annotated[datetime, BeforeValidator(_zoned)]
Address = Annotated[Text, AfterValidator(_address)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organisation(_Table):
    """Who the operator is."""

    name: Text | None = Field(default=None, description="shown in reports", examples=["Example Telecom"])
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, description="two capital letters (ISO 3166)", examples=["MY"]
    )
    zone: Zone = Field(default="UTC", description="time zone in which times are shown; stored times are always UTC")


class Asset(_Table):
    """A host that matters. Roles tell the report what an intruder reached."""

    host: Text = Field(description="its name in the logs, short or full", examples=["ex01"])
    role: Role = Field(default=Role.OTHER, description="one of: " + ", ".join(Role), examples=["mail"])
    aliases: list[Text] = Field(default=[], description="other names and addresses of it", examples=[["10.1.0.5"]])
    serves: dict[Service, Share] = Field(
        default={},
        description="share of the subscribers, from 0 to 1, who would lose a service without it: " + ", ".join(Service),
        examples=[{"voice": 0.4, "data": 0.4}],
    )
    note: Text | None = Field(
        default=None, description="for the readers of the report", examples=["owned by the IT department"]
    )


class Supplier(_Table):
    """A third party with access: the way in that this sort of campaign likes best."""

    name: Text = Field(description="who it is", examples=["Acme Network Services"])
    accounts: list[Text] = Field(default=[], description="accounts that it uses", examples=[["svc-acme"]])
    addresses: list[Address] = Field(
        default=[], description="addresses or networks that it comes from", examples=[["198.51.100.0/24"]]
    )
    hosts: list[Text] = Field(default=[], description="hosts that it may use", examples=[["jump01"]])


class Watched(_Table):
    """A value to point out wherever it appears, such as a subscriber whose records a spy may want."""

    kind: Watch = Field(description="one of: " + ", ".join(Watch), examples=["account"])
    value: Text = Field(description="the value itself", examples=["svc-legacy"])
    category: Category | None = Field(
        default=None, description="what sort of target it is; one of: " + ", ".join(Category), examples=["other"]
    )
    note: Text | None = Field(
        default=None, description="why it is watched", examples=["should have been disabled in 2019"]
    )

    @model_validator(mode="after")
    def _of_its_kind(self) -> Watched:
        shape, instead = _WATCHED.get(self.kind, ("", ""))
        if shape and not re.fullmatch(shape, self.value):
            raise ValueError(f"{self.value!r} is no {self.kind}; {instead}")
        if self.kind is Watch.ADDRESS:
            _address(self.value if ":" in self.value or "." in self.value else f"{self.value}.")
        return self


_WATCHED = {
    Watch.SUBSCRIBER: (
        r"\+?[\d ()/.-]{6,30}",
        "write the number with its country code, as the records have it: 60128123456",
    ),
    Watch.HASH: (r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", "write an MD5, SHA-1 or SHA-256 in hexadecimal"),
    Watch.DOMAIN: (r"[^\s/:@]+\.[^\s/:@]+", "write a name such as update.example.org, without https:// or a path"),
    Watch.ADDRESS: (r"[0-9a-fA-F:./]+", "write an address such as 198.51.100.7 or a network such as 198.51.100.0/24"),
}


class Remediation(_Table):
    """Something done against the intruder. What happens after it shows whether it worked."""

    time: Moment = Field(description="when it was done", examples=["2021-03-04T02:00:00Z"])
    what: Text = Field(description="what was done", examples=["web shells removed, domain passwords reset"])
    hosts: list[Text] = Field(default=[], description="hosts that were cleaned", examples=[["ex01"]])
    accounts: list[Text] = Field(default=[], description="accounts that were reset", examples=[["administrator"]])


class Config(_Table):
    """The whole of ``ringleader.toml``."""

    organisation: Organisation = Organisation()
    asset: list[Asset] = []
    supplier: list[Supplier] = []
    watch: list[Watched] = []
    remediation: list[Remediation] = []

    def aliases(self) -> dict[str, str]:
        """Other names and addresses of hosts to their name, of those that only one host has."""
        found: dict[str, set[str]] = {}
        for asset in self.asset:
            name = hostnames.normal(asset.host) or ""
            for alias in (name, hostnames.short(name), *asset.aliases):
                found.setdefault(hostnames.normal(alias) or "", set()).add(name)
        return {alias: next(iter(names)) for alias, names in found.items() if alias and len(names) == 1}


@dataclass(frozen=True, slots=True)
class Case:
    root: Path
    config: Config

    @classmethod
    def open(cls, root: Path) -> Case:
        """The case in ``root``. ``CaseError`` when there is none, ``ConfigError`` for a wrong key in its file."""
        path = root / CONFIG
        if not path.is_file():
            made = f"ringleader init {root}, or with evidence in it: ringleader hunt {root} EVIDENCE..."
            raise CaseError(
                f"{root} is not a case: it has no {CONFIG}",
                hint=f"{CONFIG} is not a plain file" if path.exists() else f"make one with: {made}",
            )
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise ConfigError(f"not UTF-8 text: byte {error.start}", path=str(path), hint="save it as UTF-8") from error
        except OSError as error:
            raise CaseError(f"{path} cannot be read: {error.strerror}") from error
        return cls(root, parse(text, str(path)))

    @classmethod
    def create(cls, root: Path) -> Case:
        """A new case in ``root``, a folder that is missing, empty or at least holds no case."""
        path = root / CONFIG
        try:
            root.mkdir(parents=True, exist_ok=True)
            # "x": of two processes that create the same case one wins, and an existing file is never overwritten.
            with path.open("x", encoding="utf-8") as file:
                file.write(template())
        except FileExistsError as error:
            raise CaseError(f"{path} is there already", hint="a case is used as it is: edit that file") from error
        except OSError as error:
            raise CaseError(f"{root} cannot become a case: {error.strerror or error}") from error
        return cls(root, Config())

    @property
    def reports(self) -> Path:
        return self.root / "reports"


def subscribers_key(root: Path) -> bytes:
    """The key of the case in ``root``; made where there is none yet. Who has it and a list of numbers can find them in
    the tables."""
    path = root / KEY
    with writing_to(root):
        # An empty one, of a disk that was full, would hide nothing.
        if not path.exists() or not path.stat().st_size:
            with replacing(path, 0o600) as out:
                out.write(secrets.token_bytes(32))
        return path.read_bytes()


def parse(text: str, path: str = CONFIG) -> Config:
    """The configuration in ``text``; all its mistakes in one ``ConfigError``, the first one's line in front."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at line (\d+)", str(error))
        message, line = (found[1], int(found[2])) if found else (str(error), None)
        raise ConfigError(
            f"not valid TOML: {message}", path=path, line=line, hint='texts need quotes: name = "Example Telecom"'
        ) from error
    except RecursionError as error:
        raise ConfigError("nested too deep", path=path) from error
    lines = dict(_lines(text))
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise _refused([(item["loc"], *_explain(item)) for item in error.errors()], lines, path) from error
    if contradictions := list(_contradictions(config)):
        raise _refused(contradictions, lines, path)
    return config


Problem = tuple[tuple[str | int, ...], str, str]
"""Where, as pydantic names positions; what is wrong; what to write instead."""


def _refused(problems: Sequence[Problem], lines: dict[tuple[str | int, ...], int], path: str) -> ConfigError:
    """All problems, the first one's line in front."""
    placed = sorted(((_line(lines, loc), said, instead) for loc, said, instead in problems), key=lambda p: p[0] or 0)
    line, message, hint = placed[0]
    others = [f"line {number}: {said}; {instead}" for number, said, instead in placed[1:]]
    return ConfigError("\n".join([message, *others]), path=path, line=line, hint=hint)


def _contradictions(config: Config) -> Iterator[Problem]:
    """What each block may say, but not all of them together: a host with two roles, an account of two suppliers."""
    roles: dict[str, Role] = {}
    for index, asset in enumerate(config.asset):
        host = asset.host.lower().rstrip(".")
        if (known := roles.setdefault(host, asset.role)) != asset.role:
            yield ("asset", index, "role"), f"asset.role: {asset.host!r} is {known} above", "keep one of the two blocks"
    owners: dict[str, str] = {}
    for index, supplier in enumerate(config.supplier):
        for name in supplier.accounts:
            if (other := owners.setdefault(name.lower(), supplier.name)) != supplier.name:
                said = f"supplier.accounts: {name!r} is an account of {other!r} above"
                yield ("supplier", index, "accounts"), said, "name it once, for whom it belongs to"


def template() -> str:
    """A ``ringleader.toml`` with every key, commented out and explained."""
    out = [
        "## What Ringleader cannot read from the evidence. Every key is optional.",
        "## Lines with ## explain; take the '# ' off a key to use it. Blocks in double brackets may be repeated.",
    ]
    for name, (model, repeated) in sections().items():
        out += ["", "", f"## {' '.join((model.__doc__ or '').split())}", f"# [[{name}]]" if repeated else f"[{name}]"]
        for key, field in model.model_fields.items():
            example = field.examples[0] if field.examples else field.get_default()
            out += textwrap.wrap(f"{field.description}:", 110, initial_indent="##   ", subsequent_indent="##     ")
            out.append(f"# {key} = {example if key == 'time' else _toml(example)}")
    return "\n".join(out) + "\n"


def sections() -> dict[str, tuple[type[_Table], bool]]:
    """Name in the file to model, and whether it may be repeated."""
    out: dict[str, tuple[type[_Table], bool]] = {}
    for name, field in Config.model_fields.items():
        repeated = get_origin(field.annotation) is list
        out[name] = (get_args(field.annotation)[0] if repeated else field.annotation, repeated)  # type: ignore[assignment]
    return out


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


_EXPECTED = {
    "string_type": 'write a text in quotes: {key} = "..."',
    "list_type": 'write a list in brackets: {key} = ["..."]',
    "dict_type": "write a table in braces: {key} = {{ voice = 0.4 }}",
    "float_type": "write a share between 0 and 1: 0.4",
    "greater_than_equal": "write a share between 0 and 1: 0.4",
    "less_than_equal": "write a share between 0 and 1: 0.4",
    "model_type": "write a block of its own: [{key}]",
    "string_too_short": "write a text that is not empty, or remove the key",
    "string_too_long": "write at most 1,000 characters",
    "string_pattern_mismatch": 'write two capital letters: {key} = "MY"',
}


def _explain(item: Any) -> tuple[str, str]:
    """What is wrong, and what to write instead."""
    kind, key = item["type"], _key(item["loc"])
    where = ".".join(part for part in item["loc"] if isinstance(part, str) and part != "[key]")
    given = reprlib.repr(item["input"])
    if kind == "extra_forbidden":
        known = list(_model(item["loc"][:-1]).model_fields)
        return f"unknown key {key!r}", _nearest(key, known) + f"known here: {', '.join(known)}"
    if kind == "missing":
        return f"the key {key!r} is missing", f"add {key} = ... or remove the block"
    if kind == "enum":
        allowed = item["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{where}: {given} is not known", _nearest(str(item["input"]), allowed) + f"one of: {', '.join(allowed)}"
    if kind == "value_error":
        said, _, instead = str(item["ctx"]["error"]).partition("; ")
        return f"{where}: {said}", instead
    if kind == "list_type" and len(item["loc"]) == 1:
        return f"[{key}] stands in single brackets", f"write [[{key}]]: this block may be repeated"
    return f"{where}: cannot be {given}", _EXPECTED.get(kind, item["msg"]).format(key=key)


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def _key(loc: Sequence[str | int]) -> str:
    return str(next((part for part in reversed(loc) if isinstance(part, str)), ""))


def _model(loc: Sequence[str | int]) -> type[_Table]:
    return sections()[str(loc[0])][0] if loc else Config


_HEADER = re.compile(r"\s*(\[\[?)\s*([\w-]+)\s*\]\]?")
_ASSIGNED = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")


def _lines(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Position of each key, as pydantic names positions, to its line. tomllib does not tell; enough for messages."""
    section: tuple[str | int, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header[2]
            section = (name,)
            if header[1] == "[[":
                section = (name, seen.setdefault(name, 0))
                seen[name] += 1
            yield section, number
        elif key := _ASSIGNED.match(line):
            yield (*section, key[1]), number


def _line(lines: dict[tuple[str | int, ...], int], loc: tuple[str | int, ...]) -> int | None:
    while loc:
        if loc in lines:
            return lines[loc]
        loc = loc[:-1]
    return None
