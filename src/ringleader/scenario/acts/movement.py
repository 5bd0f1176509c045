"""From host to host."""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario.acts.commands import one, run, windows_place
from ringleader.scenario.deeds import network, remote, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.play import Play

SECOND = 1_000_000

_TECHNIQUES = {
    "psexec": "T1569.002",
    "service": "T1569.002",
    "wmi": "T1047",
    "winrm": "T1021.006",
    "task": "T1053.005",
    "desktop": "T1021.001",
}


def move(
    play: Play, to: str, how: str, commands: list[str], account: str = "administrator", stay: bool = False
) -> None:
    """To another Windows host, do ``commands`` there, and come back unless ``stay``. ``how``: psexec, service, wmi,
    winrm, task, desktop."""
    scene, here, host, who = play.scene, windows_place(play), play.host(to), play.account(account)
    technique = _TECHNIQUES[how]
    play.pause()
    if how in ("psexec", "service"):
        name = "PSEXESVC" if how == "psexec" else play.text("{service}")
        image = play.text("{staging}") + "PsExec64.exe" if how == "psexec" else ""
        if how == "psexec":
            made = one(play, technique, f"{image} -accepteula -s \\\\{host.name} cmd.exe")
        else:
            path = f"cmd.exe /c start /b {play.text('{staging}')}{name}.exe"
            made = one(play, technique, f'sc.exe \\\\{host.name} create {name} binpath= "{path}"')
        assert made is not None
        with play.step("T1021.002", f"the service {name} runs on {host.name}", host, who.full) as time:
            there = remote.psexec(scene, made, time + SECOND, host, who, other=True, name=name)
        place = windows.start(scene, there, play.time + 3 * SECOND, "cmd.exe")
    elif how == "desktop":
        made = one(play, technique, f"mstsc.exe /v:{host.name}")
        with play.step(technique, f"remote desktop to {host.name}", host, who.full) as time:
            session = remote.remote_desktop(scene, here.host, time + 5 * SECOND, host, who)
        place = windows.start(scene, windows.desktop(scene, session), play.time + 20 * SECOND, "cmd.exe")
    elif how == "winrm":
        made = one(play, technique, f"powershell.exe -nop Enter-PSSession -ComputerName {host.name}")
        assert made is not None
        with play.step(technique, f"a remote PowerShell on {host.name}", host, who.full) as time:
            place = remote.winrm(scene, made, time + SECOND, host, who, other=True)
    else:
        _each(play, host.name, to, how, commands, account)
        return
    play.at, play.time = place, play.time + 25 * SECOND
    run(play, commands)
    if not stay:
        play.at = here


def _each(play: Play, name: str, to: str, how: str, commands: list[str], account: str) -> None:
    """WMI and tasks start one command at a time."""
    scene, host, who = play.scene, play.host(to), play.account(account)
    for line in commands:
        technique, command = line.split(" ", 1)
        command = play.text(command)
        play.pause()
        if how == "wmi":
            made = one(play, "T1047", f'wmic.exe /node:{name} process call create "cmd.exe /c {command}"')
            assert made is not None
            with play.step("T1047", command, host, who.full) as time:
                inner = remote.wmi(scene, made, time + SECOND, host, who, f"cmd.exe /c {command}", other=True)
        else:
            task = play.text("{task}")
            made = one(
                play,
                "T1053.005",
                f'schtasks.exe /create /s {name} /tn {task} /tr "cmd.exe /c {command}" /sc once /st 23:59 /ru system',
            )
            assert made is not None
            with play.step("T1053.005", f"the task {task} on {host.name}", host, who.full) as time:
                session = remote.reach(scene, made, time + SECOND, host, who, other=True)
                started = remote.task(scene, session, time + 2 * SECOND, task, f"cmd.exe /c {command}")
                assert started is not None
                inner = started
        with play.step(technique, command, host, who.full) as time:
            windows.start(scene, inner, time + 5 * SECOND, command)


def tunnel(play: Play, tool: str, to: str = "{address}", port: int = 443) -> None:
    """A relay out of the network, for hours."""
    at = windows_place(play)
    play.pause()
    process = one(play, "T1572", play.command(tool), program=play.tool(tool))
    assert process is not None
    with play.step("T1572", f"a tunnel to {play.text(to)}", at.host, at.session.account.full) as time:
        windows.connects(
            play.scene, process, time + SECOND, play.text(to), port, seconds=9000, sent=30_000_000, received=4_000_000
        )  # fmt: skip


def scan(play: Play, tool: str = "", count: int = 30, ports: list[int] | None = None) -> None:
    """Neighbours are tried. With ``tool`` one of the actor's does it."""
    at = windows_place(play)
    play.pause()
    process: Process | None = at
    if tool:
        process = one(play, "T1018", play.command(tool), program=play.tool(tool))
    assert process is not None
    hosts = [host for host in play.scene.estate.of_role(*Role) if host.address != at.host.address]
    with play.step("T1046", f"{count} hosts are tried", at.host, at.session.account.full) as time:
        for index, host in enumerate(play.draw.sample(hosts, min(count, len(hosts)))):
            for port in ports or [445, 3389]:
                moment = time + SECOND + index * SECOND // 4
                network.flow(
                    play.scene,
                    moment,
                    at.host,
                    host,
                    port,
                    seconds=0.01,
                    sent=0,
                    received=0,
                    state="REJ" if index % 3 else "S0",
                )
