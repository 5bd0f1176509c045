"""Assessments of simulated operators beside their truth, apart from how well findings were linked.

    python benchmarks/assess.py SEED... [--keep DIR] [--found] [--no-hosts]

Simulates each seed, ingests, detects, makes intrusions and campaigns out of the truth (with ``--found`` those that the
stages find are kept), profiles, assesses, and scores. Remediations in the case file name the hosts that were cleaned,
as an operator that keeps a record would write them; ``--no-hosts`` leaves the case file as it is simulated.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ringleader import pipeline
from ringleader.case import Case
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.scenario import score as scores
from ringleader.scenario import truth as truths
from ringleader.scenario.scores import matched
from ringleader.schema import tables
from ringleader.store import Store

PARTS = ("entries", "suppliers", "targets", "re_entries", "left")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("seeds", nargs="+", type=int)
    options.add_argument("--keep", type=Path, help="folder for the cases; those that are there are used again")
    options.add_argument("--found", action="store_true", help="intrusions, and campaigns, as the stages find them")
    options.add_argument("--campaigns", action="store_true", help="with --found: campaigns from the truth")
    options.add_argument("--no-hosts", action="store_true")
    options.add_argument("--quiet", action="store_true", help="the sums alone")
    given = options.parse_args()
    root = given.keep or Path(tempfile.mkdtemp())
    sums = {part: [0, 0, 0] for part in PARTS}
    own = [0, 0, 0]
    late: list[float] = []
    for seed in given.seeds:
        figures, mine, seconds, first = one(root, seed, given)
        late += first
        for part in PARTS:
            told = asdict(getattr(figures, part))
            sums[part] = [a + told[name] for a, name in zip(sums[part], ("true", "claimed", "right"), strict=True)]
        own = [a + b for a, b in zip(own, mine, strict=True)]
        if not given.quiet:
            print(f"seed {seed}: {seconds:.1f} s", {part: _shares(*sums_of(getattr(figures, part))) for part in PARTS})
        if given.keep is None:
            shutil.rmtree(root / str(seed), ignore_errors=True)
    print(f"\n{len(given.seeds)} operators, intrusions {'as found' if given.found else 'from the truth'}")
    for part in PARTS:
        print(
            f"{part:<12} true {sums[part][0]:>5} claimed {sums[part][1]:>5} right {sums[part][2]:>5} ",
            _shares(*sums[part]),
        )
    print(
        f"{'targets of actors in found intrusions':<12} true {own[0]} claimed {own[1]} right {own[2]} ", _shares(*own)
    )
    if late:
        late.sort()
        print(f"first seen, days late: median {late[len(late) // 2]:.2f}, worst {late[-1]:.2f}, of {len(late)} actors")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def sums_of(found) -> tuple[int, int, int]:
    return found.true, found.claimed, found.right


def _shares(true: int, claimed: int, right: int) -> str:
    said = f"P {right / claimed:.3f}" if claimed else "P -"
    return said + (f" R {right / true:.3f}" if true else " R -")


def one(root: Path, seed: int, given):
    folder = root / str(seed)
    case = folder / "alpha" / "case"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _simulate(folder, seed)
        _hunt(case, folder / "alpha" / "evidence", ("ingest", "detect", "link"))
        shutil.rmtree(folder / "alpha" / "evidence")
        (folder / "ready").touch()
        shutil.copy(case / "ringleader.toml", folder / "as-simulated.toml")
    truth = truths.read(folder / "truth" / "alpha")
    plain = (folder / "as-simulated.toml").read_text()
    (case / "ringleader.toml").write_text(_with_hosts(plain, truth) if not given.no_hosts else plain)
    store = Store.open(case)
    if given.found:
        between = [one.name for one in pipeline.STAGES if one.name in ("link", "profile", "cluster")]
        _hunt(case, folder, tuple(between))
        store = Store.open(case)
        if given.campaigns:
            _campaigns(store, matched.match(store, truth))
    else:
        _from_truth(store, matched.match(store, truth))
        _hunt(case, folder, ("profile",))
    began = time.perf_counter()
    _hunt(case, folder, ("assess",))
    seconds = time.perf_counter() - began
    store = Store.open(case)
    score = scores.score(store, truth)
    figures = score.sections["assessment"].figures
    pair = matched.match(store, truth)
    seen = {pair.intrusions[n][0] for n in set(pair.intrusion[pair.found >= 0].tolist()) if n >= 0}
    return figures, _own(store, truth, seen, figures), seconds, _late(store, truth, pair)


def _own(store: Store, truth, seen: set[str], figures) -> tuple[int, int, int]:
    """Targets again, of those actors alone that are in any intrusion of the case."""
    true = sum(len(actor.subscribers) for actor in truth.story.actors if actor.id in seen)
    return true, figures.targets.claimed, figures.targets.right


def _late(store: Store, truth, pair) -> list[float]:
    """Days from an actor's first line in the case to the ``first`` of its campaign."""
    rows = store.read("assessments").to_pylist()
    said = {
        r["subject_id"]: json.loads(r["data"]).get("first")
        for r in rows
        if r["aspect"] == "since" and r["subject_kind"] == "campaign"
    }
    out = []
    for actor in truth.story.actors:
        told = said.get(f"c-{actor.id}")
        if told:
            first = min(line.time for line in truth.lines if line.actor == actor.id)
            out.append((datetime.fromisoformat(told) - first).total_seconds() / 86400)
    return out


def _simulate(folder: Path, seed: int) -> None:
    import subprocess

    subprocess.run(
        [sys.executable, "-m", "ringleader", "simulate", str(folder), "--seed", str(seed), "--quiet"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _hunt(case: Path, evidence: Path, names: tuple[str, ...]) -> None:
    from ringleader.detect.ruleset import BUILTIN

    opened = Case.open(case)
    for name in names:
        stage = next(one for one in pipeline.STAGES if one.name == name)
        run = pipeline.Run(
            case=opened, store=Store.open(case, create=True), engine=Local(1), progress=Silent(),
            evidence=(evidence,) if name == "ingest" else (), rules=(BUILTIN,),
        )  # fmt: skip
        pipeline.perform(stage, run)


def _with_hosts(text: str, truth) -> str:
    """The hosts that each eviction cleaned, into the blocks of the case file, by their times."""
    for eviction in truth.story.evictions:
        stamp = f"time = {eviction.time:%Y-%m-%dT%H:%M:%S}"
        block = re.search(re.escape(stamp) + r"[^\n]*\nwhat = [^\n]*\n(?!hosts)", text)
        if block:
            text = text[: block.end()] + f"hosts = {json.dumps(list(eviction.hosts))}\n" + text[block.end() :]
    return text


def _from_truth(store: Store, pair: matched.Matched) -> None:
    """Intrusions and campaigns as the truth has them, of the findings on labelled lines."""
    rows = store.read("findings").to_pylist()
    times = {row["finding_id"]: row for row in rows}
    ids = pair.findings["finding_id"].to_pylist()
    members: dict[int, list[str]] = {}
    for finding, number in zip(ids, pair.intrusion.tolist(), strict=True):
        if number >= 0:
            members.setdefault(number, []).append(finding)
    intrusions, steps, campaigns = [], [], {}
    for number, some in sorted(members.items()):
        actor, name = pair.intrusions[number]
        some.sort(key=lambda one: (times[one]["time"], one))
        own = [times[one] for one in some]
        intrusions.append({
            "intrusion_id": f"i-{name}", "first_time": own[0]["time"], "last_time": own[-1]["time"],
            "hosts": list(dict.fromkeys(row["host"] for row in own if row["host"])),
            "accounts": list(dict.fromkeys(row["account"] for row in own if row["account"])),
            "tactics": [], "techniques": sorted({t for row in own for t in row["techniques"] or ()}),
            "findings": len(own), "level": "high", "score": 1.0,
        })  # fmt: skip
        steps += [
            {
                "intrusion_id": f"i-{name}",
                "finding_id": one,
                "entity_kind": "first",
                "entity": "",
                "joined_to": None,
                "weight": None,
            }
            for one in some
        ]
        campaigns.setdefault(actor, []).append(intrusions[-1])
    table = [
        {"campaign_id": f"c-{actor}", "name": actor, "intrusion_ids": [one["intrusion_id"] for one in some],
         "first_time": some[0]["first_time"], "last_time": max(one["last_time"] for one in some),
         "weakest_bridge": None}
        for actor, some in campaigns.items()
    ]  # fmt: skip
    with store.transaction() as tx:
        for name, content in (("intrusions", intrusions), ("steps", steps), ("campaigns", table)):
            tx.drop_table(name)
            tx.write(name, "truth", pa.Table.from_pylist(content, tables.ALL[name]))


def _campaigns(store: Store, pair: matched.Matched) -> None:
    """Of each actor the found intrusions that are mostly its own; those of nobody are campaigns of their own."""
    rows = {row["intrusion_id"]: row for row in store.read("intrusions").to_pylist()}
    groups: dict[str, list[str]] = {}
    for number, name in enumerate(pair.found_ids):
        owner = pair.owner.get(number)
        groups.setdefault(f"c-{pair.actors[owner].id}" if owner is not None else f"c-{name}", []).append(name)
    table = []
    for campaign, some in groups.items():
        some.sort(key=lambda one: (rows[one]["first_time"], one))
        table.append({
            "campaign_id": campaign, "name": campaign, "intrusion_ids": some,
            "first_time": rows[some[0]]["first_time"], "last_time": max(rows[one]["last_time"] for one in some),
            "weakest_bridge": None,
        })  # fmt: skip
    with store.transaction() as tx:
        tx.drop_table("campaigns")
        if table:
            tx.write("campaigns", "truth", pa.Table.from_pylist(table, tables.CAMPAIGNS))


if __name__ == "__main__":
    main()
