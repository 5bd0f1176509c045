"""The table assessments, aspect by aspect. Statements always come through; of their data only what is known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

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
LEFT = ("in place", "")
"""States of persistence that may still be there."""
STATES = ("reached", "tried", "within reach", "not seen")


class Reader:
    """``subjects``: what campaigns, intrusions and suppliers are called here, by kind and id, in the report's order;
    ``campaigns``: numbers of those that campaigns and intrusions are (of)."""

    def __init__(
        self, show: Show, subjects: Mapping[tuple[str, str], str], campaigns: Mapping[tuple[str, str], int]
    ) -> None:
        self._show = show
        self._subjects = subjects
        self._campaigns = campaigns
        self._rank = {subject: number for number, subject in enumerate(subjects)}

    def read(self, table: pa.Table) -> Assessment:
        rows: defaultdict[str, list[Row]] = defaultdict(list)
        for row in table.to_pylist():
            rows[row["aspect"] or ""].append(row)
        for some in rows.values():
            some.sort(key=self._order)
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
            persistence=sorted(
                (self._persistence(row) for row in rows["persistence"]), key=lambda each: each.status not in LEFT
            ),
            others=[self._plain(row) for aspect in sorted(rows.keys() - PLACES.keys()) for row in rows[aspect]],
        )

    def _order(self, row: Row) -> tuple[bool, int, str, str, str, str]:
        number = self._rank.get((row["subject_kind"] or "", row["subject_id"] or ""), 1 << 30)
        return (
            row["subject_kind"] != "case",
            number,
            *(row[name] or "" for name in ("subject_kind", "subject_id", "statement", "data")),
        )

    def statement(self, row: Row) -> Statement:
        said, kind, name = row["confidence"] or "unknown", row["subject_kind"] or "", row["subject_id"] or ""
        subject = self._subjects.get((kind, name)) or f"{self._show(kind, 60)} {self._show(name, 200)}"
        return Statement(
            text=self._show(row["statement"], 2000) or "(no statement)",
            confidence=said if said in CONFIDENCE else "unknown",
            findings=[each for each in row["findings"] or () if each],
            place=PLACES.get(row["aspect"] or "", "targets"),
            subject="" if kind == "case" else subject,
            aspect=self._show(row["aspect"], 60),
            campaign=self._campaigns.get((kind, name), 0),
        )

    def _data(self, row: Row) -> Payload:
        return Payload.parse(row["data"], self._show)

    def _plain(self, row: Row) -> Plain:
        return Plain(self.statement(row))

    def _since(self, row: Row) -> Since:
        data = self._data(row)
        going_on = data.flag("ongoing")
        return Since(
            self.statement(row),
            data.time("first"),
            data.time("earliest_possible", "telemetry_from"),
            data.words("gaps"),
            data.flag("going_on") if going_on is None else going_on,
        )

    def _entry(self, row: Row) -> Entry:
        data = self._data(row)
        return Entry(
            statement=self.statement(row),
            kind=data.text("kind"),
            supplier=data.text("supplier"),
            host=data.text("host"),
            time=data.time("time"),
            missing=data.words("missing"),
        )

    def _jewel(self, row: Row) -> Jewel:
        data = self._data(row)
        state = data.text("state")
        hosts = data.words("hosts") or data.words(state.replace(" ", "_"))
        return Jewel(self.statement(row), data.text("role"), state, list(dict.fromkeys(hosts)))

    def _credential(self, row: Row) -> Credential:
        data = self._data(row)
        dumps = list(data.each("dumps"))
        what = data.text("what") or ", ".join(dict.fromkeys(dump.text("kind") for dump in dumps))
        exposed = data.words("accounts") or [name for dump in dumps for name in dump.words("accounts")]
        return Credential(self.statement(row), what, list(dict.fromkeys(exposed)), data.words("reset"))

    def _target(self, row: Row) -> Target:
        data = self._data(row)
        how, times = data.one("how") or data, data.one("times")
        hashes = data.raw("subscriber_hashes")
        distinct = len({each for each in hashes if isinstance(each, str)}) if isinstance(hashes, list) else 0
        return Target(
            statement=self.statement(row),
            how={name: how.whole(name) for name in ("single", "list", "bulk") if how.number(name)},
            first=data.time("from") or times.time("first"),
            last=data.time("to") or times.time("last"),
            # The list may be cut; the count is not.
            subscribers=max(distinct, data.whole("count")),
        )

    def _watched(self, row: Row) -> Watched:
        data = self._data(row)
        categories, category = data.one("categories"), data.text("category")
        return Watched(
            self.statement(row), categories.counts() or ({category: data.whole("count")} if category else {})
        )

    def _impact(self, row: Row) -> Impact:
        data = self._data(row)
        labels = {str(node.raw("id")): node.text("label", "id") for node in data.each("nodes")}
        ways = data.raw("paths")
        paths = [
            [labels.get(str(step)) or self._show(str(step), 200) for step in path[:20]]
            for path in (ways if isinstance(ways, list) else [])[:20]
            if isinstance(path, list)
        ]
        cuts = [Cut(cut.text("what"), cut.text("label"), cut.text("removes")) for cut in data.each("cuts")]
        return Impact(self.statement(row), graph.reach(data), paths, cuts)

    def _adaptation(self, row: Row) -> Adaptation:
        data = self._data(row)
        acts = [
            Act(
                time=each.time("time"),
                who="defender" if each.raw("who") == "defender" else "actor",
                what=each.text("what"),
                findings=each.ids("findings"),
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
        return Adaptation(self.statement(row), acts, evictions)

    def _persistence(self, row: Row) -> Persistence:
        data = self._data(row)
        return Persistence(
            self.statement(row),
            data.text("host"),
            data.text("value"),
            data.text("how"),
            data.time("first_time"),
            data.text("status", longest=60),
        )


def everything(found: Assessment) -> list[Statement]:
    return [each.statement for name in Assessment.__dataclass_fields__ for each in getattr(found, name)]
