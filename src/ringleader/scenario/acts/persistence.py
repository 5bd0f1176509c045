"""Staying: implants, accounts, and covering it up."""

from __future__ import annotations

from ringleader.scenario.acts.commands import one, windows_place
from ringleader.scenario.deeds import directory, remote, windows
from ringleader.scenario.deeds.windows import Binary, Process, Session
from ringleader.scenario.estate import Account
from ringleader.scenario.play import Play

SECOND = 1_000_000
_RUN = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"


def install(play: Play, tool: str, how: str = "service", name: str = "{service}", library: str = "") -> None:
    """An implant on the host where the actor is. ``how``: service, task, run-key. ``library``: the tool is a program of
    good name that loads this file from its own folder (side-loading)."""
    scene, at = play.scene, windows_place(play)
    binary, name, who = play.tool(tool), play.text(name), at.session.account
    play.pause()
    with play.step("T1105", f"{binary.image} is written", at.host, who.full) as time:
        windows.writes(scene, at, time, binary.image)
        if library:
            windows.writes(scene, at, time + SECOND, _beside(binary.image, library))
    play.pause()
    command = play.command(tool)
    if how == "service":
        with play.step("T1543.003", f"the service {name} is made", at.host, who.full) as time:
            windows.start(scene, at, time, f'sc.exe create {name} binpath= "{command}" start= auto')
            started = remote.service(scene, at.session, time + SECOND, name, command, program=binary)
    elif how == "task":
        with play.step("T1053.005", f"the task {name} is made", at.host, who.full) as time:
            windows.start(
                scene, at, time, f'schtasks.exe /create /tn {name} /tr "{command}" /sc daily /st 03:10 /ru system'
            )
            started = remote.task(scene, at.session, time + SECOND, name, command, program=binary)
    else:
        with play.step("T1547.001", f"{name} starts at log-on", at.host, who.full) as time:
            adding = windows.start(scene, at, time, f'reg.exe add {_RUN} /v {name} /t REG_SZ /d "{command}" /f')
            windows.sets(scene, adding, time + SECOND, f"{_RUN}\\{name}", command)
            started = windows.start(scene, at, time + 2 * SECOND, command, program=binary)
    if library and started is not None:
        with play.step("T1574.001", f"{library} is loaded by {binary.image}", at.host) as time:
            loaded = Binary(
                _beside(binary.image, library), "-", "-", "-", f"{play.visit.actor.id} {library}", signed=False
            )
            windows.loads(scene, started, time + 4 * SECOND, loaded)
    play.persistence.append((how, at.host.fqdn.lower(), f"{name}: {command}"))


def _beside(image: str, library: str) -> str:
    return image.rsplit("\\", 1)[0] + "\\" + library


def _implant(play: Play, tool: str, at: str) -> Process:
    """The process of an implant that runs since some earlier day."""
    host, binary = play.host(at), play.tool(tool)
    draw = play.scene.estate.chance("implant", play.visit.name, tool, host.name, windows.boot_day(host, play.scene.day))
    session = Session(host, windows.SYSTEM, windows.LOCAL, 5)
    return Process(
        host,
        session,
        draw.randrange(300, 12_000) * 4,
        windows.guid(host, draw.getrandbits(48)),
        binary.image,
        play.command(tool),
    )


def resume(play: Play, tool: str, at: str) -> None:
    """Back on a host by an implant that is there already."""
    implant = _implant(play, tool, at)
    play.pause(0.2)
    with play.step("T1071.001", f"{implant.image} is called", implant.host) as time:
        windows.connects(play.scene, implant, time, play.address, 443, seconds=3600, sent=200_000, received=60_000)
    with play.step("T1059.003", "a shell of the implant", implant.host, "NT AUTHORITY\\SYSTEM") as time:
        play.at = windows.start(play.scene, implant, time + 5 * SECOND, "cmd.exe")


def beacon(play: Play, tool: str, at: str) -> None:
    """The implant asks for work: a name looked up, a short connection."""
    implant = _implant(play, tool, at)
    name = play.text("{c2}")
    with play.step("T1071.001", f"{implant.image} calls {name}", implant.host) as time:
        windows.looks_up(play.scene, implant, time, name, play.address)
        windows.connects(
            play.scene, implant, time + SECOND // 4, play.address, 443, name=name, seconds=1.5, sent=900, received=700
        )


def account(play: Play, name: str = "{account}", password: str = "{password}", group: str = "Administrators") -> None:  # noqa: S107
    """A new account, made a member of ``group``."""
    at, name = windows_place(play), play.text(name)
    scene, own = play.scene, at.session.account
    play.pause()
    one(play, "T1136.001", f"net user {name} {play.text(password)} /add")
    new = Account(name, at.host.name, scene.estate.sid(name))
    with play.step("T1136.001", f"the account {name}", at.host, own.full) as time:
        directory.creates(scene, at.session, time + SECOND, new)
    play.pause(0.3)
    one(play, "T1098.007", f"net localgroup {group} {name} /add")
    with play.step("T1098.007", f"{name} is made a member of {group}", at.host, own.full) as time:
        directory.joins(scene, at.session, time + SECOND, new, group, local=True)
    play.persistence.append(("account", at.host.fqdn.lower(), name))


def timestomp(play: Play, path: str) -> None:
    """A file is made to look as if it had been there for long."""
    at, path = windows_place(play), play.text(path)
    play.pause()
    with play.step("T1070.006", f"{path} looks older", at.host, at.session.account.full) as time:
        windows.dates(play.scene, at, time, path, time - 500 * 86_400 * SECOND)


def clear_log(play: Play, which: str = "Security") -> None:
    """An event log is cleared, which itself leaves an event."""
    at = windows_place(play)
    play.pause()
    one(play, "T1070.001", f"wevtutil.exe cl {which}")
    with play.step("T1070.001", f"the log {which} is cleared", at.host, at.session.account.full) as time:
        directory.clears(play.scene, at.session, time + SECOND, which)
