"""What defenders did against each campaign, whether it ended the intruder's presence, and who came back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from ringleader.assess import names, things, ways
from ringleader.assess.ground import Campaign, Ground, Intrusion
from ringleader.assess.statement import HOUR, Confidence, microseconds
from ringleader.case import Remediation

GRACE = 12 * HOUR
"""An eviction takes its time: signs so soon after it are still of the old presence, and a return so soon before it
is that of one who came back while it was under way."""


@dataclass(frozen=True)
class Answer:
    """A remediation of the case file. ``named``: it says which hosts or accounts."""

    time: int
    what: str
    hosts: frozenset[str]
    accounts: frozenset[str]

    @property
    def named(self) -> bool:
        return bool(self.hosts or self.accounts)

    def concerns(self, hosts: set[str], accounts: set[str]) -> bool:
        return not self.named or bool(self.hosts & hosts) or bool(self.accounts & accounts)

    def share(self, hosts: set[str]) -> float:
        return len(self.hosts & hosts) / len(hosts) if hosts and self.hosts else 0.0


@dataclass(frozen=True)
class Eviction:
    """An answer that a presence (the parts of intrusions ``before``) did not outlive. ``back``: the part with which the
    campaign returned, None if it did not."""

    answer: Answer
    before: tuple[Intrusion, ...]
    back: Intrusion | None
    confidence: Confidence


@dataclass(frozen=True)
class History:
    """Of a campaign, the earliest first. ``presences``: parts of intrusions between which nothing ended."""

    evictions: tuple[Eviction, ...]
    presences: tuple[tuple[Intrusion, ...], ...]


def answers(ground: Ground) -> list[Answer]:
    return ground.once(_answers)


def of(ground: Ground, campaign: Campaign) -> tuple[Eviction, ...]:
    return ground.once(_all)[campaign.id].evictions


def presence_of(ground: Ground, intrusion: Intrusion, time: int) -> tuple[Intrusion, ...]:
    """The presence of the campaign in which something of an intrusion happened."""
    some = ground.once(_all)[intrusion.campaign].presences
    best = [one for one in some if any(part.id == intrusion.id and part.first - GRACE <= time for part in one)]
    return best[-1] if best else (intrusion,)


def survived(ground: Ground, campaign: Campaign) -> list[Answer]:
    """Answers that concern the campaign and that it went on after without a break."""
    ended = {eviction.answer for eviction in of(ground, campaign)}
    spans = [(some[0].first, max(part.last for part in some)) for some in ground.once(_all)[campaign.id].presences]
    found = []
    for answer in answers(ground):
        before = [step for step in campaign.steps if step.time <= answer.time]
        hosts, accounts = {step.host for step in before}, {step.account for step in before}
        after = any(first < answer.time and last > answer.time + GRACE for first, last in spans)
        if answer not in ended and answer.named and before and after and answer.concerns(hosts, accounts):
            found.append(answer)
    return found


def parts(ground: Ground, one: Intrusion) -> list[Intrusion]:
    """An intrusion in parts where it was silent while an answer was given: it may hold an eviction and a return. An
    answer that names nothing counts only in a silence that is longer than all since the part began, of several."""
    cuts: set[int] = set()
    pauses = [0, *(after.first - before.last for before, after in pairwise(one.visits))]
    for number in range(1, len(one.visits)):
        before, after = one.visits[number - 1], one.visits[number]
        some = [
            answer
            for answer in answers(ground)
            if before.last - GRACE <= answer.time < after.first + GRACE
            and answer.concerns(set(one.hosts), one.accounts)
        ]
        earlier = pauses[max((cut for cut in cuts), default=0) + 1 : number]
        longest = len(earlier) >= 2 and pauses[number] > max(earlier)
        if pauses[number] >= GRACE and some and (longest or any(answer.named for answer in some)):
            cuts.add(number)
    found, begun = [], 0
    for place, end in enumerate([*sorted(cuts), len(one.visits)]):
        steps = tuple(step for visit in one.visits[begun:end] for step in visit.steps)
        found.append(replace(one, steps=steps, part=place))
        begun = end
    return found


def _answers(ground: Ground) -> list[Answer]:
    found = [_answer(ground, one) for one in ground.config.remediation]
    return sorted(found, key=lambda one: (one.time, one.what))


def _answer(ground: Ground, one: Remediation) -> Answer:
    hosts = frozenset(ground.hosts.name(host) for host in one.hosts)
    return Answer(microseconds(one.time), one.what, hosts, frozenset(names.account(name) for name in one.accounts))


def _all(ground: Ground) -> dict[str, History]:
    return {one.id: _history(ground, one) for one in ground.campaigns}


def _history(ground: Ground, campaign: Campaign) -> History:
    found: list[Eviction] = []
    presences: list[tuple[Intrusion, ...]] = []
    presence: list[Intrusion] = []
    pieces = [part for one in campaign.intrusions for part in parts(ground, one)]
    for one in sorted(pieces, key=lambda part: (part.first, part.id)):
        end = max((other.last for other in presence), default=0)
        answer = _between(ground, presence, end, one.first) if presence and end < one.first else None
        if answer and _came_anew(ground, campaign, presence, one) and not _outlived(ground, presence, answer):
            found.append(Eviction(answer, tuple(presence), one, _sure(answer, presence)))
            presences.append(tuple(presence))
            presence = []
        presence.append(one)
    if presence:
        presences.append(tuple(presence))
        end = max(other.last for other in presence)
        last = _between(ground, presence, end, None)
        enough = last is not None and (not last.named or last.share(_hosts(presence)) >= 0.5)
        if last and enough and last.time >= end and not _outlived(ground, presence, last):
            found.append(Eviction(last, tuple(presence), None, "moderate" if last.named else "low"))
    return History(tuple(found), tuple(presences))


def _sure(answer: Answer, presence: list[Intrusion]) -> Confidence:
    if not answer.named:
        return "low"
    return "high" if answer.share(_hosts(presence)) >= 0.5 else "moderate"


def _between(ground: Ground, presence: list[Intrusion], end: int, back: int | None) -> Answer | None:
    """Of the answers after the last sign and before the return (give or take), the one that names most of the hosts;
    of several that name none the first."""
    hosts = _hosts(presence)
    accounts = {name for one in presence for name in one.accounts}
    some = [
        one for one in answers(ground)
        if one.time >= end - GRACE and (back is None or one.time < back + GRACE) and one.concerns(hosts, accounts)
    ]  # fmt: skip
    return min(some, key=lambda one: (-one.share(hosts), not one.named, one.time), default=None)


def _hosts(presence: list[Intrusion]) -> set[str]:
    return {host for one in presence for host in one.hosts}


def _came_anew(ground: Ground, campaign: Campaign, presence: list[Intrusion], one: Intrusion) -> bool:
    """By a way of its own, and not by what was there already. In what is taken for one and the same intrusion, the
    campaign must also have put something new in place, where it had put something before: a visit alone is no
    return."""
    way = ways.of_part(ground, one)
    if way.kind == "unknown" or way.means == "left behind":
        return False
    if all(part.id != one.id for part in presence):
        return True
    members = {intrusion.id for intrusion in campaign.intrusions}
    new = [thing for thing in things.of(ground) if thing.owner in members and thing.time >= one.first - HOUR]
    return bool(_put(ground, presence)) and any(not thing.passing for thing in new)


def _put(ground: Ground, presence: list[Intrusion]) -> list[things.Thing]:
    """What a presence had put in place."""
    return [
        thing
        for thing in things.of(ground)
        if not thing.passing
        and any(part.id == thing.owner and part.first - HOUR <= thing.time <= part.last + HOUR for part in presence)
    ]


def _outlived(ground: Ground, presence: list[Intrusion], answer: Answer) -> bool:
    """Something that the presence had put in place shows signs of life long after."""
    return any((thing.alive or 0) > answer.time + GRACE and thing.sort != "account" for thing in _put(ground, presence))
