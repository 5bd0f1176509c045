"""Whose JSON it is: what the readers of Suricata, Wazuh and other products' alerts ask of the first bytes."""

from __future__ import annotations

from ringleader.ingest.readers import json_text


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
