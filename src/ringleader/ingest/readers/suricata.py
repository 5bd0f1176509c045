"""Suricata's EVE log (``eve.json``): alerts as ``alert/suricata``, every other record by its type, ``suricata/flow``.

The host is the sensor's, where ``sensor-name`` is configured; who talked to whom is in ``src_ip`` and ``dest_ip``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import alerts_json
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import alert, kind
from ringleader.schema.batch import Batch, Event

ALERT = "alert/suricata"


class Suricata:
    name = "suricata"

    def sniff(self, head: bytes) -> bool:
        return alerts_json.is_suricata(head)

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        return alerts_json.plan(source, size, block)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        return alerts_json.read(source, unit, _kind)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        return alert.first(event, alert.shapes()[ALERT].time) or None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        return alert.first(event, alert.shapes()[ALERT].host) or None


def _kind(event: Event) -> str:
    named = event.get("event_type")
    if named == "alert":
        return ALERT
    return "suricata/" + kind.slug(named if isinstance(named, str) else "")
