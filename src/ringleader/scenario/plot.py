"""When each actor does what, over all the time that is told: it follows from the actors' files, estate and seed.

A year is told at full length; where there is less time, everything moves together in proportion, so that a story of
forty days has the steps of one of a year.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ringleader.scenario import rhythm
from ringleader.scenario.actor import Act, Actor, Intrusion
from ringleader.scenario.estate import Estate
from ringleader.scenario.rhythm import DAY, HOUR, Hours

YEAR = 365


@dataclass(frozen=True, slots=True)
class Visit:
    """One session of an actor, or a sign of life of an implant (``quiet``). ``number`` counts within the intrusion."""

    time: int
    actor: Actor
    intrusion: int
    number: int
    what: str
    acts: tuple[Act, ...]
    quiet: bool = False

    @property
    def name(self) -> str:
        return f"{self.actor.id}/{self.intrusion + 1}"


@dataclass(frozen=True, slots=True)
class Eviction:
    time: int
    actor: Actor
    intrusion: int


@dataclass
class Plot:
    """``days`` are the visits of each day in order; ``wanted`` the subscribers that each actor looks for."""

    days: dict[int, list[Visit]] = field(default_factory=dict)
    evictions: list[Eviction] = field(default_factory=list)
    wanted: dict[str, list[str]] = field(default_factory=dict)


def plot(estate: Estate, actors: Sequence[Actor], *, coordinated: bool) -> Plot:
    story = Plot()
    lead: list[Visit] = []
    for one in actors:
        together = coordinated and one.kind == "espionage"  # a decoy has no part in the tasking
        story.wanted[one.id] = _wanted(estate, one, together)
        for number in range(len(one.intrusions)):
            visits = _intrusion(estate, one, number, story, lead if together else [])
            if one.kind == "espionage":
                lead = lead or [visit for visit in visits if not visit.quiet]
            for visit in visits:
                story.days.setdefault(rhythm.day_of(visit.time), []).append(visit)
    for visits in story.days.values():
        visits.sort(key=lambda visit: (visit.time, visit.actor.id, visit.number))
    story.evictions.sort(key=lambda eviction: (eviction.time, eviction.actor.id))
    return story


def _intrusion(estate: Estate, actor: Actor, number: int, story: Plot, lead: Sequence[Visit]) -> list[Visit]:
    """``lead``: the visits of an actor with whom this one shares a tasking: its routine visits follow those."""
    told = actor.intrusions[number]
    draw = estate.chance("plot", actor.id, number)
    hours = actor.hours.hours()
    begin, end = (_moment(estate, share, draw) for share in (told.begins, told.ends))
    pace = min(1.0, (estate.span[1] - estate.span[0]) / YEAR)
    visits: list[Visit] = []
    time = begin
    for session in told.sessions:
        time = _slot(hours, draw, time + int(session.after * pace * DAY * draw.uniform(0.7, 1.3)))
        if time >= end:
            break
        visits.append(Visit(time, actor, number, len(visits), session.what, tuple(session.acts)))
        time += HOUR
    for routine in told.routines:
        moments = _repeated(hours, draw, routine.every * pace, (time, end))
        if lead:
            common = estate.chance("tasking", actor.id, number, routine.what)
            moments = [_led(moment, lead, routine.every * pace, (time, end), common) for moment in moments]
        visits += [Visit(moment, actor, number, 0, routine.what, tuple(routine.acts)) for moment in moments]
    visits.sort(key=lambda visit: visit.time)
    visits = [replace(visit, number=index) for index, visit in enumerate(visits)]
    if told.evicted:
        story.evictions.append(Eviction(_slot(Hours(estate.operator.sites[0].zone), draw, end), actor, number))
    return visits + list(_signs(estate, draw, actor, number, told, (time, end), len(visits)))


def _repeated(hours: Hours, draw: random.Random, every: float, span: tuple[int, int]) -> list[int]:
    """The moments of what comes again about every so many days."""
    found: list[int] = []
    time = span[0]
    while (time := _slot(hours, draw, time + int(every * DAY * draw.uniform(0.6, 1.4)))) < span[1]:
        found.append(time)
        time += HOUR
    return found


def _led(moment: int, lead: Sequence[Visit], every: float, span: tuple[int, int], common: random.Random) -> int:
    """Within hours after the nearest visit of the other, where one is near; it draws from its own generator, so that
    all else is as it would be without."""
    after = int(common.uniform(1, 5) * HOUR)
    near = [visit.time for visit in lead if abs(visit.time - moment) < every * DAY]
    led = min(near, key=lambda time: abs(time - moment)) + after if near else moment
    return led if span[0] < led < span[1] else moment


def _signs(
    estate: Estate, draw: random.Random, actor: Actor, number: int, told: Intrusion, span: tuple[int, int], first: int
) -> list[Visit]:
    """Of the implants. They scale with the density of the rest, or they would drown it."""
    found: list[Visit] = []
    for beacon in told.beacons:
        act = Act.model_construct(name="beacon", parameters={"tool": beacon.tool, "at": beacon.at})
        time = span[0]
        while (time := time + int(beacon.every / min(1.0, estate.density) * HOUR * draw.uniform(0.8, 1.2))) < span[1]:
            found.append(Visit(time, actor, number, first + len(found), "an implant calls home", (act,), quiet=True))
    return found


def _moment(estate: Estate, share: float, draw: random.Random) -> int:
    first, last = (day * DAY for day in estate.span)
    wanted = first + int((last - first) * (share + draw.uniform(-0.012, 0.012)))
    return min(max(wanted, first), last)


def _slot(hours: Hours, draw: random.Random, after: int) -> int:
    """The first moment of work after ``after`` that chance allows."""
    day = rhythm.day_of(after) - 1
    while True:
        if draw.random() < hours.week[rhythm.weekday(day)] and (moment := hours.moment(day, draw)) > after:
            return moment
        day += 1


def _wanted(estate: Estate, actor: Actor, coordinated: bool) -> list[str]:
    """Half of them are persons whom anyone of the trade would look for. With a common tasking, the lists are parts of
    one list; otherwise each draws its own."""
    if not actor.subscribers:
        return []
    draw = estate.chance("wanted", actor.id)
    common = estate.chance("tasking") if coordinated else draw
    pool = [number for number, _ in estate.watchlist]
    known = common.sample(pool, min(len(pool), max(1, actor.subscribers // 2)))
    others = [estate.subscriber(common.randrange(estate.operator.subscribers)) for _ in range(actor.subscribers)]
    return (known + others)[: actor.subscribers]
