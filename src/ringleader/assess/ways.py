"""How each intrusion came in: the earliest step that can be defended, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from ringleader.assess import events, logons, names, words
from ringleader.assess.ground import Ground, Intrusion, Step
from ringleader.assess.logons import Dial, Logon
from ringleader.assess.statement import DAY, HOUR, MINUTE, Confidence, microseconds
from ringleader.schema import kind as kinds

Means = Literal[
    "exploited service", "supplier's account", "supplier's address", "stolen credential", "at a desk", "left behind",
    "unknown",
]  # fmt: skip
OPENING = 30 * MINUTE
"""What follows so soon after the first step is looked at with it."""
HOPS = 5


@dataclass(frozen=True)
class Way:
    """``kind`` is a word of the scoring guide (exchange-flaw, web-server, supplier, stolen-credential, owa-module,
    insider) or ``unknown``; ``means`` says how. ``host``: where it began; ``account`` and ``address`` if it was a
    log-on. ``strange``: nobody used that account from that address at other times. ``path``: the log-ons that lead from
    there to the first finding. ``earlier``: the intrusion in which the way was made, if it is another; then
    ``found_on`` is the host on which this one begins."""

    kind: str
    means: Means
    host: str
    time: int
    confidence: Confidence
    findings: tuple[str, ...]
    supplier: str | None = None
    account: str | None = None
    address: str | None = None
    strange: bool | None = None
    path: tuple[Logon, ...] = ()
    dial: Dial | None = None
    earlier: str | None = None
    found_on: str = ""
    first_kind: str = ""
    missing: tuple[str, ...] = field(default_factory=tuple)


def of(ground: Ground) -> dict[str, Way]:
    """By intrusion."""
    return ground.once(_all)


def of_part(ground: Ground, part: Intrusion) -> Way:
    """How a later part of an intrusion begins: by a way of its own, or ``unknown``."""
    if not part.part:
        return of(ground)[part.id]
    known = ground.once(_parts)
    key = (part.id, part.first)
    if key not in known:
        first = part.steps[0]
        way = _exploited(ground, part) or _logged_on(ground, part) or _by_wire(ground, part)
        known[key] = way or Way("unknown", "unknown", first.host, first.time, "unknown", _ids([first]))
    return known[key]


def _parts(ground: Ground) -> dict[tuple[str, int], Way]:
    return {}


def _all(ground: Ground) -> dict[str, Way]:
    firsts = _first_events(ground)
    found: dict[str, Way] = {}
    for one in ground.intrusions:
        way = _exploited(ground, one) or _logged_on(ground, one) or _by_wire(ground, one) or _at_work(one)
        way = way or _left(ground, one, found, firsts)
        found[one.id] = _kept_open(one, replace(way, first_kind=way.kind, missing=_missing(ground, way)))
    return found


def _at_work(one: Intrusion) -> Way | None:
    """It begins with what one person does otherwise than colleagues, or somebody with their access."""
    first = one.steps[0]
    if not first.compared or not first.kind.startswith("db/"):
        return None
    return Way("insider", "at a desk", first.host, first.time, "low", _ids([first]), account=first.account)


def _exploited(ground: Ground, one: Intrusion) -> Way | None:
    """A service was made to do what it should not, and what followed is of the same host."""
    first = one.steps[0]
    opening = [step for step in one.steps if step.time - first.time <= OPENING and step.host == first.host]
    flaw = [step for step in opening if step.has("T1190") and "initial-access" in step.tactics]
    served = [step for step in opening if step.has("T1190", "T1505.003")]
    if first.person or not served or served[0].time - first.time > MINUTE:
        return None
    shown = flaw or served
    kind = next((word for step in shown if (word := _service(step))), "")
    role = ground.hosts.role(first.host)
    if not kind:
        kind = "exchange-flaw" if role == "mail" else "web-server"
    requested = [step for step in shown if _service(step)]
    if role == "mail" and not any(step.kind.startswith(("exchange/", "windows/msexchange")) for step in flaw):
        # A page of the mail server is asked for; how it got there is told by others, or not at all.
        return None
    confidence: Confidence = "high" if flaw and requested else "moderate"
    return Way(
        kind, "exploited service", first.host, first.time, confidence, _ids(shown), address=_asked_by(ground, one)
    )


def _service(step: Step) -> str:
    return next((word for prefix, word in words.vocabulary().exploited.items() if kinds.covers(prefix, step.kind)), "")


def _asked_by(ground: Ground, one: Intrusion) -> str | None:
    """The address from which the first request came."""
    ids = [step.event_id for step in one.steps[:20] if step.kind.startswith(("exchange", "web"))]
    some = events.by_id(ground.store, ids, ["ClientIpAddress", "c-ip"])
    for step in one.steps[:20]:
        told = some.get(step.event_id, {})
        if address := told.get("ClientIpAddress") or told.get("c-ip"):
            return str(address)
    return None


def _logged_on(ground: Ground, one: Intrusion) -> Way | None:
    """Back from the first finding in somebody's name, log-on by log-on, to where that began."""
    first = next((step for step in one.steps if step.time - one.first <= OPENING and step.person), None)
    if first is None or (first.time - one.first > MINUTE and not _harmless(one, first)):
        return None
    seen = logons.of(ground)
    account, host, time = first.account, first.host, first.time
    path: list[Logon] = []
    while len(path) < HOPS and (logon := seen.last_before(account, host, time)) is not None:
        path.insert(0, logon)
        if dial := seen.dial_of(logon.source, logon.time):
            return _from_outside(ground, first, path, dial)
        if names.is_outside(logon.source):
            return _from_outside(ground, first, path, None)
        if not logon.source or logon.source == host:
            break
        host, time = logon.source, logon.time
    if (direct := _dialled(ground, first)) is not None:
        return _from_outside(ground, first, path, direct)
    supplier = ground.suppliers.of_account(account)
    begun = path[0] if path else None
    if supplier:
        return Way(
            "supplier", "supplier's account", begun.host if begun else first.host, begun.time if begun else first.time,
            "moderate" if begun else "low", _ids([first]), supplier=supplier, account=account, path=tuple(path),
        )  # fmt: skip
    if begun is not None and begun.how == "console":
        return Way(
            "insider", "at a desk", begun.host, begun.time, "low", _ids([first]), account=account, path=tuple(path)
        )
    return None


def _by_wire(ground: Ground, one: Intrusion) -> Way | None:
    first = one.steps[0]
    dials = logons.of(ground).connected(first.host, first.time)
    if len(dials) > 1:  # of several the one who does not come from there otherwise
        dials = [dial for dial in dials if _strange(ground, dial.account, dial.address) is not False]
    return replace(_from_outside(ground, first, [], dials[0]), confidence="low") if len(dials) == 1 else None


def _harmless(one: Intrusion, first: Step) -> bool:
    """What comes before is nobody's in particular: a finding of the network, say."""
    return all(not step.account and not _service(step) for step in one.steps if step.time < first.time)


def _dialled(ground: Ground, first: Step) -> Dial | None:
    """Into the network shortly before, by the same account, where no log-on shows the address inside."""
    some = [one for one in logons.of(ground).dials if one.account == first.account]
    close = [one for one in some if 0 <= first.time - one.time <= 2 * HOUR]
    return close[-1] if close else None


def _from_outside(ground: Ground, first: Step, path: list[Logon], dial: Dial | None) -> Way:
    begun = path[0] if path else None
    account = dial.account if dial else begun.account if begun else first.account
    address = dial.address if dial else begun.source if begun else ""
    host = dial.gateway if dial else begun.host if begun else first.host
    time = dial.time if dial else begun.time if begun else first.time
    own, network = ground.suppliers.of_account(account), ground.suppliers.of_address(address)
    own = own or (ground.suppliers.of_account(begun.account) if begun else None)
    strange = _strange(ground, account, address)
    sure: Confidence = "high" if strange and dial else "moderate" if strange or strange is None else "low"
    more = {
        "account": account, "address": address or None, "strange": strange, "path": tuple(path), "dial": dial,
    }  # fmt: skip
    if own or network:
        means: Means = "supplier's account" if own else "supplier's address"
        if own and not strange:
            sure = "moderate"  # its own account and address: its network, or itself, is taken over
        return Way("supplier", means, host, time, sure, _ids([first]), supplier=own or network, **more)  # type: ignore[arg-type]
    return Way("stolen-credential", "stolen credential", host, time, sure, _ids([first]), **more)  # type: ignore[arg-type]


def _strange(ground: Ground, account: str, address: str) -> bool | None:
    """Whether the account comes from that address at no time but near visits of intrusions. None if it comes from
    nowhere else either: then there is no habit to compare with, but for a supplier's networks in the case file."""
    spans = logons.near(ground, margin=2 * HOUR)
    others = [
        dial
        for dial in logons.of(ground).dials
        if dial.account == account and not any(first <= dial.time <= last for first, last in spans)
    ]
    if others:
        return all(dial.address != address for dial in others)
    supplier = ground.suppliers.of_account(account)
    if supplier and ground.suppliers.by_name[supplier].addresses:
        return ground.suppliers.of_address(address) != supplier
    return None


def _left(ground: Ground, one: Intrusion, before: dict[str, Way], firsts: dict[str, tuple[str, ...]]) -> Way:
    """It begins with something that was there already: the way in is that of the intrusion that put it there."""
    first = one.steps[0]
    marks = firsts.get(one.id, ())
    fetched = any(step.has("T1056.003") for step in one.steps if step.time - first.time <= OPENING)
    known = [
        (other, way)
        for other in ground.intrusions
        if other.first < one.first and (way := before.get(other.id)) is not None and way.kind != "unknown"
    ]

    def as_of(other: Intrusion, way: Way) -> Way:
        earlier, findings = way.earlier or other.id, _ids([first])
        return replace(
            way, means="left behind", confidence="low", earlier=earlier, found_on=first.host, findings=findings
        )

    for other, way in reversed(known):
        made = set(marks) & _made(ground).get((other.id, first.host), frozenset())
        module = fetched and any(step.adds_module and step.host == first.host for step in other.steps)
        if module:
            return replace(as_of(other, way), kind="owa-module")
        if made:
            return as_of(other, way)
    for other, way in reversed(known):
        if ground.clustered and other.campaign == one.campaign and not _answered(ground, other.last, one.first):
            return as_of(other, way)
    means: Means = "left behind" if marks else "unknown"
    return Way("unknown", means, first.host, first.time, "unknown", _ids([first]))


def _answered(ground: Ground, first: int, last: int) -> bool:
    """Whether the defenders did anything meanwhile."""
    return any(first <= microseconds(one.time) < last for one in ground.config.remediation)


def _first_events(ground: Ground) -> dict[str, tuple[str, ...]]:
    """By intrusion: the programs from which its first processes come and the pages that are asked for first."""
    fields = ["ParentImage", "ParentProcessName", "cs-uri-stem", "UrlStem"]
    wanted = {one.id: [step.event_id for step in one.steps[:6] if step.event_id] for one in ground.intrusions}
    found = events.by_id(ground.store, (event for some in wanted.values() for event in some), fields)
    out = {}
    for name, some in wanted.items():
        marks = [found[event].get(slot, "") for event in some if event in found for slot in fields]
        out[name] = tuple(sorted({mark.lower() for mark in marks if mark and _telling(mark)}))
    return out


def _telling(path: str) -> bool:
    """Not a program that every host has."""
    plain = path.lower()
    if plain.startswith("/"):
        return words.is_page(plain)
    return not plain.startswith(("c:\\windows\\system32\\", "c:\\windows\\syswow64\\", "c:\\windows\\explorer"))


def _made(ground: Ground) -> dict[tuple[str, str], frozenset[str]]:
    """By intrusion and host: the files that it wrote or ran, and the pages."""
    return ground.once(_made_by)


def _made_by(ground: Ground) -> dict[tuple[str, str], frozenset[str]]:
    rows = ground.store.read("traits", ["owner_id", "kind", "value", "hosts"]).to_pylist()
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row["kind"] in ("path", "web-shell"):
            for host in row["hosts"] or ():
                found.setdefault((row["owner_id"], ground.hosts.name(host)), set()).add(row["value"].lower())
    return {key: frozenset(some) for key, some in found.items()}


def _kept_open(one: Intrusion, way: Way) -> Way:
    """A module in the mail server's log-on page gives the passwords of all who log on: from then on it is the way."""
    module = [step for step in one.steps if step.adds_module]
    if way.kind == "stolen-credential" and module:
        return replace(way, kind="owa-module", findings=(*way.findings, *_ids(module)))
    return way


def _missing(ground: Ground, way: Way) -> tuple[str, ...]:
    """What would have to be there to see what came before."""
    said = []
    span = ground.spans.get(way.host)
    if span is None:
        said.append(f"no events of {way.host or 'the first host'} itself")
    elif way.time - span[0] < DAY:
        said.append(f"telemetry of {way.host} begins less than a day before")
    seen = logons.of(ground)
    if way.means in ("unknown", "left behind"):
        said.append("what is seen first is not how it came in")
    if way.means in ("supplier's account", "stolen credential", "unknown") and not seen.gateways:
        said.append("no logs of a gateway for remote access (VPN)")
    if way.means != "exploited service" and not seen.windows:
        said.append("no log-on events of Windows (4624)")
    if way.means == "exploited service" and "web" not in ground.days and "exchange" not in ground.days:
        said.append("no logs of web servers")
    if way.dial is None and way.means == "supplier's account" and seen.gateways:
        said.append("no dial-in of that account in the gateway's logs")
    return tuple(said)


def _ids(steps: list[Step]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.finding_id for step in steps))
