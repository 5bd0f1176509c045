"""What defenders did against each campaign, whether it ended the intruder's presence, and who came back."""

from __future__ import annotations

from dataclasses import dataclass

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
    """An answer that a presence (the intrusions ``before``) did not outlive. ``back``: the intrusion with which the
    campaign returned, None if it did not."""

    answer: Answer
    before: tuple[Intrusion, ...]
    back: Intrusion | None
    confidence: Confidence


def answers(ground: Ground) -> list[Answer]:
    return ground.once(_answers)


def of(ground: Ground) -> dict[str, list[Eviction]]:
    """By campaign, the earliest first."""
    return ground.once(_all)


def survived(ground: Ground, campaign: Campaign) -> list[Answer]:
    """Answers that concern the campaign and that it went on after without a break."""
    ended = {eviction.answer for eviction in of(ground)[campaign.id]}
    found = []
    for answer in answers(ground):
        before = [step for step in campaign.steps if step.time <= answer.time]
        hosts, accounts = {step.host for step in before}, {step.account for step in before}
        after = any(one.first < answer.time and one.last > answer.time + GRACE for one in campaign.intrusions)
        if answer not in ended and answer.named and before and after and answer.concerns(hosts, accounts):
            found.append(answer)
    return found


def _answers(ground: Ground) -> list[Answer]:
    found = [_answer(ground, one) for one in ground.config.remediation]
    return sorted(found, key=lambda one: (one.time, one.what))


def _answer(ground: Ground, one: Remediation) -> Answer:
    hosts = frozenset(ground.hosts.name(host) for host in one.hosts)
    return Answer(microseconds(one.time), one.what, hosts, frozenset(names.account(name) for name in one.accounts))


def _all(ground: Ground) -> dict[str, list[Eviction]]:
    return {one.id: list(_evictions(ground, one)) for one in ground.campaigns}


def _evictions(ground: Ground, campaign: Campaign) -> list[Eviction]:
    found: list[Eviction] = []
    presence: list[Intrusion] = []
    for one in campaign.intrusions:
        end = max((other.last for other in presence), default=0)
        answer = _between(ground, presence, end, one.first) if presence and end < one.first else None
        if answer and _own_way(ground, one) and not _outlived(ground, campaign, presence, answer):
            found.append(Eviction(answer, tuple(presence), one, _sure(answer, presence)))
            presence = []
        presence.append(one)
    if presence:
        end = max(other.last for other in presence)
        last = _between(ground, presence, end, None)
        enough = last is not None and (not last.named or last.share(_hosts(presence)) >= 0.5)
        if last and enough and last.time >= end and not _outlived(ground, campaign, presence, last):
            found.append(Eviction(last, tuple(presence), None, "moderate" if last.named else "low"))
    return found


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


def _own_way(ground: Ground, one: Intrusion) -> bool:
    """It came in anew, and not by what was there already."""
    way = ways.of(ground)[one.id]
    return way.kind != "unknown" and way.means != "left behind"


def _outlived(ground: Ground, campaign: Campaign, presence: list[Intrusion], answer: Answer) -> bool:
    """Something that the presence had put in place shows signs of life long after."""
    own = {one.id for one in presence}
    return any(
        thing.owner in own and not thing.passing and (thing.alive or 0) > answer.time + GRACE
        and thing.sort not in ("account",)
        for thing in things.of(ground)
    )  # fmt: skip
