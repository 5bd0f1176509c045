"""Whom simulated actors are likened to, over seeds: by what the truth says they did, by all that was found of each, and
by each intrusion that was found.

    python benchmarks/likeness.py --seeds 1 2 3 [--scale tiny] [--keep DIR]

"erased" asks again with the group that an actor imitates taken out of the knowledge. Actors that imitate nobody, and
these, should be "unknown". With --keep the simulated cases stay in DIR and are used again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ringleader.attribute import UNKNOWN, Attributor, Model
from ringleader.attribute.campaign import campaigns
from ringleader.attribute.stage import STRANGERS
from ringleader.compare import Profile, Trait
from ringleader.knowledge import BUILT_IN, Knowledge
from ringleader.scenario import truth as truths
from ringleader.scenario.scores.matched import NONE, Matched, match
from ringleader.store import Store


@dataclass(frozen=True)
class Asked:
    """``by``: which evidence. ``imitates``: the group, None for nobody's habits."""

    by: str
    actor: str
    imitates: str | None
    profile: Profile


def ringleader(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "ringleader", *map(str, arguments), "--quiet"], check=True, capture_output=True
    )


def simulated(folder: Path, seed: int, scale: str) -> Path:
    """A hunted case and its truth, below ``folder``."""
    place = folder / str(seed)
    if not (place / "truth").exists():
        ringleader("simulate", place, "--scale", scale, "--seed", seed, "--operator", "alpha")
        ringleader("hunt", place / "alpha" / "case", place / "alpha" / "evidence")
    return place


def asked(place: Path, knowledge: Knowledge) -> Iterator[Asked]:
    store = Store.open(place / "alpha" / "case")
    matched = match(store, truths.read(place / "truth" / "alpha"))
    shown = {one.id: one.profile for one in campaigns(store, knowledge)}
    owners = owner(matched)
    by_actor: dict[str, list[Trait]] = defaultdict(list)
    for intrusion, actor in owners.items():
        by_actor[actor] += list(shown[intrusion]) if intrusion in shown else []
    for actor in matched.actors:
        did = {step.technique for intrusion in actor.intrusions for step in intrusion.steps}
        told = Profile.of(actor.id, [Trait("technique", technique) for technique in sorted(did)])
        yield Asked("truth", actor.id, actor.imitates, told)
        if by_actor[actor.id]:
            yield Asked("all found", actor.id, actor.imitates, Profile.of(actor.id, by_actor[actor.id]))
        for intrusion, whose in sorted(owners.items()):
            if whose == actor.id and intrusion in shown:
                yield Asked("each intrusion", actor.id, actor.imitates, shown[intrusion])


def owner(matched: Matched) -> dict[str, str]:
    """The actor to whom most true findings of each found intrusion belong."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for found, actor in zip(matched.found.tolist(), matched.actor.tolist(), strict=True):
        if found != NONE and actor != NONE:
            counts[matched.found_ids[found]][matched.actors[actor].id] += 1
    return {key: min(some, key=lambda name: (-some[name], name)) for key, some in sorted(counts.items())}


class Asker:
    def __init__(self, knowledge: Knowledge) -> None:
        self._attributor = Attributor(knowledge, Model.load(BUILT_IN), STRANGERS)
        self._standing = self._attributor.standing
        self._without = {
            key: self._attributor.corpus.standing(group=row) for row, key in enumerate(self._attributor.corpus.groups)
        }

    def ask(self, profile: Profile, without: str | None = None) -> list[tuple[str, float, str]]:
        self._attributor.standing = self._without[without] if without else self._standing
        answer = self._attributor.attribute(profile, explained=3)
        return [(one.id, one.probability, one.verdict) for one in answer.candidates]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 21)))
    parser.add_argument("--scale", default="tiny")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    knowledge = Knowledge.load()
    asker = Asker(knowledge)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="likeness-"))
    known: dict[tuple[str, str], list[tuple[int, float, bool]]] = defaultdict(list)
    strangers: dict[tuple[str, str], list[tuple[float, bool, str]]] = defaultdict(list)
    for seed in given.seeds:
        for one in asked(simulated(folder, seed, given.scale), knowledge):
            answer = asker.ask(one.profile)
            if one.imitates:
                names = [name for name, _, _ in answer if name != UNKNOWN]
                share = next(p for name, p, _ in answer if name == one.imitates)
                known[one.by, one.actor].append((names.index(one.imitates) + 1, share, answer[0][0] == UNKNOWN))
                answer = asker.ask(one.profile, without=one.imitates)
            label = f"{one.actor} (group erased)" if one.imitates else one.actor
            share = next(p for name, p, _ in answer if name == UNKNOWN)
            claimed = next(verdict for name, _, verdict in answer if name != UNKNOWN)
            strangers[one.by, label].append((share, answer[0][0] == UNKNOWN, claimed))
    if given.keep is None:
        shutil.rmtree(folder)
    print(f"{len(given.seeds)} seeds\n\nImitators: rank of the group among groups, its probability, 'unknown' first")
    for (by, actor), rows in known.items():
        ranks = Counter(rank if rank <= 3 else 4 for rank, _, _ in rows)
        print(
            f"{by:15} {actor:30} {len(rows):4}  first {ranks[1] / len(rows):.2f}  of three "
            f"{1 - ranks[4] / len(rows):.2f}  probability {sum(r[1] for r in rows) / len(rows):.2f}  unknown "
            f"{sum(r[2] for r in rows) / len(rows):.2f}"
        )
    print("\nNot in the knowledge: probability of 'unknown', how often it is first, what the best group is called")
    for (by, actor), found in strangers.items():
        words = Counter(word for _, _, word in found)
        print(
            f"{by:15} {actor:30} {len(found):4}  probability {sum(r[0] for r in found) / len(found):.2f}  first "
            f"{sum(r[1] for r in found) / len(found):.2f}  {dict(words.most_common())}"
        )
    for by in dict.fromkeys(by for by, _ in strangers):
        rows = [row for (some, _), rows in strangers.items() if some == by for row in rows]
        first = sum(row[1] for row in rows)
        print(f"{by}: unknown first in {first} of {len(rows)}, {first / len(rows):.3f}")


if __name__ == "__main__":
    main()
