"""What hosts, accounts and addresses are called, so that two spellings are one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ringleader.case import Config, Supplier
from ringleader.schema import host as hostnames
from ringleader.schema.network import is_inner

NOBODY = frozenset(
    {
        "", "-", "system", "local service", "network service", "anonymous logon", "iusr", "dwm-1", "dwm-2", "umfd-0",
        "umfd-1", "unset", "4294967295", "lokaler dienst", "netzwerkdienst",
    }
)  # fmt: skip
"""Accounts of the system itself, without domains: everybody has them."""


class Hosts:
    """``told``: names in the evidence."""

    def __init__(self, config: Config, told: Iterable[str]) -> None:
        self._aliases = config.aliases()
        self._full = hostnames.full_names({*filter(None, map(hostnames.normal, told)), *self._aliases.values()})
        self._memo: dict[str, str] = {}
        self.roles = {self.name(asset.host): str(asset.role) for asset in config.asset}

    def learn(self, addresses: Mapping[str, str]) -> None:
        """Addresses of hosts that the evidence shows; the case file knows better."""
        self._aliases = {**{address: self.name(host) for address, host in addresses.items()}, **self._aliases}
        self._memo.clear()

    def name(self, raw: str | None, known: Sequence[str] = ()) -> str:
        """Empty for none. An address that nobody has is a host of that name, unless ``known`` (an intrusion's hosts)
        has only one."""
        if not raw or raw == "-":
            return ""
        found = self._memo.get(raw)
        if found is None:
            plain = hostnames.normal(raw.removeprefix("::ffff:")) or ""
            found = self._aliases.get(plain) or self._full.get(plain, plain)
            if len(self._memo) < 200_000:
                self._memo[raw] = found
        if len(known) == 1 and found not in known and address(found) is not None:
            return known[0]
        return found

    def role(self, host: str) -> str:
        return self.roles.get(host, "")

    def is_host(self, name: str) -> bool:
        """Whether it is a name and not an address that nobody has."""
        return bool(name) and address(name) is None


class Suppliers:
    def __init__(self, config: Config, hosts: Hosts) -> None:
        self.by_name = {one.name: one for one in config.supplier}
        self._accounts = {account(name): one.name for one in config.supplier for name in one.accounts}
        self._networks = [(net, one.name) for one in config.supplier for net in _networks(one)]
        self.hosts = {one.name: sorted({hosts.name(host) for host in one.hosts}) for one in config.supplier}

    def of_account(self, name: str) -> str | None:
        return self._accounts.get(account(name))

    def of_address(self, text: str) -> str | None:
        parsed = address(text)
        if parsed is None:
            return None
        return next((name for net, name in self._networks if net.version == parsed.version and parsed in net), None)

    def accounts(self, name: str) -> set[str]:
        return {known for known, owner in self._accounts.items() if owner == name}


def account(raw: str | None) -> str:
    r"""Without domain, lower case.

    >>> account("ALPHA\\D.Chan"), account("d.chan@alpha.example")
    ('d.chan', 'd.chan')
    """
    return (raw or "").rpartition("\\")[2].partition("@")[0].strip().lower()[:120]


def is_person(name: str) -> bool:
    """Not the system's own, nor a computer's."""
    return name not in NOBODY and not name.endswith("$") and not name.startswith(("dwm-", "umfd-"))


@lru_cache(maxsize=65536)
def address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address((text or "").strip().removeprefix("::ffff:").partition("%")[0])
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def is_outside(text: str) -> bool:
    """An address that is not of one's own network or nobody's."""
    found = address(text)
    return found is not None and not is_inner(found)


def _networks(supplier: Supplier) -> Iterable[IPv4Network | IPv6Network]:
    for text in supplier.addresses:
        try:
            yield ip_network(text.strip(), strict=False)
        except ValueError:
            continue  # a name
