"""Marking definitions of the Traffic Light Protocol 2.0 for STIX, with the ids that OASIS gave them."""

from __future__ import annotations

from typing import Any

from ringleader.schema.tlp import Tlp

EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""STIX 2.1 was written before TLP 2.0; this extension of OASIS (cti-stix-common-objects, tlp-2.0) adds it."""


def marking_id(tlp: Tlp) -> str:
    return f"marking-definition--{_IDS[tlp]}"


def marking(tlp: Tlp) -> dict[str, Any]:
    """The marking definition as OASIS published it, to the letter."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking_id(tlp),
        "created": "2022-10-01T00:00:00.000Z",
        "name": tlp.label,
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.value}},
    }


_IDS = {
    Tlp.CLEAR: "94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
