"""Profiles of intrusions for other operators: traits and times, and no log line, host, account or subscriber."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from ringleader.compare import Trait, characteristic
from ringleader.compare.trait import GRADE
from ringleader.export import text
from ringleader.export.base import Source
from ringleader.schema import profiles
from ringleader.schema.tlp import Tlp

_COLUMNS = ["owner_kind", "owner_id", "kind", "value", "grade", "count", "findings", "first_time", "last_time"]
LONGEST = 4096
"""Characters of a value in the clear."""


@dataclass(slots=True)
class Shared:
    """``left_out``: values that stayed at home, by kind and reason."""

    intrusions: int = 0
    traits: int = 0
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def share(source: Source, out: TextIO, *, key: bytes | None = None, named: bool = True, tlp: Tlp = Tlp.AMBER) -> Shared:
    """Write a file of profiles. ``key``: values become keyed hashes. ``named``: the organisation's name goes in."""
    made = Shared()
    organisation = source.config.organisation.name
    head = {
        "format": profiles.FORMAT,
        "organisation": text.plain(organisation) if named and organisation else None,
        "hashed": key is not None,
        "key_id": None if key is None else profiles.key_id(key),
        "tlp": tlp.value,
    }
    out.write(json.dumps(head)[:-1] + ', "intrusions": [')
    for number, told in enumerate(_intrusions(source, key, made)):
        out.write((",\n" if number else "\n") + json.dumps(told))
    left = [
        {"kind": kind, "reason": reason, "values": values} for (kind, reason), values in sorted(made.left_out.items())
    ]
    out.write('\n], "left_out": ' + json.dumps(left) + "}\n")
    return made


def _intrusions(source: Source, key: bytes | None, made: Shared) -> Iterator[dict[str, Any]]:
    for first, last, name, traits in _by_intrusion(source):
        told = []
        telling = _telling(traits)
        for trait in traits:
            reason = source.victims.withheld(trait["kind"], trait["value"])
            if reason is None and not (0 < len(trait["value"]) <= LONGEST and GRADE.fullmatch(trait["grade"] or "")):
                reason = "no value of its kind"
            if reason is None and (trait["kind"], trait["value"]) not in telling:
                reason = "of the system's own programs or public tools: says nothing of who it was"
            if reason is not None:
                made.left_out[trait["kind"], reason] += 1
                continue
            value = trait["value"] if key is None else profiles.hashed(key, trait["kind"], trait["value"])
            told.append(
                {
                    "kind": trait["kind"],
                    "value": value,
                    "grade": trait["grade"],
                    "count": max(trait["count"] or 1, 1),
                    "first_time": text.moment(trait["first_time"]) or None,
                    "last_time": text.moment(trait["last_time"]) or None,
                }
            )
        # Sorted by what is written: the order of hashed values must not tell that of the clear ones.
        told.sort(key=lambda one: (one["kind"], one["value"]))
        made.intrusions += 1
        made.traits += len(told)
        yield {"id": name, "first_time": first or None, "last_time": last or None, "traits": told}


def _telling(traits: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """What others compare as well. That can only be told here, where the findings behind each trait are known."""
    every = (Trait(t["kind"], t["value"], findings=frozenset(t["findings"] or ())) for t in traits)
    return {(trait.kind, trait.value) for trait in characteristic(every)}


def _by_intrusion(source: Source) -> Iterator[tuple[str, str, str, list[dict[str, Any]]]]:
    """First and last time, id, traits; by id. Only one intrusion's rows are Python objects at a time."""
    table = source.store.read("traits", _COLUMNS)
    table = table.filter(pc.equal(table["owner_kind"].cast(pa.string()), "intrusion"))
    names = table["owner_id"].cast(pa.string())
    order = pc.sort_indices(pa.table({"name": names}), sort_keys=[("name", "ascending")])
    table, names = table.take(order), names.take(order).combine_chunks()
    known = source.store.read("intrusions", ["intrusion_id", "first_time", "last_time"]).to_pylist()
    for row in sorted(known, key=lambda row: str(row["intrusion_id"])):
        name = row["intrusion_id"]
        start = _place(names, name)
        end = start
        while end < len(names) and names[end].as_py() == name:
            end += 1
        traits = table.slice(start, end - start).to_pylist()
        yield text.moment(row["first_time"]), text.moment(row["last_time"]), name, traits


def _place(names: pa.Array, wanted: str) -> int:
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        if names[middle].as_py() < wanted:
            low = middle + 1
        else:
            high = middle
    return low
