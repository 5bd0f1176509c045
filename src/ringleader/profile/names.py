"""One name per host and the names of accounts, as far as findings, intrusions and the case file tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from ringleader.case import Config
from ringleader.profile.kinds.account import bare
from ringleader.profile.kinds.address import parse
from ringleader.profile.sighting import Context, Supplier
from ringleader.profile.template import Names
from ringleader.schema import host as hostnames


class Hostnames:
    """``aliases``: other names and addresses of hosts, from the case file."""

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str]) -> None:
        self._full = hostnames.full_names({*names, *aliases.values()})
        self._aliases = aliases
        self._memo: dict[tuple[str, str], str] = {}

    def name(self, name: str, known: Sequence[str] = ()) -> str:
        """The host that ``name`` means. Web servers log their address: where nobody says whose it is, and the intrusion
        has only one host, it is that one's."""
        key = (name, known[0] if len(known) == 1 else "")
        if key not in self._memo:
            if len(self._memo) >= 100_000:
                self._memo.clear()
            self._memo[key] = self._name(name, known)
        return self._memo[key]

    def _name(self, name: str, known: Sequence[str]) -> str:
        plain = hostnames.normal(name) or ""
        found = self._aliases.get(plain) or self._full.get(plain, plain)
        if found and found not in known and len(known) == 1 and parse(found) is not None:
            return known[0]
        return found


def context(
    config: Config,
    hosts: Iterable[str],
    accounts: Iterable[str],
    names: Hostnames,
    *,
    key: bytes = b"",
    clear: bool = False,
) -> Context:
    """``hosts`` and ``accounts``: those of findings and intrusions."""
    known = {hostnames.normal(host) or "" for host in hosts} | set(config.aliases())
    words = {label for host in known for label in (host, hostnames.short(host)) if len(label) >= 3}
    people = {name for account in accounts if len(name := bare(account)) >= 4}
    full = {names.name(host) for host in known}
    return Context(
        names=Names(frozenset(words), frozenset(people - words)),
        roles={names.name(asset.host): str(asset.role) for asset in config.asset},
        suppliers=tuple(
            Supplier(
                supplier.name,
                frozenset(bare(account) for account in supplier.accounts),
                tuple(_networks(supplier.addresses)),
            )
            for supplier in config.supplier
        ),
        domains=frozenset(
            rest for host in full if parse(host) is None and (rest := host.partition(".")[2]) and "." in rest
        ),
        key=key,
        clear=clear,
    )


def _networks(texts: Iterable[str]) -> Iterable[IPv4Network | IPv6Network]:
    for text in texts:
        try:
            yield ip_network(text.strip(), strict=False)
        except ValueError:
            continue  # a name: it says nothing about addresses
