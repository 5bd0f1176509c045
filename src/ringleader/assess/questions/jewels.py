"""What did they reach of what matters most?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ringleader.assess import lookups, reach, words
from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.statement import Aspect, Confidence, Statement, iso
from ringleader.schema.shown import listed


class CrownJewels:
    aspects: tuple[Aspect, ...] = ("crown-jewel",)
    what = "which of the hosts that matter most each campaign reached, tried to reach, or could reach, by role"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "crown-jewel": {
            "role": "of the hosts, as in the case file",
            "state": "reached, tried, within reach, or not seen",
            "reached": "list: host, since (time), how (findings, log-on, or queries of a database)",
            "tried": "list: host, since: hosts that refused it or did not answer",
            "within_reach": "list: host, path (labels of accounts and hosts) by log-ons that are in the evidence",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        for role, jewel in words.vocabulary().jewels.items():
            if role not in ground.by_role:
                yield Statement(
                    "case", ground.about, "crown-jewel",
                    f"No asset has the role {role} in ringleader.toml, so whether an intruder reached {jewel.name}"
                    " cannot be said.", "unknown", data={"role": role},
                )  # fmt: skip
        for one in ground.campaigns:
            paths = reach.graph(ground, one).paths()
            for role in words.vocabulary().jewels:
                if role in ground.by_role:
                    yield _said(ground, one, role, paths)


def _said(ground: Ground, one: Campaign, role: str, paths: dict[str, list[str]]) -> Statement:
    hosts, name = ground.by_role[role], words.vocabulary().jewels[role].name
    places, refused = reach.reached(ground, one), reach.tried(ground, one)
    first = {step.host: step.time for step in reversed(one.steps)}
    reached: list[dict[str, object]] = []
    times: list[int] = []
    findings: list[str] = []
    sure: Confidence = "moderate"
    for host in hosts:
        if (place := places.get(host)) is not None:
            how = "findings" if place.findings else f"log-on ({place.logon.how})" if place.logon else ""
            time = first.get(host) or (place.logon.time if place.logon else None)
            reached.append({"host": host, "since": iso(time), "how": how})
            times += [] if time is None else [time]
            findings += place.findings[:10]
            sure = "high" if place.findings else sure
    if role == "database" and (sessions := _queries(ground, one)):
        reached.append({"host": None, "since": iso(sessions[0].first), "how": "queries"})
        times.append(sessions[0].first)
        findings += [finding for session in sessions for finding in session.findings][:20]
        sure = "high" if any(session.sure for session in sessions) else sure
    names = {str(item["host"]) for item in reached}
    tried = [{"host": host, "since": iso(refused[host])} for host in hosts if host in refused and host not in names]
    within = [
        {"host": host, "path": [reach.label(node) for node in paths[f"host:{host}"]]}
        for host in hosts
        if f"host:{host}" in paths and host not in names
    ]
    state = "reached" if reached else "tried" if tried else "within reach" if within else "not seen"
    since = ground.day(min(times, default=None))
    told = listed([str(item["host"]) for item in reached if item["host"]])
    match state:
        case "reached" if not told:
            text = f"Reached {name}: queries to them were answered, since {since}."
        case "reached":
            text = f"Reached {name} since {since}: {told}."
        case "tried":
            text = f"Tried to reach {name}, which refused or did not answer: {listed([str(t['host']) for t in tried])}."
            text += " Log-ons that are in the evidence would lead there." if within else ""
        case "within reach":
            length = min(len(item["path"]) for item in within) - 1
            text = f"Was not seen on {name}, but could reach them: over {length} step{'s' if length > 1 else ''} by"
            text += " log-ons that are in the evidence."
        case _:
            text = f"Was not seen on {name}, and no log-on in the evidence leads there from what it holds."
    if state != "reached":
        sure = "moderate" if all(host in ground.spans for host in hosts) else "low"
        if missing := [host for host in hosts if host not in ground.spans]:
            text += (
                f" There are no events of {listed(missing)} itself."
                if len(missing) == 1
                else (f" There are no events of {listed(missing)} themselves.")
            )
    data = {"role": role, "state": state, "reached": reached, "tried": tried, "within_reach": within}
    return Statement("campaign", one.id, "crown-jewel", text, sure, findings or [one.steps[0].finding_id], data)


def _queries(ground: Ground, one: Campaign) -> list[lookups.Session]:
    owned = lookups.of(ground).owned
    some = [session for own in one.intrusions for session in owned.get(own.id, ()) if session.program != "web"]
    return sorted(some, key=lambda session: session.first)
