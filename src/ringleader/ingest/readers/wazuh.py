"""Wazuh's ``alerts.json``: one alert a line, as ``alert/wazuh``.

The host is the agent's; the manager's where it watches a device without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from ringleader.ingest.readers import alerts_json
from ringleader.ingest.readers.base import BLOCK, Unit
from ringleader.schema import alert
from ringleader.schema.batch import Batch, Event

ALERT = "alert/wazuh"


class Wazuh:
    name = "wazuh"

    def sniff(self, head: bytes) -> bool:
        return alerts_json.is_wazuh(head)

    def plan(self, source: BinaryIO, size: int, block: int = BLOCK) -> list[Unit]:
        return alerts_json.plan(source, size, block)

    def read(self, source: BinaryIO, unit: Unit) -> Iterator[Batch]:
        return alerts_json.read(source, unit, lambda event: ALERT)

    def time(self, event: Event, renames: Mapping[str, str]) -> str | float | None:
        return alert.first(event, alert.shapes()[ALERT].time) or None

    def host(self, event: Event, renames: Mapping[str, str]) -> str | None:
        return alert.first(event, alert.shapes()[ALERT].host) or None
