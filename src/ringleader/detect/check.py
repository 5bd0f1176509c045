"""The kernel held to the oracle on a case's own events: ``ringleader detect --check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from sigma.rule import SigmaRule

from ringleader.detect import rules, ruleset, stored
from ringleader.detect.oracle import Oracle
from ringleader.engines.base import Engine, Failure
from ringleader.engines.progress import Progress
from ringleader.errors import CheckFailed
from ringleader.store import File
from ringleader.store.dataset import kinds_in

ROWS = 60
"""Events of a kind that are asked about, spread evenly over its files (at least one of each), and as many again of
those that the kernel says match."""
EVENTS = 2000
"""Events of all kinds together that are asked about, and as many again of those that match; more only if there are more
kinds. With SigmaHQ's rules the oracle takes some hundredths of a second for all rules on an event."""
SHOWN = 20


class Unit(msgspec.Struct, frozen=True):
    """One file of events, with the rules both compiled and as they were written; ``samples``: by kind."""

    compiled: str
    rules: tuple[str, ...]
    expansions: dict[str, tuple[str, ...]]
    root: str
    file: File
    samples: dict[str, int]


def run(units: Iterable[Unit], engine: Engine, progress: Progress) -> int:
    """How many pairs of rule and event were compared. Raises :class:`CheckFailed` if any differ."""
    given = list(units)
    asked = bounded(given)
    progress.advance(len(given) - len(asked))
    events = pairs = 0
    differences: list[str] = []
    for unit, answer in engine.map(compare, asked):
        progress.advance(1)
        if isinstance(answer, Failure):
            differences.append(f"{unit.file.path}: {answer.code}: {answer.detail}")
        else:
            events += answer[0]
            pairs += answer[1]
            differences += answer[2]
    total = sum(unit.file.rows for unit in given)
    progress.say(f"checked {events:,} of {total:,} events, {pairs:,} pairs of rule and event")
    if differences:
        shown = "\n".join(differences[:SHOWN])
        raise CheckFailed(
            f"kernel and oracle differ on {len(differences)} of {pairs:,} pairs of rule and event:\n{shown}",
            hint="this is a defect of Ringleader; please report the rule and the event",
        )
    return pairs


def samples(file: File, files: Mapping[str, int]) -> dict[str, int]:
    """How many events of each kind are asked about in a file, when so many ``files`` hold the kind."""
    return {kind: max(1, ROWS // files[kind]) for kind in kinds_in(file)}


def bounded(units: Sequence[Unit], most: int = EVENTS) -> list[Unit]:
    """``units`` with samples of at most ``most`` events in all, but one of each kind at least; without those of which
    nothing is left to ask. Each kind has the same share, spread evenly over its files."""
    wanted = Counter[str]()
    for unit in units:
        wanted.update(unit.samples)
    share = max(1, most // max(1, len(wanted)))
    passed = Counter[str]()
    kept: list[Unit] = []
    for unit in units:
        samples: dict[str, int] = {}
        for kind, number in unit.samples.items():
            start, end = passed[kind], passed[kind] + number
            few = min(share, wanted[kind])
            samples[kind] = end * few // wanted[kind] - start * few // wanted[kind]
            passed[kind] = end
        if any(samples.values()):
            kept.append(msgspec.structs.replace(unit, samples=samples))
    return kept


def compare(unit: Unit) -> tuple[int, int, list[str]]:
    """Events asked about in one file, pairs of rule and event compared, and a line for each difference."""
    found, oracles = _loaded(unit.compiled, unit.rules, tuple(unit.expansions.items()))
    scope, matcher = found.scope(), found.matcher()
    events, pairs, differences = 0, 0, []
    for block in stored.read(Path(unit.root), [unit.file], matcher.plan, lambda kind: None):
        for group in block.groups(matcher.plan):
            rows = [group.row(place) for place in range(len(group))]
            hits = {rows[place]: held for place, held in matcher.match_plan(group.plan, group.columns())}
            for row, kind in _sampled(block, rows, sorted(hits), unit.samples):
                events += 1
                event = block.event(row)
                says = set(hits.get(row, ()))
                for number in scope(kind):
                    pairs += 1
                    if oracles[number].matches(kind, event) != (number in says):
                        who = "kernel" if number in says else "oracle"
                        title = found.entries[number].rule.title
                        differences.append(f"{block.fixed([row])[0]['event_id']}: only the {who} matches {title}")
    return events, pairs, differences


def _sampled(
    block: stored.Block, every: Sequence[int], held: Sequence[int], samples: Mapping[str, int]
) -> Iterator[tuple[int, str]]:
    """Rows to ask about, with their kinds: some of all, and as many of those that match."""
    for rows in (every, held):
        of_kind: dict[str, list[int]] = {}
        for row in rows:
            of_kind.setdefault(block.kind(row), []).append(row)
        for kind, places in of_kind.items():
            yield from ((places[place], kind) for place in _spread(len(places), samples[kind]))


def _spread(size: int, most: int) -> list[int]:
    return sorted(set(np.linspace(0, size - 1, min(size, most), dtype=int).tolist())) if size else []


@lru_cache(maxsize=1)
def _loaded(
    compiled: str, paths: tuple[str, ...], expansions: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[ruleset.RuleSet, list[Oracle]]:
    found = ruleset.opened(compiled)
    parsed = rules.load(map(Path, paths), dict(expansions)).rules
    by_digest = {each.rule.digest: each.sigma for each in parsed}
    oracles = []
    for entry in found.entries:
        sigma = by_digest[entry.rule.digest]
        if not isinstance(sigma, SigmaRule):
            raise TypeError(f"{entry.rule.path} changed its sort")
        oracles.append(Oracle(sigma))
    return found, oracles
