"""What is still in place?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ringleader.assess import evictions, things, words
from ringleader.assess.ground import Ground
from ringleader.assess.statement import DAY, Aspect, Confidence, Statement, iso
from ringleader.assess.things import Thing
from ringleader.schema.shown import count, listed


class Persistence:
    aspects: tuple[Aspect, ...] = ("persistence",)
    what = "what intrusions put in place to come back by, and whether it is still there"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "persistence": {
            "kind": "service, task, run-key, account, web-shell, iis-module, ssh-key or cron",
            "host": "on which it is",
            "value": "NAME: COMMAND of a service, a task or a run key; a path; an account",
            "how": "event (the system itself tells of it) or command (only a command line does)",
            "first_time": "when it was made",
            "last_sign": "when it was last seen to run, to be asked for or to be used; null if never",
            "status": "`in place`: nothing tells of its removal; `removed`: that was seen; `cleaned`: the case file has"
            " a remediation of that host or account, and no sign of it since; `passing`: of a remote-execution tool,"
            " which takes it away itself",
            "cleaned": "time of the removal or of the remediation, or null",
            "outlived": "times of remediations of that host which it has outlived",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        found = things.of(ground)
        for one in found:
            yield _said(ground, one)
        blind = [
            host
            for host in sorted({host for one in ground.intrusions for host in one.hosts if ground.hosts.is_host(host)})
            if host not in ground.spans
        ]
        if blind:
            yield Statement(
                "case", ground.about, "persistence",
                f"Of {count(len(blind), 'host')} with findings there are no events of the host itself"
                f" ({listed(blind)}): what was put in place there cannot be said.", "unknown",
            )  # fmt: skip
        if ground.intrusions and not found:
            yield Statement(
                "case", ground.about, "persistence",
                "No service, task, account, page, module or key is seen that an intrusion put in place. Where process"
                " starts and the logs of services and tasks are not in the evidence, none would be.", "unknown",
            )  # fmt: skip


def _said(ground: Ground, one: Thing) -> Statement:
    status, time = _status(ground, one)
    outlived = [answer.time for answer in _covering(ground, one) if time is None or answer.time < time]
    data = {
        "kind": one.sort, "host": one.host, "value": one.value, "how": "event" if one.seen else "command",
        "first_time": iso(one.time), "last_sign": iso(one.alive), "status": status, "cleaned": iso(time),
        "outlived": [iso(answer) for answer in outlived],
    }  # fmt: skip
    what = _WORDS[one.sort]
    verb = "made" if one.sort in ("account", "cron") else "put"
    text = f"{what[0].upper()}{what[1:]} was {verb} on {one.host or 'an unknown host'} on {ground.day(one.time)}"
    sure: Confidence = "high" if one.seen and status == "in place" else "moderate"
    match status:
        case "removed":
            text += f" and was seen to be removed on {ground.day(time)}."
        case "cleaned":
            text += f"; the case file has a remediation of {ground.day(time)} there, and there is no sign of it since."
        case "passing":
            text += (
                " by a remote-execution tool, which takes it away itself when it ends; whether it did is not recorded."
            )
        case _:
            text += "; nothing tells of its removal."
            if outlived:
                text += f" It has outlived {count(len(outlived), 'remediation')} of that host."
            elif blank := [answer for answer in evictions.answers(ground) if _blank(answer, one)]:
                when = ground.day(blank[0].time)
                text += f" A remediation of {when} names no hosts, so whether it was part of it is not known."
                sure = "low"
    return Statement("intrusion", one.owner, "persistence", text, sure, one.findings, data)


def _blank(answer: evictions.Answer, one: Thing) -> bool:
    return not answer.named and answer.time > max(one.time, one.alive or 0)


def _status(ground: Ground, one: Thing) -> tuple[str, int | None]:
    if one.removed is not None and (one.alive or 0) <= one.removed + evictions.GRACE:
        return "removed", one.removed
    known = one.name.lower() in words.vocabulary().remote_tools
    if one.passing and (known or (one.alive or 0) <= one.time + DAY):
        return "passing", None
    for answer in _covering(ground, one):
        if (one.alive or 0) <= answer.time + evictions.GRACE and not _went_on(ground, one, answer.time):
            return "cleaned", answer.time
    return "in place", None


def _covering(ground: Ground, one: Thing) -> list[evictions.Answer]:
    account = one.name.lower() if one.sort == "account" else None
    return [
        answer
        for answer in evictions.answers(ground)
        if answer.time > one.time and (one.host in answer.hosts or account in answer.accounts)
    ]


def _went_on(ground: Ground, one: Thing, time: int) -> bool:
    """The intruder did, as if nothing had happened."""
    own = next(each for each in ground.intrusions if each.id == one.owner)
    presence = evictions.presence_of(ground, own, one.time)
    return presence[0].first < time and max(part.last for part in presence) > time + evictions.GRACE


_WORDS = {
    "service": "a service", "task": "a scheduled task", "run-key": "a program that starts at log-on",
    "account": "an account", "web-shell": "a web shell", "iis-module": "a module of the web server",
    "ssh-key": "a key for SSH", "cron": "a cron job",
}  # fmt: skip
