"""False flags, measured: how often traces of another group, planted among real ones, turn the answer to that group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import features, verdict
from ringleader.attribute.corpus import Corpus, Standing
from ringleader.attribute.explain import Explainer
from ringleader.attribute.features import Evidence
from ringleader.attribute.fit import VIEWS, fold_of, one_thread, train
from ringleader.attribute.model import Model
from ringleader.attribute.observation import Observation, View, examples, observations, removed
from ringleader.compare.trait import trust
from ringleader.errors import KnowledgeError
from ringleader.evaluate.attribution import FOLDS
from ringleader.knowledge import Knowledge

Ints = NDArray[np.int64]

TECHNIQUES = (0, 3, 6)
"""How many techniques of the other group are planted, beside one tool that at most one more group uses."""

RARE = 2


@dataclass(frozen=True)
class Tempering:
    """Grades of techniques and software as they come, and of the planted tool."""

    name: str
    technique: str
    software: str
    planted: str


TEMPERINGS = (
    Tempering("none: everything A1", "A1", "A1", "A1"),
    Tempering("as telemetry is graded: techniques A2, tools A3", "A2", "A3", "A3"),
    Tempering("and the tool known by what it claims only: A4", "A2", "A3", "A4"),
    Tempering("and the tool doubted by an analyst: D5", "A2", "A3", "D5"),
)


@dataclass(frozen=True)
class Rates:
    """Shares of ``cases``. ``first``: the other group came before everything, "unknown" too; ``among_groups``: before
    all groups; ``likely``: it was called likely or more. ``true_first`` and ``true_likely``: the same of the true
    group."""

    tempering: str
    techniques: int | None
    cases: int
    first: float
    among_groups: float
    likely: float
    true_first: float
    true_likely: float


Outcome = tuple[bool, bool, bool, bool, bool]
"""As the shares of Rates."""


def evaluate(knowledge: Knowledge, say: Callable[[str], None] = lambda _: None) -> tuple[Rates, ...]:
    """Each report is held out, as in the first protocol of attribution, and asked about with traces of one other group
    planted. The model saw neither group. With ``techniques`` None nothing is planted: what chance alone does."""
    corpus = Corpus.of(knowledge)
    found = observations(corpus)
    with one_thread():
        training = [example for view in VIEWS for example in examples(corpus, found, view)]
        if len({example.group for example in training}) < 2 * FOLDS:
            raise KnowledgeError(
                "this knowledge has too few reports to measure anything on", hint="use the built-in one"
            )
        numbers = fold_of(training, FOLDS, seed=1)
        place = {example.group: int(number) for example, number in zip(training, numbers, strict=True)}
        seen: dict[tuple[str, int | None], list[Outcome]] = {}
        for number in range(FOLDS):
            say(f"fold {number + 1} of {FOLDS}")
            model = train([example for example in training if place[example.group] != number])
            cases = [(row, one) for row, one in enumerate(found) if place[one.group] == number]
            for row, one in cases:
                for key, outcome in _asked(
                    knowledge, corpus, model, row, one, sorted({case.group for _, case in cases})
                ):
                    seen.setdefault(key, []).append(outcome)
    return tuple(
        Rates(name, planted, len(rows), *np.array(rows, float).mean(0).tolist())
        for (name, planted), rows in sorted(seen.items(), key=lambda item: _order(item[0]))
    )


def _order(key: tuple[str, int | None]) -> tuple[int, int]:
    return [tempering.name for tempering in TEMPERINGS].index(key[0]), -1 if key[1] is None else key[1]


def _asked(
    knowledge: Knowledge, corpus: Corpus, model: Model, row: int, case: Observation, groups: Sequence[int]
) -> list[tuple[tuple[str, int | None], Outcome]]:
    """The answers to one report. Which group and what of it is planted is drawn, the same for every tempering."""
    standing = corpus.standing(*removed(corpus, case, View()))
    draw = np.random.default_rng([row, 11])
    drawn = _planted(standing, case, groups, draw)
    if drawn is None or not standing.known[case.group]:
        return []
    other, tool, techniques = drawn
    answers = []
    for tempering in TEMPERINGS:
        for count in (None, *TECHNIQUES):
            evidence = _evidence(case, tempering, tool if count is not None else None, techniques[: count or 0])
            answers.append(((tempering.name, count), _outcome(knowledge, standing, model, evidence, case.group, other)))
    return answers


def _planted(
    standing: Standing, case: Observation, groups: Sequence[int], draw: np.random.Generator
) -> tuple[int, int, Ints] | None:
    """A group that has a rare tool, that tool, and as many of its techniques as are ever planted, none of them in the
    report; None where no group has them."""
    rare = (standing.software_holders > 0) & (standing.software_holders <= RARE)
    rare[case.software] = False
    for other in draw.permutation([group for group in groups if group != case.group]):
        tools = np.flatnonzero(rare & (standing.software[other] > 0) & (standing.software[case.group] == 0))
        techniques = np.setdiff1d(np.flatnonzero(standing.technique[other]), case.techniques)
        if len(tools) and len(techniques) >= max(TECHNIQUES):
            return int(other), int(draw.choice(tools)), draw.permutation(techniques)[: max(TECHNIQUES)]
    return None


def _evidence(case: Observation, tempering: Tempering, tool: int | None, techniques: Ints) -> Evidence:
    t = np.concatenate([case.techniques, techniques])
    s = case.software if tool is None else np.append(case.software, tool)
    software_trust = np.full(len(s), trust(tempering.software))
    if tool is not None:
        software_trust[-1] = trust(tempering.planted)
    return Evidence(t, s, np.full(len(t), trust(tempering.technique)), software_trust)


def _outcome(
    knowledge: Knowledge, standing: Standing, model: Model, evidence: Evidence, right: int, other: int
) -> Outcome:
    table = features.table(standing, evidence)
    sizes = (np.array([size]) for size in evidence.worth)
    shares, unknown = model.probabilities(table[None], standing.known[None], *sizes)
    best = int(shares[0].argmax())
    first = bool(shares[0, best] > unknown[0])
    return (
        first and best == other,
        best == other,
        _likely(knowledge, standing, model, evidence, shares[0], other),
        first and best == right,
        _likely(knowledge, standing, model, evidence, shares[0], right),
    )


def _likely(
    knowledge: Knowledge, standing: Standing, model: Model, evidence: Evidence, shares: NDArray[np.float64], group: int
) -> bool:
    if shares[group] < shares.max() or shares[group] < 0.5:
        return False
    lines = Explainer(knowledge, model, standing, evidence).contributions(group)
    by_kind = {kind: sum(line.weight for line in lines if line.kind == kind) for kind in ("technique", "software")}
    rival = float(np.delete(shares, group).max(initial=0.0))
    return "likely" in verdict.verdict(float(shares[group]), by_kind, rival)
