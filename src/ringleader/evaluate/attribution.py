"""Attribution, measured: every observation is answered by a model that never saw its group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ringleader.attribute.corpus import Corpus
from ringleader.attribute.fit import fold_of, one_thread, train
from ringleader.attribute.model import Model
from ringleader.attribute.observation import Example, Observation, View, examples, observations
from ringleader.evaluate import baseline
from ringleader.evaluate.measure import Outcomes, intervals, macro, measures
from ringleader.evaluate.protocol import PROTOCOLS, Protocol, campaigns
from ringleader.knowledge import Knowledge

FOLDS = 5
PERIODS = 4
"""The test of time: observations are cut into so many periods of equal number; the first is for learning only."""

STREAMS = (0.5, 0.7, 0.9)
"""Shares of the stream whose actor is not in the knowledge."""


@dataclass(frozen=True)
class Result:
    """``found`` counts cases whose group is there to be found, ``lost`` those of which nothing was left. ``streams``
    are the measures with more unknowns in the stream; a measure on all known cases, lost ones too, is ``overall``."""

    protocol: Protocol
    found: int
    lost: int
    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    macro: float
    overall: float
    streams: dict[float, dict[str, float]]
    outcomes: Outcomes = field(repr=False)


@dataclass(frozen=True)
class Evaluation:
    results: tuple[Result, ...]
    baselines: dict[str, float]


def evaluate(
    knowledge: Knowledge, protocols: Iterable[Protocol] = PROTOCOLS, say: Callable[[str], None] = lambda _: None
) -> Evaluation:
    """All protocols on one knowledge base. The same knowledge gives the same figures."""
    corpus = Corpus.of(knowledge)
    found = observations(corpus)
    seen: dict[View, list[Example]] = {}

    def shown(view: View) -> list[Example]:
        if view not in seen:
            seen[view] = list(examples(corpus, found, view))
        return seen[view]

    results = []
    with one_thread():
        for protocol in protocols:
            say(protocol.what)
            training = [example for view in protocol.training for example in shown(view)]
            if protocol.campaigns:
                results.append(_campaigns(protocol, campaigns(knowledge, corpus), corpus, found, training))
            else:
                results.append(_reports(protocol, shown(protocol.view), training))
        return Evaluation(tuple(results), baseline.top1(corpus, found))


def _reports(protocol: Protocol, tested: Sequence[Example], training: Sequence[Example]) -> Result:
    place = _places([*tested, *training])
    starts = _starts(tested) if protocol.forward else [(-1, 1 << 60)]
    answered: list[tuple[Example, Model]] = []
    for start, end in starts:
        for number in range(FOLDS):
            cases = [e for e in tested if place[e.group] == number and start <= e.day < end]
            # Neither the group nor, forward in time, anything that was published later.
            known = [e for e in training if place[e.group] != number and (not protocol.forward or e.day < start)]
            model = train(known)
            answered += [(case, model) for case in cases]
    lost = sum(not case.findable for case, _ in answered)
    rows = [row for case, model in answered for row in _rows(case, model)]
    return _result(protocol, rows, lost)


def _campaigns(
    protocol: Protocol,
    held: Sequence[Observation],
    corpus: Corpus,
    found: Sequence[Observation],
    training: Sequence[Example],
) -> Result:
    cited = {report for seen in held for report in seen.reports}
    clean = [e for e in training if not cited & set(found[e.number].reports)]
    tested = list(examples(corpus, held, protocol.view))
    place = _places([*tested, *clean])
    models = [train([e for e in clean if place[e.group] != number]) for number in range(FOLDS)]
    rows = []
    for case in tested:
        if case.group < 0 or case.findable:
            rows.append(_row(case, models[place[case.group]], erased=False))
    lost = sum(case.group >= 0 and not case.findable for case in tested)
    return _result(protocol, rows, lost)


def _places(found: Sequence[Example]) -> dict[int, int]:
    fold = fold_of(found, FOLDS, seed=1)
    return {example.group: int(number) for example, number in zip(found, fold, strict=True)}


def _starts(tested: Sequence[Example]) -> list[tuple[int, int]]:
    """First day of each period but the first, and of the one after it."""
    days = np.sort([example.day for example in tested])
    cuts = [int(days[len(days) * number // PERIODS]) for number in range(1, PERIODS)]
    return list(zip(cuts, [*cuts[1:], 1 << 60], strict=True))


Row = tuple[int, bool, float, float, bool, float]
"""As the columns of Outcomes."""


def _rows(case: Example, model: Model) -> list[Row]:
    """The case with its group in the knowledge, and with the group erased; nothing if there is nothing to erase."""
    return [_row(case, model, erased=False), _row(case, model, erased=True)] if case.findable else []


def _row(case: Example, model: Model, *, erased: bool) -> Row:
    table, known = (case.table_without, case.known_without) if erased else (case.table, case.known)
    sizes = np.array([case.techniques], float), np.array([case.software], float)
    shares, unknown = model.probabilities(table[None], known[None], *sizes)
    best = int(shares[0].argmax())
    present = not erased and case.group >= 0
    rank = float("inf")
    if present:
        score = model.scores(table, known)
        # Of groups with equal scores the true one counts as the last.
        rank = float((score >= score[case.group]).sum() - 1)
    right = present and best == case.group
    return case.group, present, rank, float(shares[0, best]), right, float(1 - unknown[0])


def _result(protocol: Protocol, rows: Sequence[Row], lost: int) -> Result:
    outcomes = Outcomes(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.bool_),
        np.array([row[2] for row in rows], float),
        np.array([row[3] for row in rows], float),
        np.array([row[4] for row in rows], np.bool_),
        np.array([row[5] for row in rows], float),
    )
    values, here = measures(outcomes), int(outcomes.present.sum())
    return Result(
        protocol, here, lost, values, intervals(outcomes), macro(outcomes),
        values["top1"] * here / max(here + lost, 1), {share: _stream(outcomes, share) for share in STREAMS}, outcomes,
    )  # fmt: skip


def _stream(outcomes: Outcomes, share: float) -> dict[str, float]:
    """The measures when ``share`` of the cases are unknowns: each unknown case counts as often as that takes."""
    here, absent = np.flatnonzero(outcomes.present), np.flatnonzero(~outcomes.present)
    wanted = round(len(here) * share / (1 - share))
    return measures(outcomes.take(np.concatenate([here, np.resize(absent, wanted)]))) if len(absent) else {}
