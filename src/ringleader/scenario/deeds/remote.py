"""From one Windows host to another: shares, services, tasks, WMI, WinRM, remote desktop. Used by administrators every
day."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ringleader.scenario.deeds import network, windows
from ringleader.scenario.deeds.windows import SYSTEM, Binary, Process, Session
from ringleader.scenario.estate import Account
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import windows as log
from ringleader.scenario.scene import Scene

SECOND = 1_000_000

_LOCAL = {"ADMIN$": "\\??\\C:\\Windows", "C$": "\\??\\C:\\", "IPC$": ""}


def reach(
    scene: Scene,
    process: Process,
    time: int,
    target: Host,
    account: Account,
    *,
    other: bool,
    port: int = 445,
    package: str = "Kerberos",
) -> Session:
    """The log-on over the network that every way to ``target`` begins with. ``other``: with another account."""
    if other:
        windows.explicit(scene, process, time - 40_000, account, target)
    windows.connects(scene, process, time - 20_000, target, port)
    return windows.log_on(scene, target, time, account, 3, source=process.host, package=package)


def share(scene: Scene, session: Session, time: int, name: str, relative: str = "", access: str = "0x1") -> None:
    """5140, and 5145 for a file of it. ``name`` is that of the share, such as ``ADMIN$``."""
    account = session.account
    who = {
        "SubjectUserSid": account.sid, "SubjectUserName": account.name, "SubjectDomainName": account.domain,
        "SubjectLogonId": hex(session.logon), "ObjectType": "File", "IpAddress": session.address,
        "IpPort": str(49152 + session.logon % 16000), "ShareName": f"\\\\*\\{name}",
        "ShareLocalPath": _LOCAL.get(name, f"\\??\\D:\\{name}"),
    }  # fmt: skip
    log.security(scene, session.host, time, 5140, **who, AccessMask="0x1", AccessList="%%4416")
    if relative:
        log.security(
            scene, session.host, time + 3000, 5145, **who, RelativeTargetName=relative, AccessMask=access,
            AccessList="%%4416",
            AccessReason="-",
        )  # fmt: skip


def service(
    scene: Scene,
    session: Session,
    time: int,
    name: str,
    path: str,
    *,
    program: Binary | None = None,
    start: bool = True,
) -> Process | None:
    """A service is made on the session's host, and started: its process is returned."""
    host, account = session.host, session.account
    log.services(
        scene, host, time, 7045, ServiceName=name, ImagePath=path, ServiceType="user mode service",
        StartType="demand start",
        AccountName="LocalSystem",
    )  # fmt: skip
    log.security(
        scene, host, time, 4697, SubjectUserSid=account.sid, SubjectUserName=account.name,
        SubjectDomainName=account.domain,
        SubjectLogonId=hex(session.logon), ServiceName=name, ServiceFileName=path, ServiceType="0x10",
        ServiceStartType="3",
        ServiceAccount="LocalSystem",
    )  # fmt: skip
    manager = windows.system(scene, host, "services")
    windows.sets(scene, manager, time + 2000, f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\ImagePath", path)
    return windows.start(scene, manager, time + SECOND // 2, path.strip('"'), program=program) if start else None


def psexec(
    scene: Scene,
    process: Process,
    time: int,
    target: Host,
    account: Account,
    *,
    other: bool = False,
    name: str = "PSEXESVC",
) -> Process:
    """PsExec or a relative: its service's process on ``target``."""
    session = reach(scene, process, time, target, account, other=other)
    share(scene, session, time + 40_000, "IPC$")
    share(scene, session, time + 60_000, "ADMIN$", f"{name}.exe", "0x2")
    writer = Process(target, Session(target, SYSTEM, windows.LOCAL, 5), 4, windows.guid(target, 4), "System", "")
    windows.writes(scene, writer, time + 80_000, f"C:\\Windows\\{name}.exe")
    made = service(
        scene, session, time + 200_000, name, f"%SystemRoot%\\{name}.exe",
        program=Binary(f"C:\\Windows\\{name}.exe", "psexesvc.exe", "PsExec Service", "Sysinternals"),
    )  # fmt: skip
    assert made is not None
    windows.pipe(scene, made, time + 900_000, f"\\{name}")
    return made


def wmi(
    scene: Scene, process: Process, time: int, target: Host, account: Account, command: str, *, other: bool = False
) -> Process:
    """A process made through WMI: child of the provider host, in the network session."""
    session = reach(scene, process, time, target, account, other=other, port=135)
    host = windows.system(scene, target, "wmiprvse", "-secured -Embedding")
    return windows.start(scene, host, time + SECOND, command, session=session)


def winrm(scene: Scene, process: Process, time: int, target: Host, account: Account, *, other: bool = False) -> Process:
    """The host process of a remote PowerShell."""
    session = reach(scene, process, time, target, account, other=other, port=5985)
    launcher = windows.system(scene, target, "svchost", "-k DcomLaunch -p")
    return windows.start(
        scene, launcher, time + SECOND, "C:\\Windows\\system32\\wsmprovhost.exe -Embedding", session=session
    )


def task(
    scene: Scene,
    session: Session,
    time: int,
    name: str,
    command: str,
    *,
    run: bool = True,
    program: Binary | None = None,
) -> Process | None:
    """A scheduled task is made on the session's host as SYSTEM, and run."""
    host, account = session.host, session.account
    word, _, arguments = command.partition(" ")
    content = (
        '<?xml version="1.0" encoding="UTF-16"?>\r\n<Task version="1.2"><Triggers><TimeTrigger/></Triggers>'
        '<Actions Context="Author">'
        f"<Exec><Command>{escape(word)}</Command><Arguments>{escape(arguments)}</Arguments></Exec></Actions></Task>"
    )
    log.security(
        scene, host, time, 4698, SubjectUserSid=account.sid, SubjectUserName=account.name,
        SubjectDomainName=account.domain,
        SubjectLogonId=hex(session.logon), TaskName=f"\\{name}", TaskContent=content,
    )  # fmt: skip
    log.tasks(scene, host, time + 1000, 106, TaskName=f"\\{name}", UserContext=account.full)
    if not run:
        return None
    scheduler = windows.system(scene, host, "svchost", "-k netsvcs -p -s Schedule")
    log.tasks(scene, host, time + 2 * SECOND, 200, TaskName=f"\\{name}", ActionName=word, TaskInstanceId="{0}")
    return windows.start(scene, scheduler, time + 2 * SECOND, command, program=program)


def remote_desktop(scene: Scene, source: Host | str, time: int, target: Host, account: Account) -> Session:
    """A session of kind 10. ``source`` may be an address."""
    network.flow(scene, time - SECOND, source, target, 3389, seconds=600, sent=400_000, received=4_000_000)
    if isinstance(source, str):
        return windows.log_on(scene, target, time, account, 10, address=source)
    return windows.log_on(scene, target, time, account, 10, source=source)
