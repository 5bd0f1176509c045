"""Administrators, whose daily round looks like an intruder's: PsExec, WMI, WinRM and remote desktop from their
workstation or a jump host to servers, and the questions that they ask there.

What they do happens by the root of the density (``scene.seldom``): it has to hurt in a small operator, too. The rarer
jobs stand in ``chores``.
"""

from __future__ import annotations

import base64

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import remote, unix, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.estate import Account, Person
from ringleader.scenario.habits import homes, office
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

SERVERS = (
    Role.DOMAIN_CONTROLLER, Role.MAIL, Role.FILES, Role.BILLING, Role.WEB, Role.UPDATES, Role.OTHER, Role.JUMP_HOST,
)  # fmt: skip


def day(scene: Scene) -> None:
    servers = scene.estate.of_role(*SERVERS)
    for admin in scene.estate.of_job("administrator"):
        stay = office.at_work(scene, admin)
        if stay is None or not servers:
            continue
        for _ in range(scene.seldom(chances.heavy(scene.chance, 3.2, 0.7))):
            time = office.moment(scene, stay)
            prompt = windows.start(scene, office.desk(scene, admin), time, "cmd.exe")
            server = scene.chance.choice(servers)
            kind = scene.chance.random()
            if kind < 0.28:
                _desktop(scene, admin, time, server)
            elif kind < 0.62:
                _command(scene, admin, prompt, time, server)
            elif kind < 0.85:
                types(scene, prompt, time, _topic(scene, "checks"), server)
            else:
                _script(scene, prompt, time, server)
        if scene.seldom(0.12):
            _on_call(scene, admin, servers)
        if scene.seldom(0.1):  # the own password, mistyped at a server
            time = office.moment(scene, stay)
            for _ in range(scene.chance.randrange(1, 5)):
                time = scene.later(time, 5)
                name, address = admin.account.name, admin.station.address
                windows.fail(
                    scene, scene.chance.choice(servers), time, name, address=address, workstation=admin.station.name
                )


def _topic(scene: Scene, key: str) -> list[str]:
    found: list[str] = scene.chance.choice(facts.table("administrators")[key])
    return found


def filled(scene: Scene, text: str, server: Host) -> str:
    """``text`` with names, dates and blobs in it."""
    if "{" not in text:
        return text
    estate, words = scene.estate, facts.texts("office", "words")
    when = rhythm.stamp(scene.day * rhythm.DAY)
    controllers = estate.of_role(Role.DOMAIN_CONTROLLER)
    script = (
        f'Write-Output "daily check of {server.name} {when:%Y-%m-%d}"; Get-Service | Where-Object Status -ne Running'
    )
    pid = windows.system(scene, server, "w3wp").pid
    return facts.placed(
        estate,
        text.replace("{server}", server.name)
        .replace("{domain}", estate.operator.domain)
        .replace("{date}", f"{when:%Y%m%d}")
        .replace("{user}", scene.chance.choice(estate.people).account.name if estate.people else "guest")
        .replace("{word}", words[chances.rank(scene.chance, len(words))])
        .replace("{controller}", (controllers[0] if controllers else server).name)
        .replace("{pid}", str(pid))
        .replace("{blob}", base64.b64encode(script.encode("utf-16-le")).decode() if "{blob}" in text else ""),
    )


def types(scene: Scene, prompt: Process, time: int, lines: list[str], server: Host) -> int:
    """Lines typed one after the other; the moment after them. Few type all of a topic; built-in commands of the shell
    start nothing."""
    count = len(lines) if scene.happens(0.35) else scene.chance.randrange(1, len(lines) + 1)
    for line in lines[:count]:
        time = scene.later(time, 40)
        command = filled(scene, line, server)
        if command.split(" ", 1)[0] in ("dir", "cd", "type", "copy", "del"):
            continue
        made = windows.start(scene, prompt, time, command)
        if made.image.endswith("\\net.exe"):
            windows.start(scene, made, time + 30_000, command.replace("net ", "C:\\Windows\\system32\\net1 ", 1))
    return time


def account(scene: Scene, admin: Person) -> Account:
    """Half of them keep a second account for servers."""
    return scene.estate.account(f"adm-{admin.account.name}", admin=True) if admin.station.code % 2 else admin.account


def _desktop(scene: Scene, admin: Person, time: int, server: Host) -> None:
    """By remote desktop, now and then over a jump host; a round of checks there."""
    who = account(scene, admin)
    source = admin.station
    jumps = scene.estate.of_role(Role.JUMP_HOST)
    windows.start(scene, office.desk(scene, admin), time, f"mstsc.exe /v:{server.name}")
    if jumps and scene.happens(0.5) and server not in jumps:
        source = scene.chance.choice(jumps)
        hop = windows.desktop(scene, remote.remote_desktop(scene, admin.station, time, source, who))
        time = scene.later(time, 60)
        windows.start(scene, hop, time, f"mstsc.exe /v:{server.name} /admin")
    session = remote.remote_desktop(scene, source, time + 8 * rhythm.SECOND, server, who)
    shell = windows.desktop(scene, session)
    time = scene.later(time, 60)
    if scene.happens(0.5):
        windows.start(scene, shell, time, "mmc.exe C:\\Windows\\system32\\services.msc")
    if scene.happens(0.8):
        prompt = windows.start(scene, shell, time + rhythm.SECOND, "cmd.exe")
        time = types(scene, prompt, time, _topic(scene, "checks"), server)
    windows.log_off(scene, session, scene.later(time, 900))


def _on_call(scene: Scene, admin: Person, servers: list[Host]) -> None:
    """Something broke at night: from home by VPN to a jump host, and on to a server."""
    gateways, jumps = scene.estate.of_role(Role.REMOTE_ACCESS), scene.estate.of_role(Role.JUMP_HOST)
    if not gateways or not jumps:
        return
    time = rhythm.midnight(scene.day, admin.zone) + int((20 + 9 * scene.chance.random()) * rhythm.HOUR)
    until = scene.later(time + 15 * rhythm.MINUTE, 1800)
    inside = unix.openvpn(scene, gateways[0], time, admin.account.name, homes.home(scene, admin), until)
    jump, server, who = scene.chance.choice(jumps), scene.chance.choice(servers), account(scene, admin)
    hop = windows.desktop(scene, remote.remote_desktop(scene, inside, scene.later(time, 40), jump, who))
    time = scene.later(time + rhythm.MINUTE, 60)
    windows.start(scene, hop, time, f"mstsc.exe /v:{server.name}")
    session = remote.remote_desktop(scene, jump, time + 8 * rhythm.SECOND, server, who)
    prompt = windows.start(scene, windows.desktop(scene, session), time + rhythm.MINUTE, "cmd.exe")
    types(scene, prompt, time + rhythm.MINUTE, _topic(scene, "checks"), server)
    windows.log_off(scene, session, max(until, time + 10 * rhythm.MINUTE))
    windows.log_off(scene, hop.session, max(until, time + 10 * rhythm.MINUTE) + rhythm.SECOND)


def _command(scene: Scene, admin: Person, prompt: Process, time: int, server: Host) -> None:
    """One command to a server, or the same to several of them, each admin in the way of his habit."""
    who = account(scene, admin)
    other = who is not admin.account
    targets = [server]
    if scene.happens(0.12):
        everyone = scene.estate.of_role(*SERVERS)
        targets = scene.chance.sample(everyone, min(len(everyone), scene.chance.randrange(3, 13)))
    line = scene.chance.choice(facts.texts("administrators", "remote"))
    habit = (admin.station.code // 3) % 3 if scene.happens(0.7) else scene.chance.randrange(3)
    for target in targets:
        time = scene.later(time, 25)
        command = filled(scene, line, target)
        if habit == 0:
            user = f" -u {who.full}" if other else ""
            windows.start(scene, prompt, time, f"C:\\Tools\\PsExec.exe \\\\{target.name}{user} {command}")
            service = remote.psexec(scene, prompt, time + rhythm.SECOND, target, who, other=other)
            windows.start(scene, service, time + 3 * rhythm.SECOND, command)
        elif habit == 1:
            remote.wmi(scene, prompt, time, target, who, command, other=other)
        else:
            shell = remote.winrm(scene, prompt, time, target, who, other=other)
            windows.script(scene, shell, time + 2 * rhythm.SECOND, command.removeprefix("cmd.exe /c "))
            if scene.happens(0.5):
                windows.start(scene, shell, time + 3 * rhythm.SECOND, command)


def _script(scene: Scene, prompt: Process, time: int, server: Host) -> None:
    """PowerShell at home: a console and what is typed into it, or a script with an encoded command."""
    time = scene.later(time, 20)
    if scene.happens(0.25):
        line = filled(scene, scene.chance.choice(facts.texts("administrators", "encoded")), server)
        shell = windows.start(scene, prompt, time, line)
        windows.script(scene, shell, time + 700_000, "Get-Service | Where-Object Status -ne Running")
        return
    shell = windows.start(scene, prompt, time, "powershell.exe -NoLogo")
    for _ in range(scene.chance.randrange(1, 5)):
        time = scene.later(time, 90)
        windows.script(
            scene, shell, time, filled(scene, scene.chance.choice(facts.texts("administrators", "scripts")), server)
        )
