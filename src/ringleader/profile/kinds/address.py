"""Addresses, and the networks that they are in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.sighting import Context, Sighting
from ringleader.schema.network import is_inner

_V4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_PORT = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|((?:\d{1,3}\.){3}\d{1,3})):\d{1,5}")


class Address(Plain):
    name = "address"
    what = "address outside the operator's own networks"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for address in addresses(sighting):
            yield Mark(str(address), "address")


class Network(Plain):
    name = "network"
    what = "network of such an address: /24, or /48 for IPv6; AS number where a source states it"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for address in addresses(sighting):
            length = 24 if address.version == 4 else 48
            yield Mark(str(ip_network(f"{address}/{length}", strict=False)), "address")
        for number in sighting.all("asn"):
            digits = number.upper().removeprefix("AS").strip()
            if digits.isdecimal() and len(digits) <= 10:
                yield Mark(f"AS{int(digits)}", "address")


def addresses(sighting: Sighting) -> Iterator[IPv4Address | IPv6Address]:
    for text in sighting.all("address"):
        if (address := parse(text)) is not None and not is_inner(address):
            yield address
    for command in commands(sighting):
        for text in _V4.findall(command):
            if (address := parse(text)) is not None and not is_inner(address):
                yield address


@lru_cache(maxsize=65536)
def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address with or without a port, an IPv4 one in IPv6 clothes as itself; None for anything else.

    >>> parse("::ffff:192.0.2.1"), parse("192.0.2.1:443"), parse("x")
    (IPv4Address('192.0.2.1'), IPv4Address('192.0.2.1'), None)
    """
    if found := _PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
