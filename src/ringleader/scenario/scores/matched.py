"""The findings of a case beside the labelled lines of the truth: what every section of the score begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ringleader.errors import TruthError
from ringleader.scenario.truth import Actor, Deed, Truth, deeds
from ringleader.store import Store

Ints = NDArray[np.int64]

NONE = -1
"""Where a code stands: no label, no intrusion."""

_COLUMNS = ["finding_id", "rule_id", "rule_title", "level", "techniques", "event_id", "event_ids", "time"]


@dataclass(frozen=True)
class Matched:
    """``findings`` has a row for each finding, without ``event_ids``. ``hit_finding`` and ``hit_line`` are, pair by
    pair, the rows of findings and the numbers of lines that they tell of. ``present``: of each line of the truth,
    whether its file was read into the case."""

    truth: Truth
    store: Store
    findings: pa.Table
    hit_finding: Ints
    hit_line: Ints
    present: NDArray[np.bool_]

    @cached_property
    def deeds(self) -> list[Deed]:
        return list(deeds(self.truth.story))

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        return self.truth.story.actors

    @cached_property
    def intrusions(self) -> list[tuple[str, str]]:
        """Actor and intrusion, of all that are true."""
        return [(actor.id, intrusion.id) for actor in self.actors for intrusion in actor.intrusions]

    @cached_property
    def line_deed(self) -> Ints:
        """For each line the number of its deed."""
        number = {deed: index for index, deed in enumerate(self.deeds)}
        return _ints(number[line.deed] for line in self.truth.lines)

    @cached_property
    def deed_actor(self) -> Ints:
        """For each deed the number of its actor."""
        number = {actor.id: index for index, actor in enumerate(self.actors)}
        return _ints(number[deed.actor] for deed in self.deeds)

    @cached_property
    def deed_intrusion(self) -> Ints:
        """For each deed the number of its intrusion."""
        number = {pair: index for index, pair in enumerate(self.intrusions)}
        return _ints(number[deed.actor, deed.intrusion] for deed in self.deeds)

    @cached_property
    def decoys(self) -> NDArray[np.bool_]:
        """For each actor whether it is a decoy."""
        return np.array([actor.decoy for actor in self.actors], bool)

    @cached_property
    def deed(self) -> Ints:
        """For each finding the number of the deed that it tells of, :data:`NONE` for false ones. Where a correlation's
        events tell of several, that of the event that completed it; else that of the most of them."""
        found = np.full(self.findings.num_rows, NONE, np.int64)
        several: dict[int, Counter[int]] = {}
        # The finding's own event comes first among its hits.
        for finding, line in zip(self.hit_finding.tolist(), self.hit_line.tolist(), strict=True):
            several.setdefault(finding, Counter())[int(self.line_deed[line])] += 1
        own = self._own
        for finding, counts in several.items():
            best = own.get(finding)
            found[finding] = min(counts, key=lambda deed: (-counts[deed], deed)) if best is None else best
        return found

    @cached_property
    def _own(self) -> dict[int, int]:
        at = _places(self.findings["event_id"], self.truth)
        rows = np.flatnonzero(at != NONE)
        return dict(zip(rows.tolist(), self.line_deed[at[rows]].tolist(), strict=True))

    @cached_property
    def actor(self) -> Ints:
        """For each finding the number of its actor, :data:`NONE` for false ones."""
        return taken(self.deed_actor, self.deed)

    @cached_property
    def intrusion(self) -> Ints:
        """For each finding the number of its true intrusion, :data:`NONE` for false ones."""
        return taken(self.deed_intrusion, self.deed)

    @cached_property
    def found_ids(self) -> list[str]:
        """The ids of the case's intrusions."""
        return sorted(self.store.read("intrusions", ["intrusion_id"])["intrusion_id"].to_pylist())

    @cached_property
    def found(self) -> Ints:
        """For each finding the number of the case's intrusion that it is a step of, :data:`NONE` for leads."""
        steps = self.store.read("steps", ["intrusion_id", "finding_id"]).sort_by("intrusion_id")
        at = codes(pc.index_in(self.findings["finding_id"], steps["finding_id"].combine_chunks()))
        number = codes(pc.index_in(steps["intrusion_id"], pa.array(self.found_ids, pa.string())))
        return taken(number, at)

    @cached_property
    def owner(self) -> dict[int, int]:
        """For each found intrusion with a true finding the actor who has most of these; the first of several."""
        best: dict[int, tuple[int, int]] = {}
        pairs, counts = pair_counts(self.found, self.actor)
        for (found, actor), count in zip(pairs, counts, strict=True):
            best[found] = max(best.get(found, (0, 0)), (count, -actor))
        return {found: -actor for found, (_, actor) in best.items()}

    @property
    def host_days(self) -> int:
        return self.truth.story.hosts * self.truth.story.days

    def visible(self) -> NDArray[np.bool_]:
        """For each deed whether the case has a line of it."""
        seen = np.zeros(len(self.deeds), bool)
        seen[self.line_deed[self.present]] = True
        return seen

    def told(self) -> NDArray[np.bool_]:
        """For each deed whether any finding tells of it."""
        seen = np.zeros(len(self.deeds), bool)
        seen[self.line_deed[self.hit_line]] = True
        return seen


def match(store: Store, truth: Truth) -> Matched:
    """Reads the findings, and of the evidence only its ids. Raises :class:`TruthError` when none of the labelled lines
    is in the case."""
    read = {identity[:16] for identity in store.evidence_ids()}
    present = np.array([line.event_id.partition("-")[0] in read for line in truth.lines], bool)
    if truth.lines and not present.any():
        name = truth.story.operator.short
        raise TruthError(
            f"none of the files that the truth of {name} labels was read into this case",
            hint=f"name the truth of the operator whose logs the case holds, or ingest the logs of {name}",
        )
    findings = store.read("findings", _COLUMNS)
    finding, line = _hits(findings, truth)
    return Matched(truth, store, findings.drop_columns(["event_ids"]), finding, line, present)


def _hits(findings: pa.Table, truth: Truth) -> tuple[Ints, Ints]:
    own = _places(findings["event_id"], truth)
    lists = findings["event_ids"].combine_chunks()
    inner = _places(pc.list_flatten(lists), truth)
    parent = codes(pc.list_parent_indices(lists))
    pairs = np.stack(
        [
            np.concatenate([np.arange(len(own)), parent]),
            np.concatenate([own, inner]),
        ]
    )
    pairs = np.unique(pairs[:, pairs[1] != NONE], axis=1)
    return pairs[0], pairs[1]


def _places(event_ids: pa.Array | pa.ChunkedArray, truth: Truth) -> Ints:
    """For each event the number of its labelled line."""
    return codes(
        pc.index_in(pc.cast(event_ids, pa.string()), pa.array([line.event_id for line in truth.lines], pa.string()))
    )


def codes(array: pa.Array | pa.ChunkedArray) -> Ints:
    """Numbers as numpy has them, null as :data:`NONE`."""
    filled = pc.fill_null(pc.cast(array, pa.int64()), NONE)
    return np.asarray(filled.to_numpy(zero_copy_only=False) if isinstance(filled, pa.Array) else filled.to_numpy())


def taken(values: Ints, at: Ints) -> Ints:
    """``values[at]``, and :data:`NONE` where ``at`` is that."""
    if not len(values):
        return np.full(len(at), NONE, np.int64)
    return np.where(at == NONE, NONE, values[np.maximum(at, 0)])


def pair_counts(left: Ints, right: Ints) -> tuple[list[tuple[int, int]], list[int]]:
    """The pairs that occur in two columns, in order and without :data:`NONE`, and how often."""
    both = (left != NONE) & (right != NONE)
    pairs, counts = np.unique(np.stack([left[both], right[both]]), axis=1, return_counts=True)
    return [(int(one), int(other)) for one, other in pairs.T], counts.tolist()


def share(part: float, whole: float) -> float | None:
    """None where there is nothing to have a part of."""
    return part / whole if whole else None


def _ints(values: Iterable[int] | Sequence[int]) -> Ints:
    return np.fromiter(values, np.int64)
