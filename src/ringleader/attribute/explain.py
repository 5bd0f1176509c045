"""Which traits, which report and which sizes a group's score is the sum of."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ringleader.attribute import features
from ringleader.attribute.corpus import Standing
from ringleader.attribute.features import MATCHING, NAMES, Evidence, Matches
from ringleader.attribute.model import Model
from ringleader.compare import Contribution
from ringleader.knowledge import Knowledge

PER_ITEM = {"technique": ("technique", "fresh", "parent", "credited"), "software": ("software", "unique", "rare")}


class Explainer:
    """The contributions of each group, in nats against the average known group; they sum to the group's score."""

    def __init__(self, knowledge: Knowledge, model: Model, standing: Standing, evidence: Evidence) -> None:
        self._knowledge = knowledge
        self._standing = standing
        self._evidence = evidence
        self._weight = dict(zip(NAMES, model.weights, strict=True))
        self._found: Matches = features.matches(standing, evidence)
        self._table = self._found.table(standing.corpus)
        scores = self._table @ model.weights
        self._mean = float(scores[standing.known].mean()) if standing.known.any() else 0.0
        self.scores = scores - self._mean

    def contributions(self, group: int) -> list[Contribution]:
        """Those of one group (a row of the corpus), heaviest first, its size last."""
        lines = [*self._items("technique", group), *self._items("software", group), *self._reports(group)]
        lines.sort(key=lambda line: (-abs(line.weight), line.kind, line.value))
        rest = float(self.scores[group]) - sum(line.weight for line in lines)
        written = int(self._standing.reports[group])
        reason = f"{written:,} reports are known about it; the average group's score is zero"
        return [*lines, Contribution("size", self._standing.corpus.groups[group], rest, reason)]

    def _items(self, kind: str, group: int) -> list[Contribution]:
        corpus = self._standing.corpus
        rows = self._evidence.techniques if kind == "technique" else self._evidence.software
        ids = corpus.techniques if kind == "technique" else corpus.software
        parts = [(name, getattr(self._found, name)[group] * self._weight[name]) for name in PER_ITEM[kind]]
        total = np.sum([part for _, part in parts], axis=0)
        return [
            Contribution(kind, ids[row], float(total[i]), self._item_reason(kind, int(row), group))
            for i, row in enumerate(rows)
            if total[i] != 0
        ]

    def _item_reason(self, kind: str, row: int, group: int) -> str:
        standing = self._standing
        known = int(standing.known.sum())
        holders = standing.technique_holders if kind == "technique" else standing.software_holders
        has = standing.technique[group, row] if kind == "technique" else standing.software[group, row]
        said = f"{int(holders[row]):,} of {known:,} groups use it"
        if kind == "software" or has:
            return said
        tools = np.flatnonzero((standing.software[group] > 0) & (standing.implied_reports[:, row] > 0))
        if len(tools):
            return f"not reported of the group itself, but {standing.corpus.software[tools[0]]}, which it uses, does it"
        return f"another form of the same technique is known of it; {said}"

    def _reports(self, group: int) -> list[Contribution]:
        corpus, names = self._standing.corpus, MATCHING[-4:]
        mine = np.flatnonzero(corpus.pair_group == group)
        by_pair: dict[int, float] = defaultdict(float)
        if len(mine):
            likeness = self._found.by_report[mine]
            for column, name in enumerate(names):
                best = int(likeness[:, column].argmax())
                by_pair[int(mine[best])] += float(likeness[best, column]) * self._weight[name]
        return [
            Contribution("report", self._name(pair), weight, self._report_reason(pair))
            for pair, weight in by_pair.items()
            if weight != 0
        ]

    def _name(self, pair: int) -> str:
        corpus = self._standing.corpus
        report = int(corpus.pair_report[pair])
        return "(no report cited)" if report == corpus.uncited else self._knowledge.reports[report].name

    def _report_reason(self, pair: int) -> str:
        corpus, seen = self._standing.corpus, self._evidence
        techniques = int(corpus.pair_technique[pair, seen.techniques].sum())
        software = int(corpus.pair_software[pair, seen.software].sum())
        return f"the most similar single report: {techniques} techniques and {software} software in common"
