"""Whose credentials do they have, and what must be reset?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ringleader.assess import exposed
from ringleader.assess.exposed import Dump
from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.statement import Aspect, Confidence, Statement, iso
from ringleader.schema.shown import count, listed

MOST = 500


class Credentials:
    aspects: tuple[Aspect, ...] = ("credentials",)
    what = "which credentials each campaign took or could take, and which must be reset"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "credentials": {
            "dumps": "list: kind (ntds, lsass, hives, log-on page, other), host, time, accounts (whose credentials were"
            " in it by the log-ons that are in the evidence), count, everyone (all accounts of the domain), known"
            " (false: no log-ons of that host are in the evidence)",
            "used": "accounts in whose name the campaign did something",
            "reset": "list of texts: what must be reset",
            "reset_seen": "accounts whose password was set anew after the last dump that holds it, by the directory's"
            " events (4723, 4724) or the case file",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        for one in ground.campaigns:
            dumps = exposed.of(ground)[one.id]
            if dumps or one.accounts:
                yield _said(ground, one, dumps)


def _said(ground: Ground, one: Campaign, dumps: list[Dump]) -> Statement:
    everyone = [dump for dump in dumps if dump.sort == "ntds"]
    last: dict[str, int] = dict.fromkeys(one.accounts, one.last)
    for dump in dumps:
        for name in dump.accounts:
            last[name] = max(last.get(name, 0), dump.time)
    seen = sorted(
        name for name, times in exposed.resets(ground).items()
        if name in last and any(time > last[name] for time in times)
    )  # fmt: skip
    left = sorted(set(last) - set(seen))
    reset: list[str] = []
    if everyone:
        reset.append("every account of the domain, those of services among them, and krbtgt twice")
    hosts = sorted({dump.host for dump in dumps if dump.sort in ("hives", "lsass")})
    if hosts:
        reset.append(f"local accounts and secrets of services on {listed(hosts, 10)}")
    if not everyone and left:
        reset += left[:MOST]
    data: dict[str, Any] = {
        "dumps": [
            {"kind": dump.sort, "host": dump.host, "time": iso(dump.time), "accounts": list(dump.accounts[:MOST]),
             "count": len(dump.accounts), "everyone": dump.sort == "ntds", "known": dump.known}
            for dump in dumps[:200]
        ],
        "used": sorted(one.accounts)[:MOST], "reset": reset, "reset_seen": seen[:MOST],
    }  # fmt: skip
    used = f"It used {count(len(one.accounts), 'account')}." if one.accounts else "It is not seen to use accounts."
    if not dumps:
        text = f"No dump of credentials is seen. {used}"
        return Statement("campaign", one.id, "credentials", text, "moderate", [one.steps[0].finding_id], data)
    said = [f"{_WORDS[sort]} of {listed(hosts_of)}" for sort, hosts_of in _by_sort(dumps).items()]
    text = f"Took {listed(said)}, first on {ground.day(dumps[0].time)}. {used}"
    if everyone:
        text += " Every account of the domain is exposed, krbtgt among them: all must be reset, krbtgt twice."
    else:
        be = "is" if len(last) == 1 else "are"
        text += f" {count(len(last), 'account')} {be} exposed by log-ons that are in the evidence"
        text += f"; {len(left):,} of them not seen to be reset since." if left else ", all of them reset since."
    blind = sorted({dump.host for dump in dumps if not dump.known})
    if blind:
        text += f" No log-ons of {listed(blind)} are in the evidence, so whose credentials were there cannot be said."
    sure: Confidence = "low" if blind and not everyone else "high" if everyone else "moderate"
    return Statement(
        "campaign", one.id, "credentials", text, sure, [finding for dump in dumps for finding in dump.findings], data
    )


def _by_sort(dumps: list[Dump]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for dump in dumps:
        hosts = found.setdefault(dump.sort, [])
        if dump.host not in hosts:
            hosts.append(dump.host)
    return found


_WORDS = {
    "ntds": "the directory's database", "lsass": "the memory of LSASS", "hives": "the registry's secrets",
    "log-on page": "what is typed into the log-on page", "other": "credentials",
}  # fmt: skip
