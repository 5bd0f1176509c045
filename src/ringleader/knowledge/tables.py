"""The tables of a knowledge base, one Arrow schema each. A knowledge base is a folder with one Parquet file per table.

Facts only: ids, names, relations, and where they were published. No descriptions.
"""

from __future__ import annotations

import pyarrow as pa

DAY = pa.date32()
TEXTS = pa.list_(pa.string())


def _table(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"doc": doc}) for name, kind, doc in columns])


ENTITIES = _table(
    ("id", pa.string(), "ATT&CK id (G0027, S0072, T1003.001, C0015), or the id that an own file gives"),
    ("kind", pa.string(), "group, software, technique or campaign"),
    ("name", pa.string(), "preferred name"),
    ("parent", pa.string(), "for a sub-technique its technique, else null"),
    ("tactics", TEXTS, "for a technique its tactics' short names, else empty"),
    ("first_seen", DAY, "for a campaign: first seen, if stated"),
    ("last_seen", DAY, "for a campaign: last seen, if stated"),
    ("origin", pa.string(), "who states it: attack, or the name of the file that added it"),
)

ALIASES = _table(
    ("id", pa.string(), "the entity"),
    ("alias", pa.string(), "another name for it"),
    ("source", pa.string(), "who uses it so: attack, misp-galaxy, or the name of the file that added it"),
    ("agreed", pa.bool_(), "false where the sources put this name, or the actor it comes from, in different places"),
    ("actor", pa.string(), "the actor of the MISP galaxy that carries the name, else null"),
)

RELATIONS = _table(
    ("source", pa.string(), "id of a group, a campaign or a piece of software"),
    ("type", pa.string(), "uses, or attributed-to (a campaign to a group)"),
    ("target", pa.string(), "id of the software, technique or group"),
    ("reports", pa.list_(pa.int32()), "rows of the table reports: the reports cited for it; empty when none is"),
    ("origin", pa.string(), "who states it: attack, or the name of the file that added it"),
    ("read_in", pa.string(), "for a relation that ATT&CK states in prose only: the object whose description says so"),
)

REPORTS = _table(
    ("name", pa.string(), "name of the citation"),
    ("also", TEXTS, "other citations of the same address"),
    ("url", pa.string(), "where it was published, null if not stated"),
    ("first_day", DAY, "the earliest day on which it can have been published; null if no date is known"),
    ("last_day", DAY, "the latest such day: equal to first_day for an exact date, the year's end for a year"),
)

ALL: dict[str, pa.Schema] = {
    "entities": ENTITIES,
    "aliases": ALIASES,
    "relations": RELATIONS,
    "reports": REPORTS,
}
