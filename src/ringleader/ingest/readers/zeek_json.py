"""Zeek logs as JSON lines: one log a file, or several told apart by ``_path`` or ``@stream``.

Zeek itself does not name the log inside its JSON files. Then the fields tell, for the logs of ``_SIGNS``; else the kind
is ``zeek/unknown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import json_text
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import kind
from ringleader.schema.batch import Batch, Event

_DOTTED = {f"id_{end}": f"id.{end}" for end in ("orig_h", "orig_p", "resp_h", "resp_p")}

# A field that one log has and no log before it in this list.
_SIGNS = (
    ("conn_state", "conn"),
    ("cert_chain_fuids", "ssl"),
    ("cipher", "ssl"),
    ("trans_depth", "http"),
    ("rcode", "dns"),
    ("qclass", "dns"),
    ("query", "dns"),
    ("mime_type", "files"),
    ("fuid", "files"),
    ("certificate.serial", "x509"),
    ("named_pipe", "dce_rpc"),
    ("share_type", "smb_mapping"),
    ("request_type", "kerberos"),
    ("note", "notice"),
)


class ZeekJson:
    name = "zeek-json"

    def sniff(self, head: bytes) -> bool:
        if not json_text.is_json(head):
            return False
        named = json_text.has_key(head, rb"_path|@stream")
        return named or (json_text.has_key(head, rb"ts") and json_text.has_key(head, rb"uid|fuid|id[._]orig_h"))

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        return json_text.plan(source, size, block)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        return json_text.batches(source, unit, _known)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        found = event.get("ts", event.get("@timestamp"))
        return found if isinstance(found, str | float | int) else None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        found = event.get("@system", event.get("_system_name"))
        return found if isinstance(found, str) else None


def _known(event: Event) -> tuple[str, Event]:
    event = _dotted(event)
    return _kind(event), event


def _dotted(event: Event) -> Event:
    for name, canonical in _DOTTED.items():
        if name in event and canonical not in event:
            event[canonical] = event.pop(name)
    return event


def _kind(event: Event) -> str:
    named = event.get("_path", event.get("@stream"))
    if not isinstance(named, str):
        named = next((log for sign, log in _SIGNS if sign in event), "unknown")
    return "zeek/" + slug(named)


def slug(path: str) -> str:
    """The name of a log as part of a kind; Zeek's own names have underscores, which stay."""
    return "_".join(kind.slug(part) for part in path.split("_") if part) or "unknown"
