"""The weekly vulnerability scan by the operator's own scanner, and the noise of the Internet on what it can reach:
probes for known flaws, passwords sprayed on OWA, the VPN and SSH.

Both are routine (``scene.often``); the scan's log-ons and the spraying follow the root of the density, so that a small
operator sees some (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import network, unix, web, windows
from ringleader.scenario.habits import homes
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

_WEEKDAY = 1
"""On which the scan runs, in the evening."""


def day(scene: Scene) -> None:
    scanners = scene.estate.of_role(Role.SCANNER)
    if scanners and rhythm.weekday(scene.day) == _WEEKDAY:
        start = rhythm.midnight(scene.day, scanners[0].zone) + 20 * rhythm.HOUR
        for place, host in enumerate(scene.estate.hosts):
            if host is not scanners[0]:
                _scan(scene, scanners[0], host, start + place * 40 * rhythm.SECOND)
    _internet(scene)


def _scan(scene: Scene, scanner: Host, host: Host, time: int) -> None:
    ports: list[int] = facts.table("probes")["ports"]
    window = 20 * rhythm.MINUTE
    for _ in range(scene.often(70)):
        port = scene.chance.choice(ports)
        state = scene.chance.choices(("REJ", "S0", "SF", "RSTO"), (60, 20, 12, 8))[0]
        network.flow(
            scene, scene.within(time, time + window), scanner, host, port, seconds=0.01, sent=0, received=0, state=state
        )
    if host.role in (Role.MAIL, Role.WEB):
        for _ in range(scene.often(120)):
            _probe(scene, host, scene.within(time, time + window), scanner.address, facts.table("probes")["scanner"])
    if host.system == "windows":
        for _ in range(scene.seldom(1.2)):
            name = scene.chance.choice(facts.texts("probes", "names"))
            at = scene.within(time, time + window)
            windows.fail(
                scene, host, at, name, address=scanner.address, workstation=scanner.name.upper(), known=name == "guest"
            )
        if scene.seldom(0.7):
            account = scene.estate.account("svc-scan")
            session = windows.log_on(scene, host, time + window, account, 3, source=scanner, package="NTLM")
            windows.log_off(scene, session, time + window + 9 * rhythm.SECOND)
    else:
        for _ in range(scene.seldom(0.8)):
            name = scene.chance.choice(facts.texts("probes", "names"))
            unix.fail(scene, host, scene.within(time, time + window), name, scanner, known=name == "root")


def _probe(scene: Scene, host: Host, time: int, client: str, agent: str) -> None:
    """One request for something that is not there. What Exchange's front end serves stands in its own log, too."""
    stem = scene.chance.choice(facts.texts("probes", "web"))
    query = scene.chance.choice(facts.texts("probes", "queries"))
    protocol = {"owa": "Owa", "ecp": "Ecp", "ews": "Ews", "autodiscover": "Autodiscover"}.get(stem.split("/")[1])
    if host.role is Role.MAIL and protocol:
        status = 401 if protocol in ("Ews", "Autodiscover") else 302
        web.mail(scene, host, time, protocol, stem, client=client, agent=agent, query=query, status=status)
    else:
        status = scene.chance.choice((404, 404, 404, 404, 403, 400)) if stem not in ("/", "/favicon.ico") else 200
        web.request(
            scene, host, time, stem, client=client, agent=agent, query=query, status=status, received=1200,
            method=scene.chance.choice(("GET", "GET", "GET", "HEAD", "POST")),
        )  # fmt: skip


def _internet(scene: Scene) -> None:
    start = scene.day * rhythm.DAY
    agents = facts.texts("probes", "agents")
    outside = scene.estate.of_role(Role.MAIL) + scene.estate.of_role(Role.WEB)[:1]
    for host in outside:
        for _ in range(scene.often(chances.heavy(scene.chance, 45, 0.8))):
            client = homes.anywhere(scene)
            _probe(scene, host, scene.within(start, start + rhythm.DAY), client, scene.chance.choice(agents))
    for _ in range(scene.often(chances.heavy(scene.chance, 200, 0.8))):
        target = scene.chance.choice(scene.estate.public)
        network.flow(
            scene, scene.within(start, start + rhythm.DAY), homes.anywhere(scene), target,
            scene.chance.choice(facts.table("probes")["ports"]), seconds=0.0, sent=0, received=0,
            state=scene.chance.choice(("S0", "S0", "REJ")),
        )  # fmt: skip
    for host in scene.estate.of_role(Role.MAIL):
        for flaw in facts.table("probes")["flaws"]:
            if scene.day >= rhythm.day_number(flaw["since"]) and scene.seldom(0.12):
                _flaw(scene, host, scene.within(start, start + rhythm.DAY), flaw)
    if scene.seldom(0.45):
        _spray(scene, scene.within(start, start + rhythm.DAY))
    for gateway in scene.estate.of_role(Role.REMOTE_ACCESS):
        for _ in range(scene.often(chances.heavy(scene.chance, 60, 1.0))):
            name = scene.chance.choice(facts.texts("probes", "names"))
            time = scene.within(start, start + rhythm.DAY)
            unix.fail(scene, gateway, time, name, homes.anywhere(scene), known=name == "root")


def _flaw(scene: Scene, host: Host, time: int, flaw: dict[str, str]) -> None:
    """A probe for a flaw that everybody knows by now, on a server that has it no longer."""
    agent = scene.chance.choice(facts.texts("probes", "agents"))
    web.mail(
        scene, host, time, flaw["protocol"], flaw["stem"], client=homes.anywhere(scene), agent=agent,
        method=flaw["method"], query=flaw["query"], status=int(flaw["status"]),
    )  # fmt: skip


def _spray(scene: Scene, time: int) -> None:
    """One password for many names, at OWA or a VPN, some of them real; slow enough to stay below most limits."""
    servers, gateways = scene.estate.of_role(Role.MAIL), scene.estate.of_role(Role.REMOTE_ACCESS)
    client, agent = homes.anywhere(scene), scene.chance.choice(facts.texts("probes", "agents"))
    real = [person.account.name for person in scene.estate.people]
    names = scene.chance.sample(real, min(len(real), 6)) + scene.chance.sample(facts.texts("probes", "names"), 6)
    way = scene.chance.randrange(3)
    for name in names[: 4 + scene.seldom(8)]:
        time = scene.later(time, 150)
        if way == 0 and servers:
            web.mail(
                scene, servers[0], time, "Owa", "/owa/auth.owa", client=client, agent=agent, method="POST", status=302
            )
            windows.fail(
                scene, servers[0], time, name, address=client, workstation=servers[0].name, known=name in real, kind=8
            )
        elif way == 1 and gateways:
            unix.openvpn_fails(scene, gateways[0], time, name, client)
        else:
            unix.pulse_fails(scene, time, name, client, "Staff")
