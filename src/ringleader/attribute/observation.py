"""Examples to learn and to be measured on: one report about one group, taken out of the knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringleader.attribute import features
from ringleader.attribute.corpus import Corpus, Ints, Standing
from ringleader.attribute.features import Evidence

LEAST = 5
"""Techniques that a report must name to be an observation."""


@dataclass(frozen=True)
class Observation:
    """``reports`` are those that go, from every group and every piece of software; ``day`` is the ordinal of the first
    day on which the report can have appeared, -1 if unknown. ``group`` is -1 where nobody knows it."""

    group: int
    reports: tuple[int, ...]
    techniques: Ints
    software: Ints
    day: int


@dataclass(frozen=True)
class View:
    """How an observation is shown.

    ``window``: reports about the true group within so many days go too, and undated ones, which may lie within.
    ``past``: only reports stand that had certainly appeared before. ``kinds``: what evidence is seen. ``thinned``: half
    of it is detected, and three techniques are false.
    """

    window: int = 0
    past: bool = False
    software: bool = True
    thinned: bool = False


@dataclass(frozen=True)
class Example:
    """An observation in a view: features (G x K) and candidates (G) with the true group in the knowledge (``table``,
    ``known``), and with that group erased and everything computed again (``table_without``, ``known_without``)."""

    number: int
    group: int
    day: int
    techniques: int
    software: int
    table: NDArray[np.float64]
    known: NDArray[np.bool_]
    table_without: NDArray[np.float64]
    known_without: NDArray[np.bool_]

    @property
    def findable(self) -> bool:
        """Whether anything of the true group is left to be found."""
        return self.group >= 0 and bool(self.known[self.group])


def observations(corpus: Corpus, least: int = LEAST) -> list[Observation]:
    """All of them, in order of group and report. What only a campaign shows does not make one."""
    found = []
    for pair, (group, report) in enumerate(zip(corpus.pair_group, corpus.pair_report, strict=True)):
        techniques = np.flatnonzero(corpus.own_technique[pair])
        if report != corpus.uncited and len(techniques) >= least:
            software = np.flatnonzero(corpus.own_software[pair])
            found.append(Observation(int(group), (int(report),), techniques, software, int(corpus.first_day[report])))
    return found


def examples(corpus: Corpus, found: Iterable[Observation], view: View) -> Iterator[Example]:
    """Each observation in ``view``. Those without a date are left out where the view needs one."""
    for number, observation in enumerate(found):
        if (view.window or view.past) and observation.day < 0:
            continue
        yield example(corpus, observation, view, number)


def example(corpus: Corpus, observation: Observation, view: View, number: int = 0) -> Example:
    """One observation in ``view``. ``number`` seeds what is drawn."""
    reports, pairs = removed(corpus, observation, view)
    known = corpus.standing(reports, pairs)
    without = corpus.standing(reports, pairs, observation.group if observation.group >= 0 else None)
    seen = shown(observation, view, known, number)
    return Example(
        number,
        observation.group,
        observation.day,
        len(seen.techniques),
        len(seen.software),
        features.table(known, seen),
        known.known,
        features.table(without, seen),
        without.known,
    )


def removed(corpus: Corpus, observation: Observation, view: View) -> tuple[list[int], Ints]:
    """The reports that go, and the pairs that go besides.

    What the true group is said to do without a citation goes too: the held-out report may be its source.
    """
    reports = list(observation.reports)
    mine = corpus.pair_group == observation.group
    dropped = mine & (corpus.pair_report == corpus.uncited)
    if view.window:
        first = min(corpus.first_day[report] for report in observation.reports)
        last = max(corpus.last_day[report] for report in observation.reports)
        near = (corpus.last_day >= first - view.window) & (corpus.first_day <= last + view.window)
        dropped |= mine & (near | (corpus.first_day < 0))[corpus.pair_report]
    if view.past:
        later = (corpus.first_day < 0) | (corpus.last_day >= observation.day)
        later[corpus.uncited] = True
        reports += np.flatnonzero(later).tolist()
    return reports, np.flatnonzero(dropped)


def shown(observation: Observation, view: View, standing: Standing, number: int) -> Evidence:
    """What of the observation is seen."""
    techniques = observation.techniques
    software = observation.software if view.software else observation.software[:0]
    if view.thinned:
        draw = np.random.default_rng([number, 5])
        detected = techniques[draw.random(len(techniques)) < 0.5]
        # False alarms are common techniques, not any.
        weight = standing.technique_holders.astype(float)
        weight[observation.techniques] = 0
        false = draw.choice(len(weight), min(3, int((weight > 0).sum())), replace=False, p=weight / weight.sum())
        techniques = np.union1d(detected, false)
        software = software[draw.random(len(software)) < 0.5]
    return Evidence.of(techniques, software)
