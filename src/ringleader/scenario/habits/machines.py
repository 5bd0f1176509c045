"""What Windows hosts do by themselves: services, scheduled tasks, scans for malware, computer accounts at the domain
controllers, restarts after updates, roll-outs of software to all hosts at once.

All of it is routine (``scene.often``), except restarts and roll-outs: they happen on their days at every density.
"""

from __future__ import annotations

from itertools import accumulate

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import directory, network, remote, windows
from ringleader.scenario.habits import software
from ringleader.scenario.hosts import Change, Host
from ringleader.scenario.logs import windows as log
from ringleader.scenario.scene import Scene


def day(scene: Scene) -> None:
    start = scene.day * rhythm.DAY
    controllers = scene.estate.of_role(Role.DOMAIN_CONTROLLER)
    rollout = _rollout(scene)
    for host in scene.estate.hosts:
        if host.system != "windows" or scene.silent(host):
            continue
        busy = chances.heavy(scene.chance, 1.0 if host.role is Role.WORKSTATION else 1.4, 0.5)
        for _ in range(scene.often(11 * busy)):
            time = scene.within(start, start + rhythm.DAY)
            _task(scene, host, time)
            while scene.happens(0.5):  # one task wakes the next
                time = scene.later(time, 2)
                _task(scene, host, time)
        for _ in range(scene.often(20 * busy)):
            _chatter(scene, host, scene.within(start, start + rhythm.DAY))
        for _ in range(scene.often(5 * busy)):
            if controllers:
                _domain(scene, host, scene.within(start, start + rhythm.DAY), scene.chance.choice(controllers))
        if windows.boot_day(host, scene.day) == scene.day:
            time = _night(scene, host)
            if host.last is not None and host.last.day == scene.day:
                _renewed(scene, host, host.last, time)
            restart(scene, host, time, planned=True)
        elif scene.happens(0.002):
            restart(scene, host, scene.within(start, start + rhythm.DAY), planned=scene.happens(0.6))
        if rollout is not None:
            _install(scene, host, rollout)


def _renewed(scene: Scene, host: Host, change: Change, time: int) -> None:
    """Before the restart at ``time``, an administrator gave the host its new name, or the name to a new machine."""
    controllers, admins = scene.estate.of_role(Role.DOMAIN_CONTROLLER), scene.estate.of_job("administrator")
    if controllers and admins:
        admin = scene.chance.choice(admins)
        session = windows.log_on(
            scene, controllers[0], time - 4 * rhythm.MINUTE, admin.account, 3, source=admin.station
        )
        if change.kind == "renamed":
            directory.renames(scene, session, time - 3 * rhythm.MINUTE, host, change.was)
        else:
            directory.replaces(scene, session, time - 3 * rhythm.MINUTE, host)
        windows.log_off(scene, session, time - 2 * rhythm.MINUTE)
    if change.kind == "renamed":
        log.renamed(scene, host, time + rhythm.MINUTE, change.was)


def restart(scene: Scene, host: Host, time: int, *, planned: bool) -> None:
    """The System log's account of a restart; one without a plan has lost power, and says so afterwards (6008)."""
    up = scene.later(time, 90)
    if planned:
        installer = windows.system(scene, host, "svchost", "-k netsvcs -p -s UsoSvc")
        windows.start(scene, installer, time - 60 * rhythm.SECOND, windows.binary("tiworker").image + " -Embedding")
        log.eventlog(scene, host, time, 6006)
        log.kernel(scene, host, time + rhythm.SECOND, 13, StopTime=rhythm.iso(time))
    log.kernel(scene, host, up, 12, MajorVersion="10", MinorVersion="0", BuildVersion="17763", StartTime=rhythm.iso(up))
    log.eventlog(scene, host, up + rhythm.SECOND, 6005)
    log.security(scene, host, up + rhythm.SECOND, 4608)
    if not planned:
        shown = rhythm.stamp(time)
        log.eventlog(scene, host, up + rhythm.SECOND, 6008, param1=f"{shown:%H:%M:%S}", param2=f"{shown:%d/%m/%Y}")


def _night(scene: Scene, host: Host) -> int:
    hour = 12.5 if host.role is Role.WORKSTATION else 3.0
    return rhythm.midnight(scene.day, host.zone) + int((hour + scene.chance.random()) * rhythm.HOUR)


def _task(scene: Scene, host: Host, time: int) -> None:
    routine = facts.table("machines")["routine"]
    if "weights" not in scene.kept:
        scene.kept["weights"] = list(accumulate(row[2] for row in routine))
    arguments, command, _ = scene.chance.choices(routine, cum_weights=scene.kept["weights"])[0]
    if host.role is not Role.WORKSTATION and scene.happens(0.06):
        arguments, command = "-k netsvcs -p -s Schedule", scene.chance.choice(facts.texts("machines", "scripts"))
        command = facts.placed(scene.estate, command)
    parent = windows.system(scene, host, "svchost", arguments)
    made = windows.start(scene, parent, time, command, program=software.program(scene, command))
    if scene.happens(0.4):
        windows.stop(scene, made, scene.later(time, 40))


def _chatter(scene: Scene, host: Host, time: int) -> None:
    """One of the small things that sensors and services note all day."""
    table, kind = facts.table("machines"), scene.chance.random()
    service = windows.system(scene, host, "svchost", "-k netsvcs -p")
    if kind < 0.22:
        session = windows.log_on(scene, host, time, windows.SYSTEM, 5)
        if scene.happens(0.2):
            windows.log_off(scene, session, scene.later(time, 30))
    elif kind < 0.42:
        state = scene.chance.choice(("running", "stopped"))
        log.services(scene, host, time, 7036, param1=scene.chance.choice(table["services"]), param2=state)
    elif kind < 0.60:
        path: str = scene.chance.choice(table["files"])
        windows.writes(scene, service, time, path.replace("{word}", f"{scene.chance.getrandbits(24):06X}"))
    elif kind < 0.74:
        key, value = scene.chance.choice(table["keys"])
        windows.sets(scene, service, time, key, value.replace("{dns}", host.address))
    elif kind < 0.84:
        library = windows.binary(scene.chance.choice(table["libraries"]))
        windows.loads(scene, service, time, windows.Binary(library.image, library.image.rsplit("\\", 1)[-1]))
    elif kind < 0.92:
        image, access, trace = scene.chance.choice(table["opens_lsass"])
        name = image.rsplit("\\", 1)[-1].lower().removesuffix(".exe")
        opener = windows.system(scene, host, name)
        windows.reads_memory(scene, opener, time, windows.system(scene, host, "lsass"), access, trace)
    else:
        servers = scene.estate.of_role(Role.UPDATES)
        if servers:
            windows.connects(scene, service, time, servers[0], 8530, received=scene.chance.randrange(2000, 4_000_000))


def _domain(scene: Scene, host: Host, time: int, controller: Host) -> None:
    """A computer's own account at a domain controller: policies, time, directory."""
    if host is controller:
        return
    session = windows.log_on(scene, controller, time, scene.estate.machine(host), 3, source=host)
    network.flow(scene, time, host, controller, scene.chance.choice((389, 445, 88, 135)))
    if scene.happens(0.3):
        remote.share(scene, session, time + 30_000, "SYSVOL", f"{host.domain}\\Policies\\{{31B2F340}}\\gpt.ini")
    windows.log_off(scene, session, scene.later(time, 12))


def _rollout(scene: Scene) -> dict[str, str] | None:
    """What is rolled out today: about once in three weeks, on a working day."""
    draw = scene.estate.chance("rollout", scene.day // 21)
    if scene.day % 21 != draw.randrange(21) or rhythm.weekday(scene.day) > 4:
        return None
    found: dict[str, str] = draw.choice(facts.table("machines")["rollouts"])
    return found


def _install(scene: Scene, host: Host, rollout: dict[str, str]) -> None:
    """The same installer and the same new service as on all other hosts within two hours."""
    if scene.happens(0.12):  # switched off
        return
    time = rhythm.midnight(scene.day, host.zone) + 10 * rhythm.HOUR + int(scene.chance.random() * 2 * rhythm.HOUR)
    version = f"{scene.day // 400}.{scene.day // 21 % 20}"
    agent = windows.system(scene, host, "svchost", "-k netsvcs -p -s AppMgmt")
    package = facts.placed(scene.estate, f"\\\\{{updates}}\\packages$\\{rollout['package']}-{version}.msi")
    windows.start(scene, agent, time, f"C:\\Windows\\System32\\msiexec.exe /i {package} /qn /norestart")
    path = rollout["path"]
    image = path[1:].partition('"')[0] if path.startswith('"') else path.partition(".exe")[0] + ".exe"
    program = windows.Binary(image, image.rsplit("\\", 1)[-1], rollout["service"], "Packaged Software Ltd", version)
    session = windows.Session(host, windows.SYSTEM, windows.LOCAL, 5)
    windows.writes(scene, agent, time + 8 * rhythm.SECOND, image)
    remote.service(scene, session, time + 9 * rhythm.SECOND, rollout["service"], path, program=program)
