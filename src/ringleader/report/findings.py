"""Findings, a million of them if need be: counted as columns, and only those that are shown made into rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ringleader.report.model import Finding, Omission
from ringleader.report.source import LIGHT, Row, Tables
from ringleader.report.text import Show
from ringleader.report.timeline import owners
from ringleader.schema import host
from ringleader.schema import tables as schemas
from ringleader.schema.order import WORST_FIRST

PER_RULE = 5_000
"""Findings of one rule that are listed. All are counted."""
TOTAL = 120_000
MEMBERS = 5_000
"""Findings of one intrusion that its timeline is made of, the earliest."""
VALUES = 40
"""Matched values of one finding that are kept."""


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that are alike in all of this. ``intrusion``: 0 for leads."""

    rule_id: str
    rule: str
    level: str
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    host: str
    account: str
    intrusion: int
    count: int
    first: datetime | None
    last: datetime | None


class Findings:
    """All findings of a case in order of time. ``numbers``: the report's number of each intrusion; ``steps``: rows of
    the table steps by intrusion."""

    def __init__(
        self, tables: Tables, intrusions: Sequence[Row], numbers: Mapping[str, int], steps: pa.Table, show: Show
    ) -> None:
        light = tables.findings.select(LIGHT)
        # Those without a time come last: Arrow's default.
        light = light.take(pc.sort_indices(light, sort_keys=[("time", "ascending"), ("finding_id", "ascending")]))
        self._tables, self._show = tables, show
        self.ids: pa.ChunkedArray = light["finding_id"].cast(pa.string())
        self.times: pa.ChunkedArray = light["time"]
        self.part = _parts(self.ids, steps, numbers)
        self._rename(light, intrusions, steps)
        self._encode(light)

    def __len__(self) -> int:
        return len(self.ids)

    def _rename(self, light: pa.Table, intrusions: Sequence[Row], steps: pa.Table) -> None:
        """One name for each host: full instead of short, the host instead of its address."""
        column = light["host"].cast(pa.string())
        known = [name for name in pc.unique(column).to_pylist() if name]
        full = host.full_names(known)
        joined = pc.is_in(self.ids, value_set=pc.unique(steps["finding_id"].cast(pa.string())))
        names = column.filter(joined).to_pylist()
        spelled = {
            finding: full.get(name, name)
            for finding, name in zip(self.ids.filter(joined).to_pylist(), names, strict=True)
        }
        by_intrusion: defaultdict[str, list[Row]] = defaultdict(list)
        for step in steps.select(["intrusion_id", "finding_id", "entity"]).to_pylist():
            by_intrusion[step["intrusion_id"]].append(step)
        owner = owners(intrusions, by_intrusion, spelled)
        self.names = {name: owner.get(full.get(name, name), full.get(name, name)) for name in known}

    def _encode(self, light: pa.Table) -> None:
        """Each column as codes over its distinct values, as they are shown."""
        show = self._show

        def text(name: str, longest: int = 600) -> tuple[NDArray[np.int64], list[str]]:
            codes, values = _codes(light[name].cast(pa.string()))
            return codes, [show(value, longest, field=name) for value in values]

        hosts, names = _codes(light["host"].cast(pa.string()))
        rule_ids, titles = light["rule_id"].cast(pa.string()), light["rule_title"].cast(pa.string())
        rules = pc.if_else(pc.equal(pc.fill_null(rule_ids, ""), ""), titles, rule_ids)
        self._columns = {
            "host": (hosts, [show(self.names.get(name, name), field="host") for name in names]),
            "account": text("account"),
            "kind": text("kind"),
            "level": text("level"),
            "rule": text("rule_title"),
            "rule_id": _codes(rules),
            "techniques": _codes(_joined(light["techniques"])),
            "tactics": _codes(_joined(light["tactics"])),
        }
        codes, levels = self._columns["level"]
        self._columns["level"] = (codes, [level if level in WORST_FIRST else "informational" for level in levels])

    def groups(self) -> list[Group]:
        """All findings, counted."""
        keys = ["rule_id", "rule", "level", "techniques", "tactics", "host", "account"]
        columns = {name: pa.array(self._columns[name][0]) for name in keys}
        table = pa.table({**columns, "part": pa.array(self.part), "time": self.times})
        found = table.group_by([*keys, "part"], use_threads=False).aggregate(
            [("time", "min"), ("time", "max"), ([], "count_all")]
        )
        values = {name: self._columns[name][1] for name in keys}
        split = {name: [self._words(each) for each in values[name]] for name in ("techniques", "tactics")}
        return [
            Group(
                rule_id=values["rule_id"][row["rule_id"]],
                rule=values["rule"][row["rule"]],
                level=values["level"][row["level"]],
                techniques=split["techniques"][row["techniques"]],
                tactics=split["tactics"][row["tactics"]],
                host=values["host"][row["host"]],
                account=values["account"][row["account"]],
                intrusion=row["part"],
                count=row["count_all"],
                first=row["time_min"],
                last=row["time_max"],
            )
            for row in found.to_pylist()
        ]

    def _words(self, joined: str) -> tuple[str, ...]:
        return tuple(self._show(word, 60) for word in joined.split("\x1f") if word)

    def clocks(self) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
        """Times in microseconds since 1970 of those that have one, with the codes of their levels, and the levels."""
        has = pc.is_valid(self.times).to_numpy(zero_copy_only=False)
        micros = self.times.cast(pa.int64()).fill_null(0).to_numpy().astype(np.int64)
        codes, levels = self._columns["level"]
        return micros[has], codes[has], levels

    def members(self, number: int) -> NDArray[np.int64]:
        """Places of the findings of an intrusion, the earliest :data:`MEMBERS`."""
        return np.flatnonzero(self.part == number)[:MEMBERS]

    def listed(self, cited: Iterable[str]) -> tuple[NDArray[np.int64], list[Omission]]:
        """Places of the findings that are listed, and what is left out by rule. Those that a statement cites come
        first, then those of intrusions: a noisy rule's leads must not push them out."""
        told = pc.is_in(self.ids, value_set=pa.array(sorted(set(cited)), pa.string())).to_numpy(zero_copy_only=False)
        rank = np.where(told, 0, np.where(self.part > 0, 1, 2))
        order = np.argsort(rank, kind="stable")
        rules = self._columns["rule_id"][0][order]
        kept = np.sort(order[(_running(rules) < PER_RULE) | told[order]][:TOTAL])
        left = np.ones(len(self), bool)
        left[kept] = False
        titles, values = self._columns["rule"]
        counts = Counter({values[code]: 0 for code in np.unique(titles[left])})
        for code, many in zip(*np.unique(titles[left], return_counts=True), strict=True):
            counts[values[code]] += int(many)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return kept, [Omission(rule, many) for rule, many in ordered]

    def rows(self, places: NDArray[np.int64]) -> dict[int, Row]:
        """Whole rows by place, their texts fit to be shown, with ``intrusion`` (0 for a lead)."""
        wanted = np.unique(places)
        ids = self.ids.take(pa.array(wanted)).combine_chunks()
        place = dict(zip(ids.to_pylist(), wanted.tolist(), strict=True))
        show, out = self._show, {}
        for batch in self._tables.rows(ids).cast(schemas.FINDINGS).to_batches(max_chunksize=4096):
            for row in batch.to_pylist():
                at = place[row["finding_id"]]
                row["intrusion"] = int(self.part[at])
                row["raw_host"] = self.names.get(row["host"], row["host"])
                row["host"] = show(row["raw_host"], field="host")
                for name in ("rule_title", "account", "kind"):
                    row[name] = show(row[name], field=name)
                row["level"] = row["level"] if row["level"] in WORST_FIRST else "informational"
                for name in ("techniques", "tactics"):
                    row[name] = [show(each, 60) for each in row[name] or ()]
                row["values"] = [
                    (show(name, 200), show(value, field=name)) for name, value in (row["values"] or ())[:VALUES]
                ]
                out[at] = row
        return out


def published(row: Row) -> Finding:
    return Finding(
        id=row["finding_id"],
        time=row["time"],
        level=row["level"],
        rule=row["rule_title"],
        techniques=row["techniques"],
        host=row["host"],
        account=row["account"],
        kind=row["kind"],
        values=row["values"],
        intrusion=row["intrusion"],
    )


def _parts(ids: pa.ChunkedArray, steps: pa.Table, numbers: Mapping[str, int]) -> NDArray[np.int64]:
    """For each finding the number of its intrusion, 0 for none. Of several, the gravest."""
    codes, names = _codes(steps["intrusion_id"].cast(pa.string()))
    number = np.array([numbers.get(name, 0) for name in names] or [0], np.int64)[codes]
    known = number > 0
    order = np.argsort(number[known], kind="stable")
    members = steps["finding_id"].cast(pa.string()).filter(pa.array(known)).take(pa.array(order)).combine_chunks()
    at = pc.index_in(ids, value_set=members).fill_null(-1).to_numpy().astype(np.int64)
    found: NDArray[np.int64] = np.append(number[known][order], 0)[at]
    return found


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Codes, and the distinct values in order; null is the empty text."""
    encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    values = encoded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return rank[encoded.indices.to_numpy().astype(np.int64)], [values[place] for place in order]


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join(column.cast(pa.list_(pa.string())), "\x1f")


def _running(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each place, how often its code came before."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(codes) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(codes)))
    out = np.empty(len(codes), np.int64)
    out[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
    return out
