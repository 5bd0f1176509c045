"""A small made-up bundle in ATT&CK's shape."""

from __future__ import annotations

import uuid
from typing import Any

TYPES = {"G": "intrusion-set", "S": "malware", "T": "attack-pattern", "C": "campaign"}
SPACE = uuid.UUID(int=0)


def stix_id(kind: str, key: str) -> str:
    return f"{kind}--{uuid.uuid5(SPACE, key)}"


def thing(key: str, name: str, **more: Any) -> dict[str, Any]:
    kind = TYPES[key[0]]
    return {
        "type": kind,
        "id": stix_id(kind, key),
        "name": name,
        "external_references": [{"source_name": "mitre-attack", "external_id": key}],
        **more,
    }


def report(name: str, text: str = "", url: str | None = None) -> dict[str, Any]:
    return {"source_name": name, "description": text, "url": url or f"https://example.org/reports/{name}"}


def uses(source: str, target: str, *reports: dict[str, Any], kind: str = "uses", **more: Any) -> dict[str, Any]:
    return {
        "type": "relationship",
        "id": stix_id("relationship", f"{source} {kind} {target}"),
        "relationship_type": kind,
        "source_ref": stix_id(TYPES[source[0]], source),
        "target_ref": stix_id(TYPES[target[0]], target),
        "external_references": list(reports),
        **more,
    }


ONE = report("One 2019", "Author, A. (2019, March 4). One. Retrieved May 1, 2022.")
TWO = report("Two", "Author, B. (2020, June). Two. Retrieved May 1, 2022.")
AGAIN = report(
    "One again", "Author, A. (2019). One. Retrieved May 1, 2022.", url="http://www.example.org/reports/One 2019/"
)

OBJECTS: list[dict[str, Any]] = [
    thing("G0001", "Red Fox", aliases=["Red Fox", "TG-1"]),
    thing("G0002", "Blue Owl", aliases=["Blue Owl"]),
    thing("G0003", "Gone", revoked=True),
    thing("G0004", "Old", x_mitre_deprecated=True),
    thing("S0001", "Claw", x_mitre_aliases=["Claw", "Talon"]),
    thing("S0002", "Beak"),
    thing("T1001", "Hide", kill_chain_phases=[{"kill_chain_name": "mitre-attack", "phase_name": "stealth"}]),
    thing("T1001.001", "Hide well"),
    thing("T1002", "Seek"),
    thing("C0001", "Raid", first_seen="2019-01-01T00:00:00.000Z", last_seen="2019-03-01T00:00:00.000Z"),
    uses("G0001", "S0001", ONE),
    uses("G0001", "T1001", ONE, TWO),
    uses("G0001", "T1002", AGAIN),
    uses("G0002", "T1001", TWO),
    uses("G0002", "T1002"),
    uses("G0003", "T1002", ONE),
    uses("G0002", "S0002", TWO, revoked=True),
    uses("S0001", "T1001.001", ONE),
    uses("C0001", "T1002", TWO),
    uses("C0001", "G0001", TWO, kind="attributed-to"),
]


def bundle(objects: list[dict[str, Any]] | None = None, version: str = "2.1") -> dict[str, Any]:
    found = OBJECTS if objects is None else objects
    if version == "2.0":
        return {"type": "bundle", "id": "bundle--0", "spec_version": "2.0", "objects": found}
    return {"type": "bundle", "id": "bundle--0", "objects": [{**item, "spec_version": "2.1"} for item in found]}
