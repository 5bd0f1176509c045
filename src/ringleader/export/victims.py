"""Which names belong to the victim, and texts without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from ringleader.case import Config, Watch
from ringleader.schema import host
from ringleader.schema.network import is_inner
from ringleader.store import Store

_TOKEN = re.compile(r"[\w.$@-]+")
_INNER = re.compile(r"(?<![\w-])[^\W_]+(?![\w-])")
_ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:.])"
)
_HOME = re.compile(
    r"((?:[a-z]:)?[\\/](?:users|home|documents and settings)[\\/])"
    r"(?!(?:public|default|all users)(?:[\\/]|$)|\*)[^\\/\s\"']+",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def facts() -> dict[str, Any]:
    return dict(yaml.safe_load((files(__package__) / "victims.yml").read_text(encoding="utf-8")))


def is_of_victim(kind: str) -> bool:
    """Whether all values of this kind of trait are the operator's own."""
    return kind in facts()["kinds"]


class Victims:
    """The names of hosts, accounts and organisations of a case, each with a pseudonym that is the same all through:
    ``host-0007``. Pseudonyms are numbered by the names' order; ``aliases`` are other names of the same host."""

    def __init__(
        self,
        hosts: Iterable[str] = (),
        accounts: Iterable[str] = (),
        organisations: Iterable[str] = (),
        networks: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._networks = [network for text in networks if (network := _network(text)) is not None]
        everybody = frozenset(facts()["everybody"])
        self._names: dict[str, str] = {}
        self._suffixes: set[str] = set()
        full = sorted({name for raw in hosts if (name := host.normal(raw))} - everybody)
        same = {host.normal(alias): host.short(host.normal(name) or "") for alias, name in (aliases or {}).items()}
        machine = {name: same.get(name) or host.short(name) for name in full}
        labels = {label: f"host-{number:04}" for number, label in enumerate(sorted(set(machine.values())), 1)}
        for name in full:
            label = host.short(name)
            self._names[name] = labels[machine[name]]
            if len(label) > 2:
                self._names.setdefault(label, labels[machine[name]])
            if label != name and "." in (suffix := name.partition(".")[2]):
                self._suffixes.add(suffix)
        people, domains = set(), set()
        for account in accounts:
            domain, _, name = account.strip().lower().rpartition("\\")
            name, _, realm = name.partition("@")
            people.add(name)
            domains |= {domain, realm}
        for names, what in ((people, "account"), (domains, "domain")):
            for number, name in enumerate(sorted(names - everybody - {""}), 1):
                if len(name.rstrip("$")) > 2:
                    self._names.setdefault(name, f"{what}-{number:04}")
        phrases = {name.strip().lower(): "organisation" for name in organisations if len(name.strip()) > 2}
        phrases |= {name: told for name, told in self._names.items() if not _TOKEN.fullmatch(name)}
        self._phrases = phrases
        longest_first = sorted(phrases, key=lambda name: (-len(name), name))
        self._phrase = (
            re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE)
            if longest_first
            else None
        )

    @classmethod
    def of(cls, store: Store, config: Config) -> Victims:
        """All names that the case's events and its ringleader.toml hold."""
        hosts: set[str] = set()
        for batch in store.batches("events", ["host"]):
            hosts.update(_distinct(batch["host"]))
        accounts: set[str] = set()
        for batch in store.batches("findings", ["account", "host"]):
            accounts.update(_distinct(batch["account"]))
            hosts.update(_distinct(batch["host"]))
        for batch in store.batches("intrusions", ["hosts", "accounts"]):
            hosts.update(_distinct(pc.list_flatten(batch["hosts"])))
            accounts.update(_distinct(pc.list_flatten(batch["accounts"])))
        aliases: dict[str, str] = {}
        for asset in config.asset:
            hosts |= {asset.host, *asset.aliases}
            aliases |= dict.fromkeys(asset.aliases, asset.host)
        organisations = [config.organisation.name] if config.organisation.name else []
        networks: list[str] = []
        for supplier in config.supplier:
            organisations.append(supplier.name)
            networks += supplier.addresses
            accounts.update(supplier.accounts)
            hosts.update(supplier.hosts)
        for remediation in config.remediation:
            accounts.update(remediation.accounts)
            hosts.update(remediation.hosts)
        for watched in config.watch:
            if watched.kind in (Watch.ACCOUNT, Watch.SUBSCRIBER):
                accounts.add(watched.value)
            elif watched.kind is Watch.HOST:
                hosts.add(watched.value)
        return cls(hosts, accounts, organisations, networks, aliases)

    def text(self, content: str) -> str:
        """``content`` with each name that is the victim's replaced: hosts, also unknown ones below its domains;
        accounts; people's folders; addresses of private networks; names of the organisation and its suppliers."""
        if self._phrase is not None:
            content = self._phrase.sub(lambda found: self._phrases[found[0].lower()], content)
        content = _HOME.sub(r"\1*", content)
        content = _ADDRESS.sub(_private, content)
        return _TOKEN.sub(self._token, content)

    def names(self, content: str) -> bool:
        """Whether a name that is the victim's is in ``content``."""
        return self.text(content) != content

    def withheld(self, kind: str, value: str) -> str | None:
        """Why a trait must not leave the operator, None where it may."""
        if is_of_victim(kind):
            return "all of this kind are the operator's own"
        if kind in ("address", "network") and self._suppliers(value):
            return "an address of a supplier"
        if kind in ("path", "staging-folder") and not _open().match(value):
            return "not in a folder that every system has"
        private = kind == "file-name" or (kind == "path" and "\\*\\" in value)
        if private and value.rpartition(".")[2] not in facts()["programs"]:
            return "a file that is no program may be the operator's document"
        return "holds a name of the operator's" if self.names(value) else None

    def _suppliers(self, value: str) -> bool:
        asked = _network(value)
        return asked is not None and any(
            (isinstance(asked, IPv4Network) and isinstance(own, IPv4Network) and asked.subnet_of(own))
            or (isinstance(asked, IPv6Network) and isinstance(own, IPv6Network) and asked.subnet_of(own))
            for own in self._networks
        )

    def field(self, name: str, content: str) -> str:
        """The value of an event's field. What the field's own name calls an account or a host is one, known or not."""
        known = self.text(content)
        if known != content or content.strip().lower() in facts()["everybody"]:
            return known
        told = _field(name.lower())
        return content if told is None or not content.strip() else f"{told}-unknown"

    def host(self, name: str | None) -> str:
        """The pseudonym of a host, empty for none."""
        return self._of(host.normal(name), "host")

    def account(self, name: str | None) -> str:
        """The pseudonym of an account, without its domain; empty for none. Accounts that every system has stay."""
        bare = (name or "").strip().lower().rpartition("\\")[2].partition("@")[0]
        return bare if bare in facts()["everybody"] else self._of(bare or None, "account")

    def _of(self, name: str | None, what: str) -> str:
        return self._names.get(name, f"{what}-unknown") if name else ""

    def _token(self, found: re.Match[str]) -> str:
        token = found[0]
        bare = token.rstrip(".").lower()
        if bare in self._names:
            return self._names[bare] + token[len(bare) :]
        if any(bare.endswith("." + suffix) or bare == suffix for suffix in _tails(bare) & self._suffixes):
            return "host-unknown"
        local, at, realm = bare.partition("@")
        if at and (local in self._names or realm in self._suffixes or realm in self._names):
            return self._names.get(local, "account-unknown") + "@" + self._names.get(realm, "domain")
        # Parts with a digit in them only: of the others too many are ordinary words.
        return _INNER_PART.sub(
            lambda part: self._names.get(part[0].lower(), part[0]) if any(map(str.isdigit, part[0])) else part[0], token
        )


_INNER_PART = re.compile(r"[^\W_]+")


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _tails(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[at:]) for at in range(len(parts))}


def _private(found: re.Match[str]) -> str:
    try:
        address = ip_address(found[0])
    except ValueError:
        return found[0]
    everywhere = address.is_loopback or address.is_unspecified or address.is_multicast
    return "address-inside" if is_inner(address) and not everywhere else found[0]


@lru_cache(maxsize=1)
def _open() -> re.Pattern[str]:
    return re.compile("|".join(facts()["open_paths"]))


@lru_cache(maxsize=4096)
def _field(name: str) -> str | None:
    for what in ("account", "host"):
        if any(re.search(pattern, name) for pattern in facts()[f"{what}_fields"]):
            return what
    return None


def _distinct(column: pa.Array) -> Iterator[str]:
    yield from (value for value in pc.unique(column.cast(pa.string())).to_pylist() if value)
