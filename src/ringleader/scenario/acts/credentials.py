"""Credentials: memory, hives, the directory's database, the log-on page."""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario.acts.commands import one, windows_place
from ringleader.scenario.acts.entry import file_of
from ringleader.scenario.deeds import directory, unix, web, windows
from ringleader.scenario.deeds.windows import Binary
from ringleader.scenario.play import Play

SECOND = 1_000_000
_TRACE = "C:\\Windows\\SYSTEM32\\ntdll.dll+9c534|C:\\Windows\\System32\\KERNELBASE.dll+2b6de|UNKNOWN(000001D3C1F30A21)"


def dump_lsass(play: Play, how: str = "comsvcs", tool: str = "", to: str = "{staging}d.dmp") -> None:
    """The memory of LSASS is dumped. ``how``: comsvcs, procdump, or tool (one of the actor's)."""
    at = windows_place(play)
    lsass = windows.system(play.scene, at.host, "lsass")
    path = play.text(to)
    play.pause()
    if how == "tool":
        process = one(play, "T1003.001", play.command(tool), program=play.tool(tool))
    elif how == "procdump":
        process = one(play, "T1003.001", f"{play.text('{staging}')}procdump64.exe -accepteula -ma lsass.exe {path}")
    else:
        process = one(
            play, "T1003.001", f"rundll32.exe C:\\Windows\\System32\\comsvcs.dll MiniDump {lsass.pid} {path} full"
        )
    assert process is not None
    with play.step("T1003.001", "the memory of lsass is read", at.host, at.session.account.full) as time:
        windows.reads_memory(
            play.scene, process, time + SECOND, lsass, "0x1fffff" if how != "tool" else "0x1010", _TRACE
        )
        if how != "tool":
            windows.writes(play.scene, process, time + 2 * SECOND, path)


def dump_ntds(play: Play, how: str = "ntdsutil", to: str = "{staging}") -> None:
    """On a domain controller: the directory's database is taken. ``how``: ntdsutil, or vss (a shadow copy)."""
    at, folder = windows_place(play), play.text(to)
    play.pause()
    if how == "vss":
        one(play, "T1003.003", "vssadmin create shadow /for=C:")
        play.pause()
        shadow = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1"
        process = one(play, "T1003.003", f"cmd.exe /c copy {shadow}\\Windows\\NTDS\\ntds.dit {folder}n.dit")
        target = f"{folder}n.dit"
    else:
        process = one(play, "T1003.003", f'ntdsutil "ac i ntds" "ifm" "create full {folder}nt" q q')
        target = f"{folder}nt\\Active Directory\\ntds.dit"
    assert process is not None
    with play.step("T1003.003", f"{target} is written", at.host, at.session.account.full) as time:
        windows.writes(play.scene, process, time + 20 * SECOND, target)


def save_hives(play: Play, to: str = "{staging}") -> None:
    """The registry's hives with the host's own secrets, saved as files."""
    folder = play.text(to)
    for hive, name in (("sam", "s.dat"), ("system", "y.dat"), ("security", "e.dat")):
        play.pause(0.4)
        one(play, "T1003.002", f"reg save hklm\\{hive} {folder}{name}")


def iis_module(play: Play, at: str = "mail", name: str = "{module}") -> None:
    """A module is added to the mail server's web server: it will see every log-on."""
    scene, host, name = play.scene, play.host(at), play.text(name)
    path = f"C:\\Windows\\System32\\inetsrv\\{name}.dll"
    here = windows_place(play)
    play.pause()
    with play.step("T1505.004", f"{path} is written", host, here.session.account.full) as time:
        windows.writes(scene, here, time, path)
    play.pause(0.5)
    command = f'C:\\Windows\\System32\\inetsrv\\appcmd.exe install module /name:{name} /image:"{path}" /add:true'
    one(play, "T1505.004", command)
    with play.step("T1505.004", f"the module {name} is configured", host) as time:
        directory.iis_module(scene, host, time + SECOND, name, path)
    with play.step("T1505.004", f"the worker loads {name}.dll", host) as time:
        worker = web.worker(scene, host, web.POOLS["owa"])
        windows.loads(
            scene,
            worker,
            time + 40 * SECOND,
            Binary(path, "-", "-", "-", f"{play.visit.actor.id} module", signed=False),
        )
    play.persistence.append(("iis-module", host.fqdn.lower(), path))


def harvest(play: Play, at: str = "mail", to: str = "/owa/auth/{kept}", agent: str = "{agent}") -> None:
    """What the module kept is fetched through the web server, and the file is begun anew."""
    scene, host = play.scene, play.host(at)
    stem = play.text(to)
    play.pause()
    with play.step("T1056.003", f"{stem} is fetched", host) as time:
        web.request(
            scene,
            host,
            time,
            stem,
            client=play.address,
            agent=play.text(agent),
            received=play.draw.randrange(4000, 200_000),
        )
    with play.step("T1056.003", "the file of log-ons is begun anew", host) as time:
        worker = web.worker(scene, host, web.POOLS["owa"])
        windows.writes(scene, worker, time + 2 * SECOND, file_of(stem))


def spray(play: Play, at: str = "mail", tries: int = 25) -> None:
    """One wrong password for many names."""
    scene, host = play.scene, play.host(at)
    people = play.draw.sample(scene.estate.people, min(tries, len(scene.estate.people)))
    for person in people:
        play.pause(0.1)
        with play.step("T1110.003", f"a wrong password for {person.account.name}", host, person.account.name) as time:
            if host.role is Role.REMOTE_ACCESS:
                unix.openvpn_fails(scene, host, time, person.account.name, play.address)
            elif host.system == "linux":
                unix.fail(scene, host, time, person.account.name, play.address)
            else:
                windows.fail(scene, host, time, person.account.name, address=play.address, kind=8)
                web.mail(
                    scene,
                    host,
                    time,
                    "Owa",
                    "/owa/auth.owa",
                    client=play.address,
                    agent=play.text("{agent}"),
                    method="POST",
                    status=302,
                )
