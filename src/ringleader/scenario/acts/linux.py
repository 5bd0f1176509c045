"""On Linux hosts."""

from __future__ import annotations

from ringleader.scenario.acts.commands import run
from ringleader.scenario.deeds import unix, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.play import Play


def ssh(play: Play, to: str, commands: list[str], account: str = "root", key: bool = False) -> None:
    """To a Linux host from where the actor is, do ``commands`` there, and come back."""
    scene, here, host = play.scene, play.at, play.host(to)
    source = here.host if here is not None else play.address
    name = play.text(account)
    play.pause()
    with play.step("T1021.004", f"ssh to {host.name}", host, name) as time:
        shell = unix.ssh(scene, host, time, name, source, key=key)
        if isinstance(here, Process):
            windows.connects(scene, here, time - 1_000_000, host, 22)
    play.at = shell
    run(play, commands)
    unix.leave(scene, shell, play.pause())
    for line in commands:
        command = play.text(line.split(" ", 1)[-1])
        if "authorized_keys" in command or "cron" in command or "systemctl enable" in command:
            play.persistence.append(("unix", host.fqdn, command))
    play.at = here
