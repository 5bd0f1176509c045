"""Credentials that each campaign took or could take: dumps, and what was in them by the log-ons that are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from ringleader.assess import events, logons, names
from ringleader.assess.ground import Campaign, Ground, Step
from ringleader.assess.statement import DAY

Sort = Literal["ntds", "lsass", "hives", "log-on page", "other"]
MEMORY = 30
"""Days for which a log-on is taken to leave credentials in memory; a restart would shorten it, and is not looked at."""
_SORTS: tuple[tuple[str, Sort], ...] = (
    ("T1003.003", "ntds"), ("T1003.006", "ntds"), ("T1003.001", "lsass"), ("T1003.002", "hives"),
    ("T1003.004", "hives"), ("T1003.005", "hives"), ("T1003", "other"),
)  # fmt: skip
"""The directory's database, or its replication; a host's memory; its registry."""


@dataclass(frozen=True)
class Dump:
    """``accounts``: whose credentials were in it, as far as log-ons tell; for ``ntds`` everybody's are, whom log-ons
    show or not. ``known``: whether log-ons of that host are in the evidence."""

    sort: Sort
    host: str
    time: int
    accounts: tuple[str, ...]
    known: bool
    findings: tuple[str, ...]


def of(ground: Ground) -> dict[str, list[Dump]]:
    """By campaign, in order of time: the first of each sort and host in each intrusion."""
    return ground.once(_all)


def resets(ground: Ground) -> dict[str, list[int]]:
    """Account to the times at which its password was set anew, by the directory's events and the case file."""
    return ground.once(_resets)


def _all(ground: Ground) -> dict[str, list[Dump]]:
    return {one.id: _dumps(ground, one) for one in ground.campaigns}


def _dumps(ground: Ground, campaign: Campaign) -> list[Dump]:
    found = []
    for one in campaign.intrusions:
        groups: dict[tuple[Sort, str], list[Step]] = {}
        for step in one.steps:
            sort = _sort(ground, step)
            if sort is not None and step.host:
                groups.setdefault((sort, step.host), []).append(step)
        for (sort, host), steps in groups.items():
            time = steps[0].time
            ids = tuple(step.finding_id for step in steps[:10])
            found.append(Dump(sort, host, time, _held(ground, sort, host, time), _known(ground, sort, host), ids))
    return sorted(found, key=lambda dump: (dump.time, dump.host, dump.sort))


def _sort(ground: Ground, step: Step) -> Sort | None:
    if step.adds_module:
        return "log-on page"
    found: list[Sort] = [sort for technique, sort in _SORTS if step.has(technique)]
    if "ntds" in found and len(found) > 2 and ground.hosts.role(step.host) != "domain-controller":
        found.remove("ntds")  # a rule that names all that a tool can do
    return found[0] if found else None


def _known(ground: Ground, sort: Sort, host: str) -> bool:
    return bool(logons.of(ground).stayed.get(host)) if sort in ("lsass", "hives") else True


def _held(ground: Ground, sort: Sort, host: str, time: int) -> tuple[str, ...]:
    if sort == "log-on page":
        return _typed(ground, host, time)
    if sort in ("lsass", "hives", "other"):
        day = time // DAY
        stayed = logons.of(ground).stayed.get(host, {})
        return tuple(sorted(who for who, days in stayed.items() if any(day - MEMORY <= one <= day for one in days)))
    return ()


def _typed(ground: Ground, host: str, time: int) -> tuple[str, ...]:
    """Who logged on by the web on that host since."""
    found: set[str] = set()
    for kind, field in (("web/iis", "cs-username"), ("exchange/httpproxy", "AuthenticatedUser")):
        for part in events.parts(
            ground.store, kind, [field], lambda part: part.between([(time, time + 400 * 365 * DAY)])
        ):
            table = pa.table({"host": part["host"], "user": part.lower(field)})
            for row in table.group_by(["host", "user"]).aggregate([]).to_pylist():
                who = names.account(row["user"])
                if names.is_person(who) and ground.hosts.name(row["host"]) == host:
                    found.add(who)
    return tuple(sorted(found))


def _resets(ground: Ground) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for kind in ("windows/security/4724", "windows/security/4723"):
        for _, time, _, _, name in events.rows(ground.store, kind, ["TargetUserName"]):
            if time is not None:
                found.setdefault(names.account(name), []).append(time)
    from ringleader.assess import evictions

    for answer in evictions.answers(ground):
        for name in answer.accounts:
            found.setdefault(name, []).append(answer.time)
    return found
