"""The background of a comparison of intrusions: what is published, and what the organisation's telemetry shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringleader.cluster import prevalence
from ringleader.cluster.source import Intrusion
from ringleader.compare import Local, Seen, kinds
from ringleader.knowledge import Knowledge
from ringleader.store import Store


def background(found: Sequence[Intrusion], stores: Iterable[Store], knowledge: Knowledge) -> Local:
    """``stores`` are those with telemetry. Only what several intrusions show is looked for."""
    wanted = _shared(found)
    total: dict[tuple[str, str], Seen] = {}
    for store in stores:
        for key, seen in prevalence.telemetry(store, wanted).items():
            known = total.get(key, Seen(0, 0))
            total[key] = Seen(known.units + seen.units, known.of + seen.of)
    shares, groups = published(knowledge)
    return Local(total, shares, groups)


def published(knowledge: Knowledge) -> tuple[dict[tuple[str, str], float], int]:
    """Share of the known groups that a technique or tool is told of, smoothed; and how many groups there are."""
    groups = {e.id for e in knowledge.entities.values() if e.kind == "group"}
    users: dict[tuple[str, str], set[str]] = {
        (e.kind, e.id): set() for e in knowledge.entities.values() if e.kind in ("technique", "software")
    }
    for relation in knowledge.relations:
        target = knowledge.entities.get(relation.target)
        if relation.source in groups and target is not None and (target.kind, target.id) in users:
            users[target.kind, target.id].add(relation.source)
    shares = {key: (len(held) + 0.5) / (len(groups) + 1) for key, held in users.items()}
    return shares, len(groups)


def implied(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Software to the techniques that its use implies."""
    found: dict[str, set[str]] = {}
    for relation in knowledge.relations:
        source, target = knowledge.entities.get(relation.source), knowledge.entities.get(relation.target)
        if source is not None and target is not None and (source.kind, target.kind) == ("software", "technique"):
            found.setdefault(source.id, set()).add(target.id)
    return {tool: tuple(sorted(techniques)) for tool, techniques in sorted(found.items())}


def _shared(found: Sequence[Intrusion]) -> Mapping[tuple[str, str], prevalence.Holders]:
    held: dict[tuple[str, str], list[Intrusion]] = {}
    known = kinds()
    for one in found:
        for key in one.profile.traits:
            if known.of(key[0]).by in ("telemetry", "fragments"):
                held.setdefault(key, []).append(one)
    return {
        key: prevalence.holders((one.hosts, one.first_time, one.last_time) for one in some)
        for key, some in held.items()
        if len(some) > 1
    }
