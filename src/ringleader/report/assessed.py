"""The table assessments, aspect by aspect. Statements always come through; of their data only what is known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from ringleader.report import graph
from ringleader.report.model import (
    Act,
    Adaptation,
    Assessment,
    Credential,
    Cut,
    Entry,
    Eviction,
    Impact,
    Jewel,
    Persistence,
    Plain,
    Since,
    Statement,
    Target,
    Watched,
)
from ringleader.report.payload import Payload
from ringleader.report.source import Row
from ringleader.report.text import Show

CONFIDENCE = ("high", "moderate", "low", "unknown")
PLACES = {
    "since": "campaigns",
    "entry": "targets",
    "supplier": "targets",
    "crown-jewel": "targets",
    "credentials": "targets",
    "targets": "targets",
    "watchlist": "targets",
    "impact": "reach",
    "adaptation": "adaptation",
    "re-entry": "adaptation",
    "persistence": "adaptation",
}
"""Aspect to the page that tells it."""
STATES = ("reached", "tried", "within reach", "not seen")


class Reader:
    """``subjects``: what campaigns and intrusions are called here, by kind and id; ``numbers``: campaigns by id."""

    def __init__(self, show: Show, subjects: Mapping[tuple[str, str], str], numbers: Mapping[str, int]) -> None:
        self._show = show
        self._subjects = subjects
        self._numbers = numbers

    def read(self, table: pa.Table) -> Assessment:
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for row in table.to_pylist():
            rows[row["aspect"] or ""].append(row)
        for some in rows.values():
            some.sort(key=self._order)
        known = {*PLACES}
        return Assessment(
            since=[self._since(row) for row in rows["since"]],
            entries=[self._entry(row) for row in rows["entry"]],
            suppliers=[self._plain(row) for row in rows["supplier"]],
            jewels=sorted(
                (self._jewel(row) for row in rows["crown-jewel"]),
                key=lambda jewel: STATES.index(jewel.state) if jewel.state in STATES else len(STATES),
            ),
            credentials=[self._credential(row) for row in rows["credentials"]],
            targets=[self._target(row) for row in rows["targets"]],
            watchlist=[self._watched(row) for row in rows["watchlist"]],
            impact=[self._impact(row) for row in rows["impact"]],
            adaptation=[self._adaptation(row) for row in rows["adaptation"]],
            reentries=[self._plain(row) for row in rows["re-entry"]],
            persistence=[self._persistence(row) for row in rows["persistence"]],
            others=[self._plain(row) for aspect in sorted(rows.keys() - known) for row in rows[aspect]],
        )

    def _order(self, row: Row) -> tuple[bool, int, str, str, str, str]:
        number = self._numbers.get(row["subject_id"] or "", 1 << 30)
        return (
            row["subject_kind"] != "case",
            number,
            *(row[name] or "" for name in ("subject_kind", "subject_id", "statement", "data")),
        )

    def subject(self, row: Row) -> str:
        kind, name = row["subject_kind"] or "", row["subject_id"] or ""
        if kind == "case":
            return "the whole case"
        return self._subjects.get((kind, name)) or f"{self._show(kind, 60)} {self._show(name, 200)}"

    def statement(self, row: Row) -> Statement:
        said = row["confidence"] or "unknown"
        return Statement(
            text=self._show(row["statement"], 2000) or "(no statement)",
            confidence=said if said in CONFIDENCE else "unknown",
            findings=[each for each in row["findings"] or () if each],
            place=PLACES.get(row["aspect"] or "", "assessed"),
        )

    def _data(self, row: Row) -> Payload:
        return Payload.parse(row["data"], self._show)

    def _plain(self, row: Row) -> Plain:
        return Plain(self.statement(row), self.subject(row), self._show(row["aspect"], 60))

    def _since(self, row: Row) -> Since:
        data = self._data(row)
        return Since(
            self.statement(row),
            self.subject(row),
            data.time("first"),
            data.time("earliest_possible"),
            data.words("gaps"),
            data.flag("ongoing"),
        )

    def _entry(self, row: Row) -> Entry:
        data = self._data(row)
        return Entry(
            statement=self.statement(row),
            subject=self.subject(row),
            campaign=self._numbers.get(row["subject_id"] or "", 0) if row["subject_kind"] == "campaign" else 0,
            kind=data.text("kind"),
            supplier=data.text("supplier"),
            host=data.text("host"),
            time=data.time("time"),
            missing=data.words("missing"),
        )

    def _jewel(self, row: Row) -> Jewel:
        data = self._data(row)
        return Jewel(
            self.statement(row), self.subject(row), data.text("role"), data.text("state"), self._names(data, "hosts")
        )

    def _credential(self, row: Row) -> Credential:
        data = self._data(row)
        return Credential(
            self.statement(row),
            self.subject(row),
            data.text("what"),
            self._names(data, "accounts"),
            self._names(data, "reset"),
        )

    def _names(self, data: Payload, name: str) -> list[str]:
        return list(dict.fromkeys(data.words(name)))

    def _target(self, row: Row) -> Target:
        data = self._data(row)
        how, hashes = data.one("how"), data.raw("subscriber_hashes")
        return Target(
            statement=self.statement(row),
            subject=self.subject(row),
            how={name: how.whole(name) for name in ("single", "list", "bulk") if how.number(name) is not None},
            first=data.time("from"),
            last=data.time("to"),
            subscribers=len({each for each in hashes if isinstance(each, str)}) if isinstance(hashes, list) else 0,
        )

    def _watched(self, row: Row) -> Watched:
        data = self._data(row)
        return Watched(self.statement(row), self.subject(row), data.text("category"), data.whole("count"))

    def _impact(self, row: Row) -> Impact:
        data = self._data(row)
        labels = {str(node.raw("id")): node.text("label", "id") for node in data.each("nodes")}
        paths = [
            [labels.get(str(step)) or self._show(str(step), 200) for step in path[:20]]
            for path in (data.raw("paths") if isinstance(data.raw("paths"), list) else [])[:20]
            if isinstance(path, list)
        ]
        cuts = [
            Cut(cut.text("what"), cut.text("label"), cut.text("removes") or str(len(cut.words("removes")) or ""))
            for cut in data.each("cuts")
        ]
        return Impact(self.statement(row), self.subject(row), graph.reach(data), paths, cuts)

    def _adaptation(self, row: Row) -> Adaptation:
        data = self._data(row)
        acts = [
            Act(
                time=each.time("time"),
                who="defender" if each.raw("who") == "defender" else "actor",
                what=each.text("what"),
                findings=[
                    found
                    for found in (each.raw("findings") if isinstance(each.raw("findings"), list) else [])[:50]
                    if isinstance(found, str)
                ],
            )
            for each in data.each("timeline")
        ]
        acts.sort(key=lambda act: (act.time is None, act.time.timestamp() if act.time else 0, act.who, act.what))
        evictions = [
            Eviction(
                each.time("time"),
                each.number("dwell_days"),
                each.words("stayed"),
                each.words("gone"),
                each.words("new"),
            )
            for each in data.each("evictions")
        ]
        return Adaptation(self.statement(row), self.subject(row), acts, evictions)

    def _persistence(self, row: Row) -> Persistence:
        data = self._data(row)
        return Persistence(
            self.statement(row),
            self.subject(row),
            data.text("host"),
            data.text("value"),
            data.text("how"),
            data.time("first_time"),
        )


def everything(found: Assessment) -> list[tuple[str, Statement]]:
    """All statements with what they are of."""
    return [(each.subject, each.statement) for name in Assessment.__dataclass_fields__ for each in getattr(found, name)]


def placed(statement: Statement, place: str) -> Statement:
    return replace(statement, place=place)
