"""What is held out, and from whom: the protocols under which attribution is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ringleader.attribute.corpus import Corpus
from ringleader.attribute.fit import VIEWS
from ringleader.attribute.observation import LEAST, Observation, View
from ringleader.knowledge import Knowledge


@dataclass(frozen=True)
class Protocol:
    """``view`` is how each observation is tested, ``training`` how observations of other groups are learnt from.
    ``bars`` are what the project set out to reach, by measure."""

    name: str
    what: str
    view: View
    bars: Mapping[str, float]
    training: tuple[View, ...] = VIEWS
    forward: bool = False
    campaigns: bool = False


def _bars(*values: float) -> dict[str, float]:
    return dict(zip(("top1", "top3", "auroc", "ece", "precision", "recall"), values, strict=False))


PAST = tuple(View(past=True, software=view.software, thinned=view.thinned) for view in VIEWS if not view.window)
"""Training views for the test of time: in them, too, an observation sees only what had appeared before it."""

PROTOCOLS = (
    Protocol("held-out", "report held out", View(), _bars(0.63, 0.75, 0.78, 0.03, 0.95, 0.23)),
    Protocol("window", "and reports within 90 days", View(window=90), _bars(0.55, 0.66, 0.74, 0.03, 0.95, 0.20)),
    Protocol(
        "window-techniques",
        "the same, techniques alone",
        View(window=90, software=False),
        _bars(0.35, 0.52, 0.61, 0.03),
    ),
    Protocol(
        "forward", "forward in time", View(past=True), _bars(0.52, 0.63, 0.71, 0.03, 0.95, 0.13), PAST, forward=True
    ),
    Protocol("thinned", "half detected, three false techniques", View(thinned=True), _bars(0.41, 0.53, 0.68, 0.03)),
    Protocol("campaigns", "ATT&CK campaigns held out", View(), _bars(0.41, 0.59, 0.62), campaigns=True),
)


def campaigns(knowledge: Knowledge, corpus: Corpus) -> list[Observation]:
    """ATT&CK's campaigns with enough techniques; ``group`` is -1 for those that nobody attributes.

    Every report that is cited for anything about a campaign goes, so that none of it stands again on the group.
    """
    row = {
        kind: {key: number for number, key in enumerate(keys)}
        for kind, keys in (("group", corpus.groups), ("technique", corpus.techniques), ("software", corpus.software))
    }
    used: dict[str, set[str]] = defaultdict(set)
    cited: dict[str, set[int]] = defaultdict(set)
    masters: dict[str, set[str]] = defaultdict(set)
    for relation in knowledge.relations:
        if knowledge.entities[relation.source].kind == "campaign":
            cited[relation.source].update(relation.reports)
            (used if relation.type == "uses" else masters)[relation.source].add(relation.target)
    found = []
    for key in sorted(used):
        techniques = np.array(sorted(row["technique"][t] for t in used[key] if t in row["technique"]), np.int64)
        software = np.array(sorted(row["software"][s] for s in used[key] if s in row["software"]), np.int64)
        # A campaign of several groups has no single right answer.
        if len(techniques) < LEAST or len(masters[key]) > 1:
            continue
        group = row["group"][next(iter(masters[key]))] if masters[key] else -1
        days = [int(corpus.first_day[report]) for report in cited[key] if corpus.first_day[report] >= 0]
        reports = tuple(sorted(cited[key]))
        found.append(Observation(group, reports, techniques, software, min(days, default=-1)))
    return found
