"""``ringleader.toml`` of a synthetic operator: what it knows of itself, and what it did; nothing of the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ringleader.case import Role
from ringleader.scenario.estate import Estate
from ringleader.scenario.hosts import Host
from ringleader.scenario.truth import Eviction


def case_file(estate: Estate, evictions: Iterable[Eviction]) -> str:
    return "\n".join(_lines(estate, evictions)) + "\n"


def _lines(estate: Estate, evictions: Iterable[Eviction]) -> Iterator[str]:
    operator = estate.operator
    yield "# Synthetic: this operator does not exist, and nothing of this happened."
    yield from ("", "[organisation]")
    yield from _keys(name=f"{operator.name} (synthetic)", country=operator.country, zone=operator.sites[0].zone)
    for host in estate.hosts:
        if host.role not in (Role.WORKSTATION, Role.OTHER):
            yield from ("", "[[asset]]")
            yield from _keys(host=host.fqdn.lower(), role=str(host.role), aliases=[*_names(estate, host), host.address])
    for supplier in operator.suppliers:
        yield from ("", "[[supplier]]")
        hosts = [host.fqdn.lower() for host in estate.reach(supplier)]
        yield from _keys(name=supplier.name, accounts=supplier.accounts, addresses=supplier.addresses, hosts=hosts)
    for number, category in estate.watchlist:
        yield from ("", "[[watch]]")
        yield from _keys(kind="subscriber", value=number, category=category)
    for eviction in evictions:
        yield from ("", "[[remediation]]", f"time = {eviction.time.isoformat()}")
        what = "what was found of an intrusion was removed, passwords were reset"
        yield from _keys(what=what, hosts=[*eviction.hosts])


def _names(estate: Estate, host: Host) -> list[str]:
    """The present name first, then those that this machine had before."""
    found = [host.name.lower()]
    for change in reversed(estate.changes):
        if change.kind == "renamed" and change.day >= host.installed and change.name.lower() == found[-1]:
            found.append(change.was.lower())
    return found


def _keys(**values: str | list[str]) -> Iterator[str]:
    """JSON's texts and lists of texts are TOML's too."""
    for name, value in values.items():
        yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
