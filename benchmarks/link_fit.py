"""Fits ``src/ringleader/link/model.yml`` on simulated operators, and on recordings of OTRF that are moved into each
other's time: logistic regressions on whether a bundle of findings is an actor's, and whether two are the same actor's.

    python benchmarks/link_fit.py --seeds 100 101 ... 109 --cases DIR --rules SIGMA.zip --with-rules DIR2 --draws 30

The recordings are those of the half ``fit`` of ``link_otrf.py``. All in them are attacks, so they say nothing about who
is nobody; nor are they months long, nor do they know whose accounts are (all share them), so that only pairs on one
host count. Two bundles of nobody that are compared only because one followed the other at once say nothing either: they
may well be one thing.

``DIR/sSEED/alpha/case`` and ``DIR/sSEED/truth/alpha`` are what ``ringleader simulate``, ``ingest`` and ``detect`` made
of each seed; what is missing is made.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, get_args

import link_otrf
import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ringleader.link import bridge, kernel, stage, suspicion
from ringleader.link.bundle import Bundle
from ringleader.link.entities import vocabulary
from ringleader.link.model import Model
from ringleader.scenario import truth
from ringleader.scenario.scores.linking import MONTH
from ringleader.scenario.scores.matched import NONE, match
from ringleader.store import Store

RIDGE = 3.0
FLOOR = -1.0
MARGIN = 0.1
"""An intrusion has log odds so far above those of the noise, of which one in 1,000 host-months is let through."""
LEAST = 0.5

Floats = NDArray[np.float64]


@dataclass
class Told:
    """``actors``: whose each bundle is, None for nobody's; ``host_months`` of the evidence."""

    found: kernel.Bundled
    actors: list[int | None]
    host_months: float


def told(folder: Path, seed: int, rules: list[Path]) -> Told:
    case, where = folder / f"s{seed}" / "alpha" / "case", folder / f"s{seed}" / "truth" / "alpha"
    if not (case / "store").exists():
        make(folder / f"s{seed}", seed, rules)
    store = Store.open(case)
    words = vocabulary()
    findings = store.read("findings")
    found = kernel.bundled(findings, stage.around(store, findings, words, stage.Summary()), words)
    judged = match(store, truth.read(where))
    actor = dict(zip(judged.findings["finding_id"].to_pylist(), judged.actor.tolist(), strict=True))
    actors = []
    for one in found.bundles:
        counts = Counter(actor[found.vertices[n].name] for n in one.findings)
        counts.pop(NONE, None)
        actors.append(counts.most_common(1)[0][0] if counts else None)
    return Told(found, actors, judged.host_days / MONTH)


def make(folder: Path, seed: int, rules: list[Path]) -> None:
    chosen = [item for path in rules for item in ("--rules", path)]
    for verb in (
        ["simulate", folder, "--seed", seed],
        ["ingest", folder / "alpha" / "case", folder / "alpha" / "evidence"],
        ["detect", folder / "alpha" / "case", *chosen],
    ):
        subprocess.run(
            [sys.executable, "-m", "ringleader", *map(str, verb), "--quiet"], check=True, capture_output=True
        )


def drawn(draws: int) -> list[Told]:
    """Recordings that are moved into each other's time, ``draws`` for each spread of their beginnings."""
    out = []
    families = link_otrf.half(link_otrf.recordings(), "fit") if draws else {}
    for name, spread in link_otrf.SPREADS.items() if draws else ():
        random = Random(f"learn {name}")
        for _ in range(draws):
            one = link_otrf.interleaved(families, random, spread)
            found = kernel.bundled(one.findings, one.events, vocabulary())
            whose = [Counter(one.truth[found.vertices[n].name] for n in each.findings) for each in found.bundles]
            out.append(Told(found, [counts.most_common(1)[0][0] for counts in whose], 0.0))
    return out


def fit(x: Floats, y: Floats, weight: Floats, growing: list[bool]) -> Floats:
    """Weights of the features, the constant first and without penalty; none below nothing where ``growing``."""
    scale = x.std(0)
    scale[scale == 0] = 1
    scale[0] = 1
    z = x / scale

    def loss(beta: Floats) -> tuple[float, Floats]:
        margin = z @ beta
        value = weight @ (np.logaddexp(0, margin) - y * margin) + RIDGE / 2 * (beta[1:] @ beta[1:])
        slope = z.T @ (weight * (1 / (1 + np.exp(-margin)) - y))
        slope[1:] += RIDGE * beta[1:]
        return float(value), slope

    bounds = [(0, None) if each else (None, None) for each in growing]
    start = np.zeros(z.shape[1])
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 5000})
    return np.asarray(found.x / scale)


def named(names: tuple[str, ...], beta: Floats) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, beta, strict=True)}


def learn(cases: list[Told], recorded: list[Told], fitted: str) -> Model:
    entities = vocabulary().entities
    asked = [suspicion.Suspicion(one.found.vertices, one.found.rows, one.found.days, entities) for one in cases]
    single = [[ask.features([each]) for each in one.found.bundles] for ask, one in zip(asked, cases, strict=True)]
    mine = [actor is not None for one in cases for actor in one.actors]
    dark = [ask.blind().features([each]) for ask, one in zip(asked, cases, strict=True) for each in one.found.bundles]
    of_bundles = fitted_to(suspicion.FEATURES, [row for rows in single for row in rows] + dark, mine + mine)
    odds = [[suspicion.log_odds(of_bundles, row) for row in rows] for rows in single]
    pairs: dict[str, list[list[float]]] = {reach: [] for reach in get_args(bridge.Reach)}
    same: dict[str, list[bool]] = {reach: [] for reach in pairs}
    whose: dict[str, list[tuple[int, frozenset[int | None]]]] = {reach: [] for reach in pairs}
    every = list(zip(cases, odds, strict=True)) + [(one, sure_of(one, of_bundles)) for one in recorded]
    for number, (one, sure) in enumerate(every):
        bridges = bridge.Bridges(one.found.bundles, sure, one.found.days, entities)
        for pair in bridges.pairs(FLOOR):
            left, right = one.actors[pair.left], one.actors[pair.right]
            shared = bridges.compare(pair)
            unsaid = left is None and right is None and max(sure[pair.left], sure[pair.right]) < FLOOR
            elsewhere = number >= len(cases) and one.found.bundles[pair.left].hosts.isdisjoint(
                one.found.bundles[pair.right].hosts
            )
            if unsaid or elsewhere or not bridge.speaks(shared):
                continue
            pairs[shared.reach].append(shared.features)
            same[shared.reach].append(left is not None and left == right)
            whose[shared.reach].append((number, frozenset((left, right))))
    once, near, far = (fitted_to(bridge.FEATURES, pairs[reach], same[reach], whose[reach]) for reach in pairs)
    counts = ", ".join(f"{len(some):,} {reach}" for reach, some in pairs.items())
    said = f"{fitted}: {len(mine):,} bundles, pairs {counts}, ridge {RIDGE:g}"
    first = Model(said, 0.0, FLOOR, LEAST, of_bundles, {}, once, near, far)
    rows, dark, anyone = [], [], []
    for ask, one, sure in zip(asked, cases, odds, strict=True):
        for some, actor in groups(one, sure, first):
            rows.append(ask.features(some))
            dark.append(ask.blind().features(some))
            anyone.append(actor)
    return msgspec.structs.replace(first, group=fitted_to(suspicion.FEATURES, rows + dark, anyone + anyone))


def sure_of(one: Told, of_bundles: dict[str, float]) -> list[float]:
    """The log odds of each bundle."""
    ask = suspicion.Suspicion(one.found.vertices, one.found.rows, one.found.days, vocabulary().entities)
    return [suspicion.log_odds(of_bundles, ask.features([each])) for each in one.found.bundles]


def groups(one: Told, sure: list[float], learnt: Model) -> Iterator[tuple[list[Bundle], bool]]:
    """Each group that linking makes of a case, and whether there is any actor in it."""
    of = {id(each): actor for each, actor in zip(one.found.bundles, one.actors, strict=True)}
    for some in kernel.grouped(one.found, sure, vocabulary(), learnt)[0]:
        yield some, any(of[id(each)] is not None for each in some)


def worthy(cases: list[Told], learnt: Model) -> float:
    """The log odds which of the groups with nobody in them one in 1,000 host-months exceeds."""
    noise = []
    for one in cases:
        ask = suspicion.Suspicion(one.found.vertices, one.found.rows, one.found.days, vocabulary().entities)
        sure = sure_of(one, learnt.suspicion)
        noise += [
            suspicion.log_odds(learnt.group, ask.features(some))
            for some, actor in groups(one, sure, learnt)
            if not actor
        ]
    allowed = int(sum(one.host_months for one in cases) / 1000)
    return sorted(noise)[-1 - allowed] + MARGIN


def fitted_to(
    names: tuple[str, ...], rows: list[list[float]], truth: list[bool], whose: list[Any] | None = None
) -> dict[str, float]:
    """``whose`` two actors each row is of: those with many rows weigh the root of their number."""
    count = Counter(whose or ())
    weight = np.array([count[each] ** -0.5 for each in whose]) if whose else np.ones(len(truth))
    growing = [name in suspicion.GROWING and names is suspicion.FEATURES for name in names]
    return named(names, fit(np.array(rows), np.array(truth, float), weight, growing))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(100, 110)))
    parser.add_argument("--choose", type=int, nargs="*", default=[], help="seeds for the threshold alone, besides")
    parser.add_argument("--cases", type=Path, required=True, help="folder for the cases with the built-in rules")
    parser.add_argument("--rules", type=Path, help="a release zip of SigmaHQ")
    parser.add_argument("--with-rules", type=Path, help="folder for the cases with those rules too")
    parser.add_argument("--seeds-with-rules", type=int, nargs="+", help="seeds of these; default: the same")
    parser.add_argument("--draws", type=int, default=30, help="of recordings, for each spread of their beginnings")
    asked = parser.parse_args()
    cases = [told(asked.cases, seed, []) for seed in asked.seeds]
    said = f"benchmarks/link_fit.py --seeds {' '.join(map(str, asked.seeds))}"
    if asked.rules:
        seeds = asked.seeds_with_rules or asked.seeds
        cases += [told(asked.with_rules, seed, [asked.rules]) for seed in seeds]
        said += f" --rules {asked.rules.name} --seeds-with-rules {' '.join(map(str, seeds))}"
    said += f" --draws {asked.draws}"
    learnt = learn(cases, drawn(asked.draws), said)
    if asked.choose:
        said += f" --choose {' '.join(map(str, asked.choose))}"
        cases += [told(asked.cases, seed, []) for seed in asked.choose]
    least = round(worthy(cases, learnt), 2)
    how = f"{said}: {learnt.fitted.partition(': ')[2]}"
    learnt = msgspec.structs.replace(learnt, fitted=how, worthy=least)
    print(msgspec.yaml.encode(learnt).decode(), end="")


if __name__ == "__main__":
    main()
