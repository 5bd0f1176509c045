"""The answer: known groups and "unknown" with probabilities, words and reasons, and what would change it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import features, null, verdict
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.explain import Explainer
from ringleader.attribute.features import Evidence
from ringleader.attribute.lead import Lead, leads
from ringleader.attribute.model import Model
from ringleader.compare import Contribution, Profile, likelihood
from ringleader.knowledge import Knowledge

UNKNOWN = "unknown"
MOST_WORTH = 30.0
"""Techniques, by trust, beyond which more say no more: nineteen in twenty of the reports that the model is fitted on
name at most so many. A year of telemetry shows more, most of them because much happened and not because of who did
it."""

MOST_TRIED = 16
"""Items that are tried as planted: of those that match the leading group, the ones that most others lack."""


FITTED_STRANGERS = 0.5


@dataclass(frozen=True)
class Candidate:
    """``id`` of a group, or ``unknown``. Contributions in nats against the average group sum to its score; those of
    ``unknown`` sum to its log-odds."""

    id: str
    name: str
    probability: float
    verdict: str
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True)
class Changed:
    """The ranking's head when something is left out: the leading group, its probability, and that of ``unknown``."""

    without: str
    leader: str
    probability: float
    unknown: float


@dataclass(frozen=True)
class Attribution:
    """``candidates`` by probability, all of them, summing to one. ``band`` is the ICD 203 word and range of the first.

    ``without_kind`` is the result with each kind of evidence left out. ``planted`` is the item whose absence takes most
    from the leading group: what an adversary would plant.
    """

    candidates: tuple[Candidate, ...]
    band: tuple[str, str]
    confidence: str
    without_kind: tuple[Changed, ...]
    planted: Changed | None
    leads: tuple[Lead, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def groups(self) -> list[Candidate]:
        """Without ``unknown``."""
        return [candidate for candidate in self.candidates if candidate.id != UNKNOWN]


class Attributor:
    """Ranks groups of one knowledge base. Making one reads the knowledge into arrays; asking it is fast.

    ``strangers`` is the share of actors, before anything is seen of one, that are none of the known groups. The model
    was fitted where it is one half.
    """

    def __init__(self, knowledge: Knowledge, model: Model, strangers: float = FITTED_STRANGERS) -> None:
        self.knowledge = knowledge
        self.model = model
        self.strangers = strangers
        self.corpus = Corpus.of(knowledge)
        self.standing = self.corpus.standing()
        self._technique = {key: row for row, key in enumerate(self.corpus.techniques)}
        self._software = {key: row for row, key in enumerate(self.corpus.software)}

    def attribute(self, profile: Profile, explained: int | None = None) -> Attribution:
        """Rank all groups by the techniques and software of ``profile``; its other traits do not count here.

        ``explained`` is how many groups, the first ones, get their contributions; by default all. Of evidence that is
        larger than what the model was fitted on, each technique counts less, and a note says so.
        """
        evidence = self._evidence(profile)
        worth = evidence.worth[0]
        if worth > MOST_WORTH:
            evidence = evidence.faded(MOST_WORTH / worth)
        shares, unknown = self._shares(evidence)
        explainer = Explainer(self.knowledge, self.model, self.standing, evidence)
        order = np.lexsort((np.arange(len(shares)), -shares))
        order = order[self.standing.known[order]]
        found = []
        for place, group in enumerate(order):
            rival = float(shares[order[1 if place == 0 else 0]]) if len(order) > 1 else 0.0
            probability = float(shares[group])
            told = explained is None or place < explained or probability >= verdict.least()
            found.append(self._candidate(int(group), probability, rival, explainer if told else None))
        found.append(self._none(evidence, unknown))
        found.sort(key=lambda candidate: (-candidate.probability, candidate.id))
        return Attribution(
            candidates=tuple(found),
            band=(likelihood.word(found[0].probability), likelihood.band(found[0].probability)),
            confidence=verdict.confidence(profile),
            without_kind=tuple(self._without_kinds(evidence)),
            planted=self._planted(evidence, int(order[0]), float(shares[order[0]])) if len(order) else None,
            leads=tuple(leads(self.standing, evidence, shares)),
            notes=self._notes(evidence, worth),
        )

    def _candidate(self, group: int, probability: float, rival: float, explainer: Explainer | None) -> Candidate:
        key = self.corpus.groups[group]
        lines = explainer.contributions(group) if explainer else []
        by_kind = {kind: sum(line.weight for line in lines if line.kind == kind) for kind in ("technique", "software")}
        word = verdict.verdict(probability, by_kind, rival)
        return Candidate(key, self.knowledge.entities[key].name, probability, word, tuple(lines))

    def _none(self, evidence: Evidence, probability: float) -> Candidate:
        lines: list[Contribution] = []
        if self.standing.known.any() and evidence.size:
            table = features.table(self.standing, evidence)
            scores = self.model.scores(table, self.standing.known)
            doubts = self.model.doubt(scores, table, *evidence.worth)
            lines = [Contribution("ranking", name, weight, null.MEANING[name]) for name, weight in doubts.items()]
            if self.strangers != FITTED_STRANGERS:
                reason = f"{self.strangers:.0%} of the actors in a network are taken for none of the known groups"
                lines.append(Contribution("prior", "strangers", self._shift, reason))
        lines.sort(key=lambda line: (-abs(line.weight), line.value))
        word = verdict.unknown(probability)
        return Candidate(UNKNOWN, "none of the known groups", probability, word, tuple(lines))

    def _evidence(self, profile: Profile) -> Evidence:
        rows: dict[str, list[tuple[int, float]]] = {"technique": [], "software": []}
        for trait in profile:
            place = self._technique if trait.kind == "technique" else self._software if trait.kind == "software" else {}
            if trait.value in place:
                rows[trait.kind].append((place[trait.value], trait.trust))
        techniques, software = rows["technique"], rows["software"]
        return Evidence(
            np.array([row for row, _ in techniques], np.int64),
            np.array([row for row, _ in software], np.int64),
            np.array([trust for _, trust in techniques], float),
            np.array([trust for _, trust in software], float),
        )

    def _shares(self, evidence: Evidence) -> tuple[NDArray[np.float64], float]:
        known = self.standing.known
        if not known.any() or not evidence.size:
            return np.zeros(len(known)), 1.0
        table = features.table(self.standing, evidence)
        techniques, software = evidence.worth
        sizes = np.array([techniques]), np.array([software])
        shares, unknown = self.model.probabilities(table[None], known[None], *sizes)
        # Bayes' rule for another share of strangers than the model was fitted on.
        weighed = float(unknown[0]) * math.exp(self._shift)
        total = weighed + 1 - float(unknown[0])
        return shares[0] / total, weighed / total

    @property
    def _shift(self) -> float:
        return math.log(self.strangers / (1 - self.strangers)) - math.log(FITTED_STRANGERS / (1 - FITTED_STRANGERS))

    def _without_kinds(self, evidence: Evidence) -> list[Changed]:
        t, s = np.ones(len(evidence.techniques), np.bool_), np.ones(len(evidence.software), np.bool_)
        if not len(t) or not len(s):
            return []
        left = {"technique": evidence.only(~t, s), "software": evidence.only(t, ~s)}
        return [self._changed(f"all {kind}", part) for kind, part in left.items()]

    def _planted(self, evidence: Evidence, leader: int, probability: float) -> Changed | None:
        # Unmatched items cannot carry the leader, and what matches nothing of it is not tried.
        mine_t = self.standing.technique[leader, evidence.techniques]
        mine_s = self.standing.software[leader, evidence.software]
        tried = [("software", i) for i in np.flatnonzero(mine_s)] + [("technique", i) for i in np.flatnonzero(mine_t)]
        holders = {
            "software": self.standing.software_holders[evidence.software],
            "technique": self.standing.technique_holders[evidence.techniques],
        }
        tried.sort(key=lambda item: float(holders[item[0]][item[1]]))
        worst: tuple[float, str, Evidence] | None = None
        for kind, i in tried[:MOST_TRIED]:
            t, s = np.ones(len(evidence.techniques), np.bool_), np.ones(len(evidence.software), np.bool_)
            (s if kind == "software" else t)[i] = False
            part = evidence.only(t, s)
            share = float(self._shares(part)[0][leader])
            if share < probability and (worst is None or share < worst[0]):
                key = self.corpus.software[evidence.software[i]] if kind == "software" else (
                    self.corpus.techniques[evidence.techniques[i]]
                )  # fmt: skip
                worst = share, key, part
        return self._changed(worst[1], worst[2]) if worst else None

    def _changed(self, without: str, evidence: Evidence) -> Changed:
        shares, unknown = self._shares(evidence)
        best = int(shares.argmax())
        return Changed(without, self.corpus.groups[best] if shares[best] else UNKNOWN, float(shares[best]), unknown)

    def _notes(self, evidence: Evidence, worth: float) -> tuple[str, ...]:
        notes = []
        if not self.model.fitted_on:
            notes.append("This knowledge has too few reports to fit a model on: every group is as good as another.")
        if not evidence.size:
            notes.append("There is nothing to compare: no technique and no software that the knowledge has.")
        if worth > MOST_WORTH:
            notes.append(
                f"The techniques are worth {worth:.0f} by trust, more than reports on which the model was fitted have; "
                f"together they count as {MOST_WORTH:.0f}."
            )
        return tuple(notes)
