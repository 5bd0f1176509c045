"""Which addresses are inside: network.yml, checked."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import msgspec


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    inner: list[str]


@lru_cache(maxsize=65536)
def is_inner(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is of a private network, of one that providers share (RFC 6598), the host itself or a group.

    >>> is_inner(IPv4Address("100.64.3.1")), is_inner(IPv4Address("203.0.113.9"))
    (True, False)
    """
    return any(address.version == net.version and address in net for net in _inner())


@cache
def _inner() -> tuple[IPv4Network | IPv6Network, ...]:
    read = msgspec.yaml.decode(files(__package__).joinpath("network.yml").read_bytes(), type=_File)
    return tuple(map(ip_network, read.inner))
