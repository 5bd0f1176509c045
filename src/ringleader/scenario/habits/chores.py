"""The rarer jobs of administrators, which rules for intruders were written after: copies of the directory for new
domain controllers, shadow copies, archives with passwords, saved registry hives, dumps of hanging programs, tasks and
services made by hand, accounts for new staff, a module for IIS, a cleared log.

By the root of the density (``scene.seldom``); what follows a calendar happens on its day at every density.
"""

from __future__ import annotations

from collections.abc import Callable

from ringleader.case import Role
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import directory, remote, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import administrators, office
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

Chore = Callable[[Scene, Process, int, Host], None]


def day(scene: Scene) -> None:
    servers = scene.estate.of_role(*administrators.SERVERS)
    on_duty: list[tuple[Person, office.Stay]] = []
    for admin in scene.estate.of_job("administrator"):
        stay = office.at_work(scene, admin)
        if stay is None or not servers:
            continue
        on_duty.append((admin, stay))
        for _ in range(scene.seldom(1.7)):
            chore: Chore = scene.chance.choices(*_CHORES)[0]
            where = scene.chance.choice(scene.estate.of_role(*_WHERE.get(chore, administrators.SERVERS)) or servers)
            time = office.moment(scene, stay)
            chore(scene, _prompt(scene, admin, time, where), time + 30 * rhythm.SECOND, where)
    if on_duty:
        _calendar(scene, *scene.chance.choice(on_duty))


def _prompt(scene: Scene, admin: Person, time: int, where: Host) -> Process:
    """A prompt on a server, reached by remote desktop."""
    session = remote.remote_desktop(scene, admin.station, time, where, administrators.account(scene, admin))
    windows.log_off(scene, session, scene.later(time + 10 * rhythm.MINUTE, 1200))
    return windows.start(scene, windows.desktop(scene, session), time + 20 * rhythm.SECOND, "cmd.exe")


def _line(scene: Scene, prompt: Process, time: int, where: Host, key: str) -> Process:
    command = administrators.filled(scene, scene.chance.choice(facts.texts("administrators", key)), where)
    return windows.start(scene, prompt, time, command)


def _archive(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    made = _line(scene, prompt, time, where, "locked" if scene.happens(0.12) else "archives")
    target = next((word for word in made.command.split() if word.endswith((".rar", ".7z", ".zip", ".cab"))), "")
    windows.writes(scene, made, time + rhythm.SECOND, target.strip('"') or "D:\\Archive\\new.rar")


def _shadow(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    _line(scene, prompt, time, where, "copies")


def _hive(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    _line(scene, prompt, time, where, "hives")


def _dump(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    """A program hangs, and its maker asks for a dump."""
    made = _line(scene, prompt, time, where, "dumps")
    target = windows.system(scene, where, "w3wp", "DefaultAppPool")
    windows.reads_memory(
        scene, made, time + rhythm.SECOND, target, "0x1fffff", "C:\\Windows\\System32\\dbgcore.dll+6d3c"
    )
    windows.writes(scene, made, time + 2 * rhythm.SECOND, f"D:\\Dumps\\w3wp_{rhythm.stamp(time):%y%m%d_%H%M%S}.dmp")


def _task(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    if scene.happens(0.4):
        _line(scene, prompt, time, where, "taskline")
        return
    name, command = scene.chance.choice(facts.table("administrators")["tasks"])
    remote.task(scene, prompt.session, time, name, command, run=scene.happens(0.5))


def _service(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    name, path = scene.chance.choice(facts.table("administrators")["services"])
    remote.service(scene, prompt.session, time, name, path, start=scene.happens(0.7))


def _account(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    """Somebody new, or an account for a program; seldom an administrator. Made on a domain controller."""
    names = facts.table("names")
    name = (
        f"{scene.chance.choice(names['first'])[0]}.{scene.chance.choice(names['last'])}{scene.chance.randrange(2, 9)}"
    )
    new = scene.estate.account(name.lower())
    if scene.happens(0.15):
        windows.start(scene, prompt, time - rhythm.SECOND, f"net user {new.name} Welcome1 /add /domain")
    directory.creates(scene, prompt.session, time, new)
    group = scene.chance.choice(("Staff", "Billing Users", "VPN Users", "Network Engineering"))
    directory.joins(scene, prompt.session, time + 20 * rhythm.SECOND, new, group)
    if scene.happens(0.1):
        directory.joins(scene, prompt.session, time + 60 * rhythm.SECOND, new, "Domain Admins")


def _member(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    """Somebody gets the rights of an administrator on one server, by command or by mouse."""
    person = scene.chance.choice(scene.estate.people)
    if scene.happens(0.3):
        windows.start(scene, prompt, time, f"net localgroup Administrators {person.account.full} /add")
    directory.joins(scene, prompt.session, time + 100_000, person.account, "Administrators", local=True)


def _module(scene: Scene, prompt: Process, time: int, where: Host) -> None:
    """A module of the monitoring's maker is put into IIS."""
    image = "C:\\Program Files\\LogForward\\iislog.dll"
    windows.start(scene, prompt, time, f'appcmd install module /name:LogForward /image:"{image}"')
    directory.iis_module(scene, where, time + rhythm.SECOND, "LogForward", image)
    windows.start(scene, prompt, scene.later(time, 30), "iisreset /restart")


_CHORES: tuple[list[Chore], list[float]] = (
    [_archive, _shadow, _hive, _dump, _task, _service, _account, _member, _module],
    [34, 12, 5, 7, 16, 6, 14, 4, 1],
)
_WHERE: dict[Chore, tuple[Role, ...]] = {
    _account: (Role.DOMAIN_CONTROLLER,),
    _dump: (Role.WEB, Role.MAIL, Role.BILLING),
    _module: (Role.WEB, Role.MAIL),
}


def _calendar(scene: Scene, admin: Person, stay: office.Stay) -> None:
    """What has its day: the copy of the directory that is kept for rebuilds, made new every four weeks; the test host's
    log, cleared once a year."""
    for controller in scene.estate.of_role(Role.DOMAIN_CONTROLLER)[:1]:
        if (scene.day - controller.code) % 28 == 0:
            time = office.moment(scene, stay)
            prompt = _prompt(scene, admin, time, controller)
            made = _line(scene, prompt, time + 40 * rhythm.SECOND, controller, "ifm")
            windows.writes(scene, made, time + 70 * rhythm.SECOND, "D:\\IFM\\Active Directory\\ntds.dit")
    others = scene.estate.of_role(Role.OTHER)
    if others and (scene.day - others[-1].code) % 365 == 0:
        time = office.moment(scene, stay)
        prompt = _prompt(scene, admin, time, others[-1])
        windows.start(scene, prompt, time + 30 * rhythm.SECOND, "wevtutil cl Security")
        directory.clears(scene, prompt.session, time + 31 * rhythm.SECOND)
