"""What the days of a story gave, and the truth that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ringleader.scenario import rhythm, truth
from ringleader.scenario.actor import Actor
from ringleader.scenario.estate import Estate
from ringleader.scenario.play import Step
from ringleader.scenario.plot import Plot
from ringleader.scenario.sheet import Mark

Key = tuple[str, int]
"""Actor, and which of its intrusions."""


@dataclass(slots=True)
class Record:
    """``files`` are (path, lines), ``marks`` with the host of their step, ``persistence`` (intrusion, kind, host,
    value), ``looked_up`` (actor, subscriber)."""

    files: list[tuple[str, int]] = field(default_factory=list)
    marks: list[tuple[Mark, str]] = field(default_factory=list)
    steps: list[tuple[Key, Step]] = field(default_factory=list)
    persistence: list[tuple[Key, str, str, str]] = field(default_factory=list)
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    suppliers: dict[Key, str] = field(default_factory=dict)

    def add(self, other: Record) -> None:
        """All but the files and the marks, of which there are too many to keep."""
        self.steps += other.steps
        self.persistence += other.persistence
        self.looked_up += other.looked_up
        self.suppliers |= other.suppliers


def story_of(
    estate: Estate, plot: Plot, cast: tuple[Actor, ...], record: Record, *, scale: str, coordinated: bool
) -> truth.Story:
    first, last = (rhythm.stamp(day * rhythm.DAY) for day in estate.span)
    actors = tuple(found for actor in cast if (found := _actor(actor, plot, record)) is not None)
    return truth.Story(
        operator=truth.OperatorName(name=estate.operator.name, short=estate.operator.short),
        seed=estate.seed,
        scale=scale,
        hosts=len(estate.hosts),
        days=estate.span[1] - estate.span[0],
        first_time=first,
        last_time=last,
        coordinated=coordinated,
        actors=actors,
        evictions=tuple(_evictions(plot, record, {actor.id for actor in actors})),
        hosts_changed=tuple(
            truth.HostChange(
                time=rhythm.stamp(change.day * rhythm.DAY),
                kind=change.kind,
                address=change.address,
                was=f"{change.was}.{estate.operator.domain}".lower(),
                name=f"{change.name}.{estate.operator.domain}".lower(),
            )
            for change in estate.changes
        ),
    )


def _evictions(plot: Plot, record: Record, there: set[str]) -> Iterator[truth.Eviction]:
    for eviction in plot.evictions:
        who = eviction.actor.id
        if who in there:
            yield truth.Eviction(
                time=rhythm.stamp(eviction.time),
                what=f"what was found of {who} is removed",
                actors=(who,),
                hosts=tuple(sorted({step.host for key, step in record.steps if key == (who, eviction.intrusion)})),
            )


def _actor(actor: Actor, plot: Plot, record: Record) -> truth.Actor | None:
    """None for an actor of whom nothing happened: the time that is told is too short for it."""
    intrusions = tuple(_intrusions(actor, record))
    if not intrusions:
        return None
    evicted = {eviction.intrusion for eviction in plot.evictions if eviction.actor.id == actor.id}
    return truth.Actor(
        id=actor.id,
        title=actor.title,
        kind=actor.kind,
        decoy=actor.decoy,
        imitates=actor.imitates,
        first_time=min(item.first_time for item in intrusions),
        last_time=max(item.last_time for item in intrusions),
        intrusions=intrusions,
        subscribers=tuple(sorted({number for who, number in record.looked_up if who == actor.id})),
        persistence=tuple(
            truth.Persistence(kind=kind, host=host, value=value, left=number not in evicted)
            for (who, number), kind, host, value in record.persistence
            if who == actor.id
        ),
    )


def _intrusions(actor: Actor, record: Record) -> Iterator[truth.Intrusion]:
    for number, intrusion in enumerate(actor.intrusions):
        key = (actor.id, number)
        steps = sorted((step for who, step in record.steps if who == key), key=lambda step: (step.time, step.number))
        if not steps:
            continue
        first = steps[0]
        yield truth.Intrusion(
            id=first.intrusion,
            first_time=rhythm.stamp(first.time),
            last_time=rhythm.stamp(steps[-1].time),
            entry=truth.Entry(
                kind=intrusion.entry,
                supplier=record.suppliers.get(key),
                host=first.host,
                time=rhythm.stamp(first.time),
            ),
            steps=tuple(
                truth.Step(
                    step=step.number,
                    time=rhythm.stamp(step.time),
                    host=step.host,
                    account=step.account,
                    technique=step.technique,
                    what=step.what,
                )
                for step in steps
            ),
        )
