"""The knowledge as arrays: who used what according to which report, and what stands when reports are taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ringleader.knowledge import Knowledge

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Corpus:
    """A *pair* is a group and a report that says something about it, the unit in which evidence comes and goes.

    ``groups``, ``techniques`` and ``software`` are ids; G, T, S their numbers, P that of pairs. The report of a
    relation for which none is cited is the number of reports. What a campaign uses counts for the group to which the
    campaign is attributed; ``own`` tells pairs that the group has itself.
    """

    groups: tuple[str, ...]
    techniques: tuple[str, ...]
    software: tuple[str, ...]
    pair_group: Ints  # P
    pair_report: Ints  # P
    pair_technique: Floats  # P x T, 1 where the report says that the group uses it
    pair_software: Floats  # P x S
    own_technique: Bools  # P x T, without what only campaigns show
    own_software: Bools  # P x S
    implied: Ints  # rows (software, technique, report)
    parent: Ints  # T, row of a technique's parent
    first_day: Ints  # R + 1, ordinal of the earliest day on which the report can have appeared, -1 if unknown
    last_day: Ints  # R + 1

    @classmethod
    def of(cls, knowledge: Knowledge) -> Corpus:
        ids = {kind: sorted(e.id for e in knowledge.of_kind(kind)) for kind in ("group", "technique", "software")}
        row = {kind: {key: number for number, key in enumerate(keys)} for kind, keys in ids.items()}
        kind_of = {key: entity.kind for key, entity in knowledge.entities.items()}
        masters = {r.source: r.target for r in knowledge.relations if r.type == "attributed-to"}
        uncited = len(knowledge.reports)
        seen: dict[tuple[int, int], list[tuple[str, int, bool]]] = {}
        implied = []
        for relation in knowledge.relations:
            source, target, kind = relation.source, relation.target, kind_of[relation.target]
            if relation.type != "uses" or kind not in ("technique", "software"):
                continue
            for report in relation.reports or (uncited,):
                if kind_of[source] == "software" and kind == "technique":
                    implied.append((row["software"][source], row["technique"][target], report))
                elif (group := masters.get(source, source)) in row["group"]:
                    entry = kind, row[kind][target], group == source
                    seen.setdefault((row["group"][group], report), []).append(entry)
        pairs = sorted(seen)
        shape = {kind: (len(pairs), len(keys)) for kind, keys in ids.items()}
        total = {kind: np.zeros(shape[kind], np.float32) for kind in ("technique", "software")}
        own = {kind: np.zeros(shape[kind], np.bool_) for kind in ("technique", "software")}
        for number, pair in enumerate(pairs):
            for kind, column, itself in seen[pair]:
                total[kind][number, column] = 1
                own[kind][number, column] |= itself
        spans = [report.span for report in knowledge.reports] + [None]
        return cls(
            groups=tuple(ids["group"]),
            techniques=tuple(ids["technique"]),
            software=tuple(ids["software"]),
            pair_group=np.array([group for group, _ in pairs], np.int64),
            pair_report=np.array([report for _, report in pairs], np.int64),
            pair_technique=total["technique"],
            pair_software=total["software"],
            own_technique=own["technique"],
            own_software=own["software"],
            implied=np.array(implied, np.int64).reshape(-1, 3),
            parent=np.array(
                [row["technique"].get(knowledge.entities[t].parent or t, i) for i, t in enumerate(ids["technique"])],
                np.int64,
            ),
            first_day=np.array([span[0].toordinal() if span else -1 for span in spans], np.int64),
            last_day=np.array([span[1].toordinal() if span else -1 for span in spans], np.int64),
        )

    @property
    def uncited(self) -> int:
        """The number that stands for "no report is cited"."""
        return len(self.first_day) - 1

    @cached_property
    def group_technique(self) -> Floats:
        """G x T, the number of reports."""
        return self._summed(self.pair_technique)

    @cached_property
    def group_software(self) -> Floats:
        """G x S, the number of reports."""
        return self._summed(self.pair_software)

    @cached_property
    def implied_count(self) -> Floats:
        """S x T, the number of reports that say that the software does it."""
        counts = np.zeros((len(self.software), len(self.techniques)), np.float32)
        np.add.at(counts, (self.implied[:, 0], self.implied[:, 1]), 1)
        return counts

    def _summed(self, pairs: Floats) -> Floats:
        found = np.zeros((len(self.groups), pairs.shape[1]), np.float32)
        np.add.at(found, self.pair_group, pairs)
        return found

    def standing(
        self, reports: Iterable[int] = (), pairs: Sequence[int] | Ints = (), group: int | None = None
    ) -> Standing:
        """What stands without ``reports`` (for all groups and software), without ``pairs``, and without ``group``."""
        gone = np.zeros(len(self.first_day), np.bool_)
        gone[list(reports)] = True
        dropped = gone[self.pair_report]
        dropped[np.asarray(pairs, np.int64)] = True
        if group is not None:
            dropped |= self.pair_group == group
        lost = np.flatnonzero(dropped)
        by_technique, by_software = self.group_technique, self.group_software
        if len(lost):
            by_technique, by_software = by_technique.copy(), by_software.copy()
            np.subtract.at(by_technique, self.pair_group[lost], self.pair_technique[lost])
            np.subtract.at(by_software, self.pair_group[lost], self.pair_software[lost])
        said = self.implied_count
        retracted = self.implied[gone[self.implied[:, 2]]]
        if len(retracted):
            said = said.copy()
            np.subtract.at(said, (retracted[:, 0], retracted[:, 1]), 1)
        return Standing(self, ~dropped, by_technique, by_software, said)


@dataclass(frozen=True)
class Standing:
    """The part of a corpus that counts. Frequencies are always those of what stands."""

    corpus: Corpus
    kept: Bools  # P
    technique_reports: Floats  # G x T
    software_reports: Floats  # G x S
    implied_reports: Floats  # S x T

    @cached_property
    def technique(self) -> Floats:
        """G x T, 1 where the group uses it."""
        return (self.technique_reports > 0).astype(np.float32)

    @cached_property
    def software(self) -> Floats:
        """G x S."""
        return (self.software_reports > 0).astype(np.float32)

    @cached_property
    def family(self) -> Floats:
        """G x T, 1 where the group uses the technique or a sub-technique of it; columns of sub-techniques are empty."""
        found = np.zeros_like(self.technique)
        np.maximum.at(found.T, self.corpus.parent, self.technique.T)
        return found

    @cached_property
    def reports(self) -> Floats:
        """G, the reports about each group."""
        found = np.bincount(self.corpus.pair_group[self.kept], minlength=len(self.corpus.groups))
        return found.astype(np.float32)

    @cached_property
    def known(self) -> Bools:
        """G, true for groups of which anything stands: the candidates."""
        return self.reports > 0

    @cached_property
    def technique_holders(self) -> Floats:
        """T, groups that use each technique."""
        return self.technique.sum(0)  # type: ignore[no-any-return]

    @cached_property
    def software_holders(self) -> Floats:
        """S, groups that use each piece of software."""
        return self.software.sum(0)  # type: ignore[no-any-return]
