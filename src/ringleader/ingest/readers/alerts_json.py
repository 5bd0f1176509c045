"""Alerts as JSON, lines or values: what the readers of Suricata, Wazuh and other products' alerts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from ringleader.ingest.readers import json_text, lines
from ringleader.ingest.readers.base import HEAD, Unit
from ringleader.schema import value
from ringleader.schema.batch import Batch, Event, Reject

MODES = ("lines", "values")


def is_suricata(head: bytes) -> bool:
    """Every record of an EVE file says its type, and all but statistics a flow."""
    return (
        json_text.is_json(head)
        and json_text.has_key(head, b"event_type")
        and json_text.has_key(head, b"flow_id|stats|in_iface|src_ip")
    )


def is_wazuh(head: bytes) -> bool:
    """An alert of Wazuh names the rule, the agent and the manager."""
    return json_text.is_json(head) and all(json_text.has_key(head, key) for key in (b"rule", b"agent", b"manager"))


def is_known(head: bytes) -> bool:
    """JSON of a product that has a reader of its own, alerts or not."""
    return (
        is_suricata(head) or is_wazuh(head) or json_text.has_key(head, rb"_path|@stream|EventID|winlog|EventRecordID")
    )


def plan(source: BinaryIO, size: int, block: int) -> list[Unit]:
    source.seek(0)
    if json_text.is_lines(lines.as_utf8(source.read(HEAD))):
        return lines.units(source, size, block, "lines")
    return lines.whole(source, size, "values")


def read(source: BinaryIO, unit: Unit, kind: Callable[[Event], str]) -> Iterator[Batch]:
    """``kind`` says the kind of a flattened event."""
    found = json_text.rows(source, unit) if unit.mode == "lines" else json_text.values(source, unit)
    for records in json_text.bounded(found):
        batch = Batch()
        for record in records:
            event = record if isinstance(record, Reject) else json_text.decode(record[1], record[0])
            if isinstance(event, Reject):
                batch.rejects.append(event)
                continue
            assert isinstance(record, tuple)
            event = value.flatten(event)
            batch.events.append(event)
            batch.offsets.append(record[0])
            batch.kinds.append(kind(event))
            batch.consumed += len(record[1])
        yield batch
