"""Traits as STIX: the pattern that finds them and the observable that was seen."""

from __future__ import annotations

from typing import Any

import stix2

from ringleader.export import identity

# By the beginning of a file-hash trait; MD5 and the others are of STIX's hash-algorithm-ov.
_ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_IMPHASH = "imphash"


def pattern(kind: str, value: str) -> str | None:
    """A STIX pattern, None for what STIX has no object for (named pipes, scheduled tasks)."""
    if kind == "file-hash":
        name, _, digest = value.partition(":")
        if name == _IMPHASH:
            return f"[file:extensions.'windows-pebinary-ext'.imphash = {quoted(digest)}]"
        return f"[file:hashes.'{_ALGORITHMS[name]}' = {quoted(digest)}]" if name in _ALGORITHMS else None
    if kind == "domain":
        return f"[domain-name:value = {quoted(value)}]"
    if kind == "address":
        return f"[{_address_type(value)}:value = {quoted(value)}]"
    if kind == "service":
        return f"[process:extensions.'windows-service-ext'.service_name = {quoted(value)}]"
    if kind == "user-agent":
        return f"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = {quoted(value)}]"
    if kind == "web-shell":
        return f"[network-traffic:extensions.'http-request-ext'.request_value = {quoted(value)}]"
    if kind == "path":
        folder, _, name = value.rpartition("\\")
        if not name or not folder:
            return None
        if "*" in folder:  # a person's name was replaced
            told = folder.replace("%", "_").replace("*", "%")
            return f"[file:name = {quoted(name)} AND file:parent_directory_ref.path LIKE {quoted(told)}]"
        return f"[file:name = {quoted(name)} AND file:parent_directory_ref.path = {quoted(folder)}]"
    return None


def observables(kind: str, value: str) -> list[Any]:
    """The observables that the pattern of the same trait matches, the one that carries the value first. None where STIX
    would want more of them than is known: the file of an import hash, the server of a request."""
    if kind == "file-hash" and value.partition(":")[0] in _ALGORITHMS:
        name, _, digest = value.partition(":")
        return [stix2.v21.File(hashes={_ALGORITHMS[name]: digest})]
    if kind == "domain":
        return [stix2.v21.DomainName(value=value)]
    if kind == "address":
        return [stix2.v21.IPv6Address(value=value) if ":" in value else stix2.v21.IPv4Address(value=value)]
    if kind == "service":
        extension = {"windows-service-ext": {"service_name": value}}
        return [stix2.v21.Process(id=identity.shaped("process", "service", value), extensions=extension)]
    if kind == "path" and "*" not in value:
        folder, _, name = value.rpartition("\\")
        if folder and name:
            directory = stix2.v21.Directory(path=folder)
            return [stix2.v21.File(name=name, parent_directory_ref=directory.id), directory]
    return []


def quoted(text: str) -> str:
    r"""A string constant of the pattern language (STIX 2.1, section 9.6.1).

    >>> quoted("it's c:\\x")
    "'it\\'s c:\\\\x'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _address_type(value: str) -> str:
    return "ipv6-addr" if ":" in value else "ipv4-addr"
