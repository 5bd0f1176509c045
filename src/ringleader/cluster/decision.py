"""What analysts decided about intrusions: kept in the store with who, when and why, and obeyed when clustering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from ringleader.cluster import source
from ringleader.cluster.linkage import united
from ringleader.cluster.source import Intrusion
from ringleader.compare import Profile
from ringleader.errors import UsageError
from ringleader.schema import tables
from ringleader.schema.shown import listed
from ringleader.store import Store

Verdict = Literal["same", "different", "split"]
LONGEST = 2000
SHORTEST_ID = 4


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the table ``decisions``; its columns are explained there."""

    decision_id: str
    time: datetime
    who: str
    verdict: str
    left_id: str
    right_id: str
    left_finding: str
    right_finding: str
    note: str


@dataclass(frozen=True)
class Constraints:
    """Pairs of numbers of intrusions. ``notes`` tell which decisions could not be obeyed, and why."""

    same: tuple[tuple[int, int], ...] = ()
    different: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()


def read(store: Store) -> list[Decision]:
    """All decisions, the earliest first."""
    rows = store.read("decisions").to_pylist() if store.rows("decisions") else []
    return sorted((Decision(**row) for row in rows), key=lambda one: (one.time, one.decision_id))


def decide(
    store: Store, verdict: Verdict, left: str, right: str | None, *, note: str, who: str, time: datetime | None = None
) -> Decision:
    """Keep a decision. ``left`` and ``right`` are intrusions or campaigns, by id, the beginning of one, or name; for a
    campaign its earliest intrusion stands. ``split`` may name a campaign alone: it is then split at its weakest bridge.

    Raises ``UsageError`` for what is not there, and for what contradicts an earlier decision."""
    campaigns = store.read("campaigns").to_pylist()
    found = [*source.intrusions(store), *_elsewhere(store, campaigns)]
    if right is None:
        one, other = _bridge(_campaign(left, campaigns), left, verdict)
    else:
        one, other = _find(left, found, campaigns), _find(right, found, campaigns)
    if one == other:
        raise UsageError(f"{left} and {right} are the same intrusion", hint="name two")
    if verdict == "split" and not any({one, other} <= set(row["intrusion_ids"]) for row in campaigns):
        raise UsageError(
            f"{one} and {other} are in no common campaign", hint="different keeps apart what is not joined yet"
        )
    by_id = {each.id: each for each in found}
    when = (time or datetime.now(UTC)).replace(microsecond=0)
    ids = sorted((one, other))
    text = "\n".join([verdict, *ids, when.isoformat()])
    made = Decision(
        hashlib.sha256(text.encode()).hexdigest()[:8], when, who[:200], verdict, ids[0], ids[1],
        by_id[ids[0]].anchor, by_id[ids[1]].anchor, note[:LONGEST],
    )  # fmt: skip
    constraints([*read(store), made], found, new=made)
    with store.transaction() as tx:
        tx.write("decisions", "decision", _table([made]))
    store.refresh()
    return made


def _elsewhere(store: Store, campaigns: Sequence[dict[str, Any]]) -> list[Intrusion]:
    """Intrusions of other cases that were clustered into this one: all that is here of them is their id."""
    own = set(store.read("intrusions", ["intrusion_id"])["intrusion_id"].to_pylist())
    named = dict.fromkeys(one for row in campaigns for one in row["intrusion_ids"] or () if one not in own)
    return [Intrusion(one, Profile(one)) for one in named]


def undo(store: Store, named: str) -> Decision:
    """Take a decision back. Raises ``UsageError`` when there is none such."""
    every = read(store)
    found = [one for one in every if named and one.decision_id.startswith(named)]
    if len(found) != 1:
        raise UsageError(
            f"{'no decision is' if not found else 'several decisions are'} called {named}",
            hint="ringleader decide CASE lists them",
        )
    with store.transaction() as tx:
        tx.drop_table("decisions")
        if rest := [one for one in every if one is not found[0]]:
            tx.write("decisions", "decision", _table(rest))
    store.refresh()
    return found[0]


def constraints(decisions: Sequence[Decision], found: Sequence[Intrusion], new: Decision | None = None) -> Constraints:
    """Decisions as constraints on ``found``. An intrusion that grew since is known by its earliest finding; so two
    decisions can come to contradict each other, and then that which keeps apart is not obeyed.

    Raises ``UsageError`` when ``new``, which is not kept yet, contradicts those that are."""
    place = {one.id: number for number, one in enumerate(found)}
    by_finding = {finding: number for number, one in enumerate(found) for finding in one.findings}
    same: list[tuple[Decision, int, int]] = []
    different: list[tuple[Decision, int, int]] = []
    notes = []
    for one in decisions:
        left = by_finding.get(one.left_finding, place.get(one.left_id))
        right = by_finding.get(one.right_finding, place.get(one.right_id))
        if left is None or right is None:
            gone = one.left_id if left is None else one.right_id
            notes.append(f"decision {one.decision_id}: the intrusion {gone} is not there any more")
        elif left == right:
            if one.verdict != "same":
                notes.append(f"decision {one.decision_id}: {one.left_id} and {one.right_id} have become one intrusion")
        else:
            (same if one.verdict == "same" else different).append((one, left, right))
    root = united(len(found), ((a, b) for _, a, b in same))
    apart = []
    for one, a, b in different:
        if root[a] != root[b]:
            apart.append((a, b))
            continue
        together = [other for other, c, _ in same if root[c] == root[a]]
        if new is not None and new in (one, *together):
            raise _contradiction(one, together, new)
        notes.append(f"decision {one.decision_id} is not obeyed: {_ids(together)} make one of what it keeps apart")
    return Constraints(tuple((a, b) for _, a, b in same), tuple(apart), tuple(notes))


def _contradiction(apart: Decision, together: Sequence[Decision], new: Decision) -> UsageError:
    kept = next(one for one in (apart, *together) if one is not new)
    return UsageError(
        f"decisions contradict each other: {_ids([apart], new)} would keep {apart.left_id} and {apart.right_id}"
        f" apart, {_ids(together, new)} would make them one",
        hint=f"take one back: ringleader decide CASE undo {kept.decision_id}",
    )


def _ids(some: Sequence[Decision], new: Decision | None = None) -> str:
    return listed(["this decision" if one is new else one.decision_id for one in some])


def _find(text: str, found: Sequence[Intrusion], campaigns: Sequence[dict[str, Any]]) -> str:
    ids = [one.id for one in found]
    exact = [one for one in ids if one == text]
    named = [row for row in campaigns if text.lower() == row["name"]]
    begun = [one for one in ids if len(text) >= SHORTEST_ID and one.startswith(text)]
    groups = [row for row in campaigns if len(text) >= SHORTEST_ID and row["campaign_id"].startswith(text)]
    matches = exact or [row["intrusion_ids"][0] for row in named] or begun + [row["intrusion_ids"][0] for row in groups]
    if len(matches) != 1:
        raise UsageError(
            f"{'no intrusion or campaign is' if not matches else 'several intrusions or campaigns are'} called {text}",
            hint="ringleader cluster CASE lists campaigns; four characters of an id are enough if no other begins so",
        )
    return str(matches[0])


def _campaign(text: str, campaigns: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    found = [row for row in campaigns if text.lower() == row["name"]] or [
        row for row in campaigns if len(text) >= SHORTEST_ID and row["campaign_id"].startswith(text)
    ]
    return found[0] if len(found) == 1 else None


def _bridge(campaign: dict[str, Any] | None, text: str, verdict: str) -> tuple[str, str]:
    if verdict != "split" or campaign is None:
        raise UsageError(
            f"{verdict} needs two intrusions or campaigns"
            if verdict != "split"
            else f"no one campaign is called {text}",
            hint="ringleader decide CASE same|different|split A B, or split CAMPAIGN",
        )
    weakest = json.loads(campaign["weakest_bridge"] or "null")
    if weakest is None:
        raise UsageError(f"{campaign['name']} is one intrusion: there is nothing to split")
    return weakest["left_id"], weakest["right_id"]


def _table(some: Sequence[Decision]) -> pa.Table:
    rows = [{name: getattr(one, name) for name in tables.DECISIONS.names} for one in some]
    return pa.Table.from_pylist(rows, tables.DECISIONS)
