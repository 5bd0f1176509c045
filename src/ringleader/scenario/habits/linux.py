"""Linux: jobs of cron, files of call detail records on their way, network engineers over SSH with their typing
mistakes, scripts that log in with keys, and what auditd notes of it all.

Jobs and files are routine (``scene.often``), as are engineers; their wrong passwords are rarer (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import network, unix
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import office
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import unix as log
from ringleader.scenario.scene import Scene

_ENGINEERS = (
    Role.NETWORK_MANAGEMENT, Role.SUBSCRIBER_REGISTER, Role.NETWORK_ELEMENT, Role.CDR, Role.DATABASE,
    Role.REMOTE_ACCESS,
)  # fmt: skip


def day(scene: Scene) -> None:
    start = scene.day * rhythm.DAY
    for host in scene.estate.hosts:
        if host.system != "linux" or scene.silent(host):
            continue
        for _ in range(scene.often(chances.heavy(scene.chance, 9, 0.5))):
            # On the hour and its quarters, a little late, as cron is.
            time = (
                start + scene.chance.randrange(96) * 15 * rhythm.MINUTE + scene.chance.randrange(1, 3 * rhythm.SECOND)
            )
            unix.cron(scene, host, time, _owner(host), scene.chance.choice(_lines(host, "cron")))
        for _ in range(scene.often(8)):
            _noted(scene, host, scene.within(start, start + rhythm.DAY))
    _mediation(scene)
    _polls(scene)
    engineers = scene.estate.of_job("network-engineer") + scene.estate.of_job("database-administrator")
    targets = scene.estate.of_role(*_ENGINEERS)
    for person in engineers:
        stay = office.at_work(scene, person)
        if stay is None or not targets:
            continue
        for _ in range(scene.often(chances.heavy(scene.chance, 5, 0.6))):
            host = targets[(chances.rank(scene.chance, len(targets)) + person.station.code) % len(targets)]
            _session(scene, person, host, office.moment(scene, stay))


def _owner(host: Host) -> str:
    return {Role.CDR: "mediation", Role.DATABASE: "oracle", Role.NETWORK_MANAGEMENT: "nms"}.get(host.role, "root")


def _lines(host: Host, key: str) -> list[str]:
    table: dict[str, list[str]] = facts.table("linux")[key]
    return table["any"] + 2 * table.get(str(host.role), [])


def _filled(scene: Scene, text: str) -> str:
    if "{" not in text:
        return text
    gateways = scene.estate.of_role(Role.NETWORK_ELEMENT)
    name = scene.chance.choice(gateways).name if gateways else "localhost"
    return text.replace("{gateway}", name).replace("{word}", f"{scene.chance.randrange(100, 999)}")


def _session(scene: Scene, person: Person, host: Host, time: int) -> None:
    """An engineer logs in from the workstation and types some lines."""
    name = person.account.name.replace(".", "")
    if scene.happens(0.07):
        for _ in range(scene.chance.randrange(1, 3)):
            unix.fail(scene, host, time - 9 * rhythm.SECOND, name, person.station)
    account = "root" if scene.happens(0.06) else name
    shell = unix.ssh(scene, host, time, account, person.station, key=person.station.code % 3 == 0)
    lines, extra = _lines(host, "typed"), facts.texts("linux", "sudo")
    for _ in range(scene.chance.randrange(1, 9)):
        time = scene.later(time, 60)
        if scene.happens(0.15):
            unix.runs(scene, shell, time, _filled(scene, scene.chance.choice(extra)), sudo=account != "root")
        else:
            unix.runs(scene, shell, time, _filled(scene, scene.chance.choice(lines)))
    unix.leave(scene, shell, scene.later(time, 400))


def _noted(scene: Scene, host: Host, time: int) -> None:
    """Chatter: watched files that programs of the system open, services that start, packets that are dropped."""
    kind, chance = scene.chance.random(), scene.chance
    if kind < 0.4:
        path = chance.choice(facts.texts("linux", "watched"))
        exe = chance.choice(("/usr/sbin/sshd", "/usr/sbin/crond", "/usr/bin/sudo", "/usr/bin/python3.6"))
        log.opened(
            scene, host, time, path, pid=chance.randrange(400, 60_000), uid=0, auid=4294967295, exe=exe, key="identity"
        )
    elif kind < 0.7:
        unit = chance.choice(("sysstat-collect", "dnf-makecache", "logrotate", "chronyd", "systemd-tmpfiles-clean"))
        log.syslog(scene, host, time, "systemd", 1, f"Started {unit}.service.")
    elif kind < 0.9:
        clocks = scene.estate.of_role(Role.DOMAIN_CONTROLLER) or [host]
        said = f"Selected source {chance.choice(clocks).address}"
        log.syslog(scene, host, time, "chronyd", 700 + host.code % 99, said)
    else:
        where = f"SRC={chance.choice(scene.estate.hosts).address} DST={host.address} PROTO=TCP DPT=23"
        log.syslog(scene, host, time, "kernel", 0, f"DROP IN=eth0 OUT= {where}")


def _mediation(scene: Scene) -> None:
    """Files of call detail records come from the gateways by scp with a key, or are fetched by rsync."""
    stores, gateways = scene.estate.of_role(Role.CDR), scene.estate.of_role(Role.NETWORK_ELEMENT)
    start = scene.day * rhythm.DAY
    for store in stores:
        for gateway in gateways:
            for _ in range(scene.often(5)):
                time = start + scene.chance.randrange(24) * rhythm.HOUR + scene.chance.randrange(600 * rhythm.SECOND)
                _file(scene, store, gateway, time)


def _file(scene: Scene, store: Host, gateway: Host, time: int) -> None:
    name = f"{gateway.name}-{rhythm.stamp(time):%Y%m%d%H}.csv.gz"
    volume = int(chances.heavy(scene.chance, 3e7, 0.8))
    if gateway.code % 2:
        shell = unix.ssh(scene, store, time, "mediation", gateway, key=True)
        unix.runs(scene, shell, time + 300_000, f"scp -t /data/cdr/incoming/{name}")
        unix.leave(scene, shell, scene.later(time, 20))
        network.flow(scene, time, gateway, store, 22, seconds=12, sent=volume, received=9000)
    else:
        unix.cron(
            scene,
            store,
            time,
            "mediation",
            f"rsync -az --remove-source-files {gateway.name}:/var/cdr/{name} /data/cdr/incoming/",
        )
        network.flow(scene, time, store, gateway, 22, seconds=12, sent=9000, received=volume)


def _polls(scene: Scene) -> None:
    """The management systems ask all network elements and registers for their state, and log in with keys."""
    start = scene.day * rhythm.DAY
    elements = scene.estate.of_role(Role.NETWORK_ELEMENT, Role.SUBSCRIBER_REGISTER)
    for manager in scene.estate.of_role(Role.NETWORK_MANAGEMENT):
        for element in elements:
            for _ in range(scene.often(24)):
                network.flow(
                    scene, scene.within(start, start + rhythm.DAY), manager, element, 161, sent=200, received=900
                )
            for _ in range(scene.often(2)):
                time = scene.within(start, start + rhythm.DAY)
                shell = unix.ssh(scene, element, time, "nms", manager, key=True)
                unix.runs(scene, shell, time + rhythm.SECOND, "uptime")
                unix.leave(scene, shell, time + 4 * rhythm.SECOND)
