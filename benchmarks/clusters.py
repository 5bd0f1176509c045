"""Campaigns on simulated operators: what clustering makes of them, over seeds.

    clusters.py make --out DIR --seeds 1-20 [--coincidental]   simulate, hunt, and lay the case out twice
    clusters.py fit --out DIR --seeds 100-109                  write cluster/calibration.json
    clusters.py report --out DIR --seeds 1-20                  the figures
    clusters.py coordination --out DIR --seeds 1-20            are coordinated worlds told from coincidental ones?

Each operator is hunted once. Beside the case as it is, a second one is made in which the intrusions are the true ones
(the true findings, grouped by the truth): there clustering is measured without what the linker did before it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.optimize import minimize

import ringleader.cluster
from ringleader.case import Case
from ringleader.cluster import background, likeness, source
from ringleader.cluster.calibration import Calibration, calibration
from ringleader.cluster.grouping import group, together
from ringleader.cluster.likeness import Compared
from ringleader.cluster.overlap import overlaps
from ringleader.cluster.source import Intrusion
from ringleader.evaluate.measure import auroc, ece
from ringleader.knowledge import Knowledge
from ringleader.scenario import truth as truths
from ringleader.scenario.scores.agreement import Agreement, agreement, singletons
from ringleader.scenario.scores.matched import Matched, match
from ringleader.schema import tables
from ringleader.store import Store

FILE = Path(ringleader.cluster.__file__).parent / "calibration.json"
VARIANTS = ("linked", "true")
ACTORS = ("glass-otter", "quiet-loom", "tin-heron")
STAGES = ("ingest", "detect", "link", "profile")


def make(out: Path, seed: int, coincidental: bool) -> None:
    """One operator: ``linked`` is the case as it is, ``true`` the one with the true intrusions."""
    folder = place(out, seed, coincidental)
    if (folder / "done").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    call("simulate", folder / "made", "--seed", seed, *(["--coincidental"] if coincidental else []), "--quiet")
    case = folder / "linked"
    shutil.move(folder / "made" / "alpha" / "case", case)
    call("ingest", case, folder / "made" / "alpha" / "evidence", "--quiet")
    for stage in STAGES[1:]:
        call(stage, case, "--quiet")
    shutil.move(folder / "made" / "truth" / "alpha", folder / "truth")
    shutil.rmtree(folder / "made")
    shutil.copytree(case, folder / "true", copy_function=_link)
    for name in ("manifest.jsonl", "lock"):
        if (source := case / "store" / name).exists():
            (folder / "true" / "store" / name).unlink()
            shutil.copy(source, folder / "true" / "store" / name)
    true_intrusions(folder)
    call("profile", folder / "true", "--quiet")
    (folder / "done").touch()


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def true_intrusions(folder: Path) -> None:
    """Replace the intrusions of ``true`` by those of the truth, each with all of its findings."""
    store = Store.open(folder / "true")
    matched = match(store, truths.read(folder / "truth"))
    findings = store.read("findings").to_pylist()
    members: dict[int, list[dict]] = {}
    for row, number in zip(findings, matched.intrusion.tolist(), strict=True):
        if number >= 0:
            members.setdefault(number, []).append(row)
    intrusions, steps = [], []
    for number, rows in sorted(members.items()):
        rows.sort(key=lambda row: (row["time"], row["finding_id"]))
        name = f"{number:016x}"
        intrusions.append(
            {
                "intrusion_id": name, "first_time": rows[0]["time"], "last_time": rows[-1]["time"],
                "hosts": list(dict.fromkeys(row["host"] for row in rows if row["host"])),
                "accounts": list(dict.fromkeys(row["account"] for row in rows if row["account"])),
                "tactics": [], "techniques": [], "findings": len(rows), "level": "high", "score": 1.0,
            }
        )  # fmt: skip
        steps += [
            {"intrusion_id": name, "finding_id": row["finding_id"], "entity_kind": "truth", "entity": "",
             "joined_to": None, "weight": None}
            for row in rows
        ]  # fmt: skip
    with store.transaction() as tx:
        for table, rows in (("intrusions", intrusions), ("steps", steps)):
            tx.drop_table(table)
            tx.write(table, "truth", pa.Table.from_pylist(rows, tables.ALL[table]))


def place(out: Path, seed: int, coincidental: bool) -> Path:
    return out / f"{seed:03}-{'coincidental' if coincidental else 'coordinated'}"


def call(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "ringleader", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def seeds(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


@dataclass
class World:
    """``actor`` of each intrusion, -1 for none. ``mixed``: whether an intrusion is of several actors."""

    seed: int
    variant: str
    found: list[Intrusion]
    actor: list[int]
    compared: Compared
    names: list[str]
    rules: likeness.Rules
    mixed: bool


def worlds(
    out: Path, wanted: str, kinds: tuple[bool, ...] = (False, True), variants: tuple[str, ...] = ("linked", "true")
) -> Iterator[World]:
    known = Knowledge.load()
    implied = background.implied(known)
    for seed in seeds(wanted):
        for coincidental in kinds:
            folder = place(out, seed, coincidental)
            if not (folder / "done").exists():
                continue
            for variant in variants:
                store = Store.open(folder / variant)
                matched = match(store, truths.read(folder / "truth"))
                found = source.intrusions(store)
                owner = {matched.found_ids[number]: actor for number, actor in matched.owner.items()}
                world = background.background(found, [store], known)
                evictions = tuple(sorted(one.time for one in Case.open(folder / variant).config.remediation))
                rules = likeness.Rules(world, implied, calibration(), evictions)
                yield World(
                    seed, variant, found, [owner.get(one.id, -1) for one in found],
                    likeness.compared(found, rules), [a.id for a in matched.actors], rules,
                    _mixed(matched),
                )  # fmt: skip


def _mixed(matched: Matched) -> bool:
    """Whether the linker has put several actors into one intrusion."""
    inside: dict[int, set[int]] = {}
    for intrusion, actor in zip(matched.found.tolist(), matched.actor.tolist(), strict=True):
        if intrusion >= 0 and actor >= 0:
            inside.setdefault(intrusion, set()).add(actor)
    return any(len(some) > 1 for some in inside.values())


FAMILIES = ("access", "habit", "infrastructure", "name", "target", "technique", "time", "tool")
LEAST, MOST, MIDDLE = 0.2, 1.5, 0.7
"""Bounds of the weights, and where the ridge pulls them. Sums of log-likelihood ratios would weigh 1 if their lines
were independent and their backgrounds right. The simulation must not teach more than how far they are from that: its
actors never share an address, say, and it would make that everything."""
RIDGE = 0.02
LIGHT = 0.2
"""Most that what is sought may weigh: who shares a tasking seeks the same."""


def table(some: list[World], without: str = "") -> tuple[np.ndarray, ...]:
    """Sums by family, whether one actor, weight and what its size takes off, of each pair; those that were not compared
    as one row each way. Each world weighs the same. Pairs with the actor ``without`` are left out."""
    rows, same, weight, offset = [], [], [], []
    shift = dataclasses.replace(calibration(), weights={}, base=0.0)
    for world in some:
        total, mine = [], []
        judged = [n for n, actor in enumerate(world.actor) if actor >= 0 and world.names[actor] != without]
        for (a, b), one in world.compared.pairs.items():
            if min(world.actor[a], world.actor[b]) >= 0 and without not in (
                world.names[world.actor[a]],
                world.names[world.actor[b]],
            ):
                total.append([one.sums.families.get(name, 0.0) for name in FAMILIES])
                offset.append(shift.log_odds({}, one.traits))
                mine.append(world.actor[a] == world.actor[b])
        counts = Counter(world.actor[n] for n in judged)
        alike = sum(n * (n - 1) // 2 for n in counts.values()) - sum(mine)
        others = len(judged) * (len(judged) - 1) // 2 - len(mine) - alike
        rows += [*total, [0.0] * len(FAMILIES), [0.0] * len(FAMILIES)]
        offset += [0.0, 0.0]
        same += [*mine, True, False]
        every = max(len(total) + alike + others, 1)
        weight += [1 / every] * len(total) + [alike / every, others / every]
    return np.array(rows), np.array(same, float), np.array(weight), np.array(offset)


def fitted(some: list[World], without: str = "") -> tuple[dict[str, float], float]:
    """Weights by family, none negative, and the base: a logistic regression with a small ridge."""
    rows, same, weight, offset = table(some, without)
    weight = weight / weight.sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        score = rows @ theta[:-1] + theta[-1] + offset
        value = weight @ (np.logaddexp(0, score) - same * score) + RIDGE * ((theta[:-1] - MIDDLE) ** 2).sum()
        error = weight * (1 / (1 + np.exp(-score)) - same)
        return float(value), np.append(rows.T @ error + 2 * RIDGE * (theta[:-1] - MIDDLE), error.sum())

    most = {"target": (0, LIGHT)}
    solved = minimize(
        loss, np.append(np.full(len(FAMILIES), 0.3), -2.0), jac=True, method="L-BFGS-B",
        bounds=[*(most.get(name, (LEAST, MOST)) for name in FAMILIES), (None, None)],
    )  # fmt: skip
    return {n: round(float(w), 3) for n, w in zip(FAMILIES, solved.x, strict=False)}, round(float(solved.x[-1]), 3)


@dataclass
class Figures:
    """``campaigns`` of the actor, of each that is no decoy; ``false`` merges; ``mixed`` intrusions in them."""

    agreement: Agreement
    campaigns: dict[str, int]
    false: list[list[str]]
    single: Agreement


def measured(world: World, model: Calibration) -> Figures:
    pairs = {pair: likeness.judged(one.sums, one.traits, model) for pair, one in world.compared.pairs.items()}
    seen = dataclasses.replace(world.compared, pairs=pairs)
    clusters = group(world.found, dataclasses.replace(world.rules, model=model), compared=seen).clusters
    place = {member: number for number, some in enumerate(clusters) for member in some}
    judged = [n for n, actor in enumerate(world.actor) if actor >= 0]
    true = np.array([world.actor[n] for n in judged])
    held = np.array([place[n] for n in judged])
    others = np.array([place[n] for n, actor in enumerate(world.actor) if actor < 0], np.int64)
    inside: dict[int, set[str]] = {}
    parts: dict[str, set[int]] = {}
    for n in judged:
        inside.setdefault(place[n], set()).add(world.names[world.actor[n]])
        parts.setdefault(world.names[world.actor[n]], set()).add(place[n])
    return Figures(
        agreement(held, true, others),
        {name: len(some) for name, some in sorted(parts.items())},
        [sorted(some) for some in inside.values() if len(some) > 1],
        singletons(true),
    )


def model_of(weights: dict[str, float], base: float, cut: float) -> Calibration:
    now = calibration()
    return dataclasses.replace(now, weights=weights, base=base, cut=cut)


def fit(out: Path, wanted: str) -> None:
    some = list(worlds(out, wanted))
    weights, base = fitted(some)
    print(weights, base)
    print("cut   false merges   B-cubed F1 linked, true   campaigns of the three actors linked, true")
    clean: list[float] = []
    for cut in np.arange(-2, 4.01, 0.5):
        rows = {v: [measured(w, model_of(weights, base, float(cut))) for w in some if w.variant == v] for v in VARIANTS}
        false = sum(len(one.false) for many in rows.values() for one in many)
        f1 = {v: statistics.mean(one.agreement.bcubed_f1 for one in many) for v, many in rows.items()}
        parts = {
            v: statistics.mean(one.campaigns.get(a, 0) for one in many for a in ACTORS) for v, many in rows.items()
        }
        print(
            f"{cut:4.1f}  {false:12}   {f1['linked']:.3f} {f1['true']:.3f}   {parts['linked']:.2f} {parts['true']:.2f}"
        )
        if not false:
            clean.append(float(cut))
    scale, shift = stated(some, model_of(weights, base, 0.0))
    best = round(-shift / scale, 2)  # where one actor is as likely as not
    print("cut", best, "scale", scale, "shift", shift, "no false merge at", clean)
    for name in [*ACTORS]:
        w, b = fitted(some, without=name)
        print("without", name, w, b)
    now = json.loads(FILE.read_text())
    now |= {
        "weights": weights, "base": base, "cut": best, "scale": scale, "shift": shift,
        "fitted": f"benchmarks/clusters.py fit --seeds {wanted}: {len(some)} worlds of simulated operators",
    }  # fmt: skip
    FILE.write_text(json.dumps(now, indent=1) + "\n")


def coordination(out: Path, wanted: str) -> None:
    """Are worlds with a common tasking told from those without? Each pair of the three actors, all of an actor's true
    intrusions as one campaign, so that nothing else is measured."""
    known = Knowledge.load()
    found: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
    for coincidental in (False, True):
        for world in worlds(out, wanted, (coincidental,), ("true",)):
            sides = [
                (name, together([one for one, a in zip(world.found, world.actor, strict=True) if a == number]))
                for number, name in enumerate(world.names)
                if name in ACTORS and number in world.actor
            ]
            for row in overlaps(sides, world.rules, known):
                told = json.loads(row["hypotheses"])
                weight = {one["name"]: one["weight"] for one in told["hypotheses"]}
                others = weight["coincidence"] + weight["shared-supplier"]
                ratio = np.log((weight["one-tasking"] + 1e-3) / (others + 1e-3))
                shared = sum(line["kind"] == "subscriber" for line in json.loads(row["contributions"]))
                found[coincidental].append((float(ratio), told["timing_z"] or 0.0, float(shared)))
    both = {kind: np.array(rows) for kind, rows in found.items()}
    print("pairs of actors:", {("coincidental" if kind else "coordinated"): len(rows) for kind, rows in both.items()})
    for place, name in enumerate(("weight of tasking", "timing z", "subscribers in common")):
        area = auroc(both[False][:, place], both[True][:, place])
        print(
            f"{name}: AUROC {area:.3f}, means {both[False][:, place].mean():.2f} and {both[True][:, place].mean():.2f}"
        )
    missed, false = (both[False][:, 0] <= 0).mean(), (both[True][:, 0] > 0).mean()
    print(f"tasking outweighs the rest: missed {missed:.3f} of coordinated, false {false:.3f} of coincidental")


def stated(some: list[World], model: Calibration) -> tuple[float, float]:
    """Slope and intercept that make the log-odds of the pairs that are kept right on average, each world alike."""
    odds, same, weight = [], [], []
    for world in some:
        mine = [
            (model.log_odds(one.sums.families, one.traits), world.actor[a] == world.actor[b])
            for (a, b), one in world.compared.pairs.items()
            if min(world.actor[a], world.actor[b]) >= 0
        ]
        odds += [value for value, _ in mine]
        same += [alike for _, alike in mine]
        weight += [1 / len(mine)] * len(mine)
    x, y, w = np.array(odds), np.array(same, float), np.array(weight)

    def loss(theta: np.ndarray) -> float:
        score = theta[0] * x + theta[1]
        return float(w @ (np.logaddexp(0, score) - y * score))

    found = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=[(0.1, 10), (None, None)]).x
    return round(float(found[0]), 3), round(float(found[1]), 3)


def report(out: Path, wanted: str) -> None:
    by: dict[str, list[Figures]] = {variant: [] for variant in VARIANTS}
    said: dict[str, list[tuple[float, bool]]] = {variant: [] for variant in VARIANTS}
    model = calibration()
    count: Counter[str] = Counter()
    for world in worlds(out, wanted):
        got = measured(world, model)
        by[world.variant].append(got)
        count[world.variant] += 1
        for (a, b), one in world.compared.pairs.items():
            if min(world.actor[a], world.actor[b]) >= 0:
                said[world.variant].append(
                    (model.probability(model.log_odds(one.sums.families, one.traits)), world.actor[a] == world.actor[b])
                )
        for actors in got.false:
            print(world.seed, world.variant, actors, "through an intrusion of several" if world.mixed else "")
    for variant, many in by.items():
        print(f"{variant}: {len(many)} worlds")
        print(
            "  false merges", sum(len(one.false) for one in many), "in", sum(bool(one.false) for one in many), "worlds"
        )
        for name in ("bcubed_precision", "bcubed_recall", "bcubed_f1", "ari"):
            print(
                f"  {name} {statistics.mean(getattr(one.agreement, name) for one in many):.3f}"
                f" (all single {statistics.mean(getattr(one.single, name) or 0 for one in many):.3f})"
            )
        for actor in sorted({name for one in many for name in one.campaigns}):
            parts = [one.campaigns[actor] for one in many if actor in one.campaigns]
            print(f"  {actor}: campaigns mean {statistics.mean(parts):.2f}, one in {parts.count(1)} of {len(parts)}")
        p = np.array([x for x, _ in said[variant]])
        y = np.array([x for _, x in said[variant]])
        sure = p >= 0.9
        print(f"  pairs {len(p)}, ECE {ece(p, y):.3f}; of {sure.sum()} stated p >= .9 {y[sure].sum()} are right")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "fit", "report", "coordination"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--coincidental", action="store_true")
    given = parser.parse_args()
    if given.what == "fit":
        fit(given.out, given.seeds)
    elif given.what == "coordination":
        coordination(given.out, given.seeds)
    elif given.what == "report":
        report(given.out, given.seeds)
    else:
        for seed in seeds(given.seeds):
            make(given.out, seed, given.coincidental)
            print(seed, flush=True)


if __name__ == "__main__":
    main()
