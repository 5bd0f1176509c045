"""On Windows: sessions, processes, and what a process does, in the Security log and by Sysmon."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import network
from ringleader.scenario.estate import Account
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import windows as log
from ringleader.scenario.scene import Scene

SYSTEM = Account("SYSTEM", "NT AUTHORITY", "S-1-5-18", admin=True)
NETWORK_SERVICE = Account("NETWORK SERVICE", "NT AUTHORITY", "S-1-5-20")
LOCAL = 0x3E7

_PROCESSES = {2: "User32 ", 7: "User32 ", 10: "User32 ", 5: "Advapi  "}
_PRIVILEGES = "SeSecurityPrivilege SeBackupPrivilege SeRestorePrivilege SeDebugPrivilege SeImpersonatePrivilege"


@dataclass(frozen=True, slots=True)
class Session:
    """``logon`` is its number on the host; ``address`` where it came from, empty for the console."""

    host: Host
    account: Account
    logon: int
    kind: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    host: Host
    session: Session
    pid: int
    guid: str
    image: str
    command: str


@dataclass(frozen=True, slots=True)
class Binary:
    """A program file: where it lies, what its version information says, and what its hashes follow from."""

    image: str
    original: str
    description: str = ""
    company: str = "Microsoft Corporation"
    build: str = ""
    signed: bool = True

    @property
    def hashes(self) -> str:
        return _hashes(self.original or self.image, self.company, self.build)


@lru_cache(maxsize=1 << 14)
def _hashes(*of: str) -> str:
    seed = "\0".join(of).encode()
    md5 = hashlib.blake2b(seed, digest_size=16).hexdigest().upper()
    sha = hashlib.sha256(seed).hexdigest().upper()
    imphash = hashlib.blake2b(seed, digest_size=16, salt=b"import").hexdigest().upper()
    return f"MD5={md5},SHA256={sha},IMPHASH={imphash}"


@lru_cache(maxsize=1)
def _known() -> dict[str, Binary]:
    return {name: Binary(**fields) for name, fields in facts.table("binaries").items()}


@lru_cache(maxsize=1 << 14)
def binary(word: str) -> Binary:
    """The program that ``word``, the first of a command, starts."""
    name = word.rsplit("\\", 1)[-1].lower().removesuffix(".exe")
    known = _known().get(name)
    if known is not None and ("\\" not in word or word.lower() == known.image.lower()):
        return known
    if known is not None:
        return Binary(word, known.original, known.description, known.company, known.build, known.signed)
    return Binary(word, "-", "-", "-", "", signed=False)


def system(scene: Scene, host: Host, name: str = "services", arguments: str = "") -> Process:
    """A process that runs since the host was started: it has left no line on this day."""
    key = ("system", host.name, name, arguments)
    found: Process | None = scene.kept.get(key)
    if found is None:
        bits = chances.number(scene.estate.seed, "system", host.name, name, arguments, boot_day(host, scene.day))
        image = binary(name).image
        session = Session(host, SYSTEM, LOCAL, 5)
        command = f"{image} {arguments}".strip()
        found = Process(host, session, (150 + bits % 1050) * 4, guid(host, bits >> 16), image, command)
        scene.kept[key] = found
    return found


def boot_day(host: Host, day: int) -> int:
    """The last day before or at ``day`` on which the host was restarted: once a month, within the week in which updates
    are rolled out, and when it got its name."""
    patched = rhythm.patch_day(day, host.code % 6)
    return max(patched, host.last.day) if host.last is not None and host.last.day <= day else patched


def desktop(scene: Scene, session: Session) -> Process:
    """The explorer of a session, since that began."""
    key = ("desktop", session.host.name, session.logon)
    found: Process | None = scene.kept.get(key)
    if found is None:
        draw = scene.estate.chance(*key)
        image = binary("explorer").image
        found = Process(
            session.host, session, draw.randrange(900, 6000) * 4, guid(session.host, draw.getrandbits(48)), image, image
        )
        scene.kept[key] = found
    return found


def guid(host: Host, number: int) -> str:
    first, second, third = number >> 32 & 0xFFFF, number >> 16 & 0xFFFF, number & 0xFFFF
    return f"{{{host.machine:08x}-{first:04x}-{second:04x}-{third:04x}-00000000{host.machine >> 16:04x}}}"


def log_on(
    scene: Scene,
    host: Host,
    time: int,
    account: Account,
    kind: int = 3,
    *,
    source: Host | None = None,
    address: str = "",
    package: str = "Kerberos",
) -> Session:
    """A log-on that works. ``kind`` is Windows' own: 2 console, 3 network, 4 batch, 5 service, 7 unlock, 10 remote
    desktop. ``address`` where no ``source`` is known."""
    draw = scene.chance
    logon = draw.randrange(0x10000, 0x3FFFFFFF)
    address = source.address if source else address
    session = Session(host, account, logon, kind, address)
    kerberos = package == "Kerberos" and account.domain != "NT AUTHORITY"
    if kerberos and (controllers := scene.estate.of_role(Role.DOMAIN_CONTROLLER)):
        controller = controllers[host.code % len(controllers)]
        _ticket(scene, controller, time - draw.randrange(1, 400) * 1000, account, host, address or host.address)
    log.security(
        scene, host, time, 4624,
        SubjectUserSid="S-1-5-18" if kind in (2, 4, 5, 7, 10) else "S-1-0-0",
        SubjectUserName=f"{host.name}$" if kind in (2, 4, 5, 7, 10) else "-",
        SubjectDomainName=scene.estate.operator.netbios if kind in (2, 4, 5, 7, 10) else "-",
        SubjectLogonId="0x3e7" if kind in (2, 4, 5, 7, 10) else "0x0",
        TargetUserSid=account.sid, TargetUserName=account.name, TargetDomainName=account.domain,
        TargetLogonId=hex(logon),
        LogonType=str(kind),
        LogonProcessName=_PROCESSES.get(kind, "Kerberos" if kerberos else "NtLmSsp "),
        AuthenticationPackageName="Negotiate" if kind in (2, 4, 5, 7, 10) else package,
        WorkstationName=(source.name if source and not kerberos else "-") if kind == 3 else host.name,
        LogonGuid="{00000000-0000-0000-0000-000000000000}", TransmittedServices="-",
        LmPackageName="-" if kerberos else "NTLM V2", KeyLength="0" if kerberos else "128",
        ProcessId="0x0" if kind == 3 else hex(draw.randrange(100, 600) * 4),
        ProcessName="-" if kind == 3 else "C:\\Windows\\System32\\svchost.exe",
        IpAddress=address or ("127.0.0.1" if kind in (2, 10) else "-"),
        IpPort=str(draw.randrange(49152, 65535)) if address else "0",
        ImpersonationLevel="%%1833", ElevatedToken="%%1842" if account.admin else "%%1843",
    )  # fmt: skip
    if account.admin:
        log.security(
            scene, host, time + 300, 4672, SubjectUserSid=account.sid, SubjectUserName=account.name,
            SubjectDomainName=account.domain, SubjectLogonId=hex(logon),
            PrivilegeList=_PRIVILEGES,
        )  # fmt: skip
    return session


def _ticket(scene: Scene, controller: Host, time: int, account: Account, service: Host, address: str) -> None:
    log.security(
        scene, controller, time, 4769, TargetUserName=f"{account.name}@{service.domain.upper()}",
        TargetDomainName=service.domain.upper(),
        ServiceName=f"{service.name}$", ServiceSid=scene.estate.sid(service.name), TicketOptions="0x40810000",
        TicketEncryptionType="0x12",
        IpAddress=f"::ffff:{address}", IpPort=str(scene.chance.randrange(49152, 65535)), Status="0x0",
        LogonGuid="{00000000-0000-0000-0000-000000000000}", TransmittedServices="-",
    )  # fmt: skip


def log_off(scene: Scene, session: Session, time: int) -> None:
    account = session.account
    log.security(
        scene, session.host, time, 4634, TargetUserSid=account.sid, TargetUserName=account.name,
        TargetDomainName=account.domain, TargetLogonId=hex(session.logon), LogonType=str(session.kind),
    )  # fmt: skip


def fail(
    scene: Scene,
    host: Host,
    time: int,
    name: str,
    *,
    address: str,
    workstation: str = "-",
    known: bool = True,
    kind: int = 3,
) -> None:
    """A log-on that fails: a wrong password, or a name that does not exist."""
    log.security(
        scene, host, time, 4625, SubjectUserSid="S-1-0-0", SubjectUserName="-", SubjectDomainName="-",
        SubjectLogonId="0x0",
        TargetUserSid="S-1-0-0", TargetUserName=name, TargetDomainName=scene.estate.operator.netbios,
        Status="0xc000006d",
        FailureReason="%%2313", SubStatus="0xc000006a" if known else "0xc0000064", LogonType=str(kind),
        LogonProcessName="NtLmSsp ",
        AuthenticationPackageName="NTLM", WorkstationName=workstation, TransmittedServices="-", LmPackageName="-",
        KeyLength="0",
        ProcessId="0x0", ProcessName="-", IpAddress=address or "-", IpPort=str(scene.chance.randrange(49152, 65535)),
    )  # fmt: skip


def start(
    scene: Scene,
    parent: Process,
    time: int,
    command: str,
    *,
    program: Binary | None = None,
    session: Session | None = None,
    directory: str = "C:\\Windows\\system32\\",
) -> Process:
    """``parent`` starts ``command``: Sysmon 1 and Security 4688. ``program`` where the command's first word does not
    tell which file that is."""
    host, draw = parent.host, scene.chance
    session = session or parent.session
    word = command[1:].partition('"')[0] if command.startswith('"') else command.split(" ", 1)[0]
    program = program or binary(word)
    account = session.account
    process = Process(
        host, session, draw.randrange(300, 16_000) * 4, guid(host, draw.getrandbits(48)), program.image, command
    )
    level = "System" if account.sid == "S-1-5-18" else "High" if account.admin else "Medium"
    log.sysmon(
        scene, host, time, 1, ProcessGuid=process.guid, ProcessId=str(process.pid), Image=program.image,
        FileVersion="10.0.17763.1697",
        Description=program.description or "-",
        Product="Microsoft® Windows® Operating System" if "Microsoft" in program.company else "-",
        Company=program.company or "-", OriginalFileName=program.original or "-", CommandLine=command,
        CurrentDirectory=directory,
        User=account.full, LogonGuid=guid(host, session.logon), LogonId=hex(session.logon),
        TerminalSessionId="0" if session.kind in (3, 4, 5) else "1", IntegrityLevel=level, Hashes=program.hashes,
        ParentProcessGuid=parent.guid, ParentProcessId=str(parent.pid), ParentImage=parent.image,
        ParentCommandLine=parent.command,
    )  # fmt: skip
    log.security(
        scene, host, time, 4688, SubjectUserSid=account.sid, SubjectUserName=account.name,
        SubjectDomainName=account.domain,
        SubjectLogonId=hex(session.logon), NewProcessId=hex(process.pid), NewProcessName=program.image,
        TokenElevationType="%%1936", ProcessId=hex(parent.pid), CommandLine=command, TargetUserSid="S-1-0-0",
        TargetUserName="-",
        TargetDomainName="-", TargetLogonId="0x0", ParentProcessName=parent.image, MandatoryLabel="S-1-16-12288",
    )  # fmt: skip
    return process


def stop(scene: Scene, process: Process, time: int) -> None:
    log.sysmon(scene, process.host, time, 5, **_own(process))


def _own(process: Process) -> dict[str, Any]:
    return {"ProcessGuid": process.guid, "ProcessId": str(process.pid), "Image": process.image}


def writes(scene: Scene, process: Process, time: int, path: str) -> None:
    shown = rhythm.spaced(time)
    log.sysmon(
        scene,
        process.host,
        time,
        11,
        **_own(process),
        TargetFilename=path,
        CreationUtcTime=shown,
        User=process.session.account.full,
    )


def dates(scene: Scene, process: Process, time: int, path: str, to: int) -> None:
    """The creation time of a file is changed (Sysmon 2)."""
    log.sysmon(
        scene, process.host, time, 2, **_own(process), TargetFilename=path, CreationUtcTime=rhythm.spaced(to),
        PreviousCreationUtcTime=rhythm.spaced(time),
    )  # fmt: skip


def sets(scene: Scene, process: Process, time: int, key: str, value: str) -> None:
    log.sysmon(
        scene, process.host, time, 13, EventType="SetValue", **_own(process), TargetObject=key, Details=value,
        User=process.session.account.full,
    )  # fmt: skip


def loads(scene: Scene, process: Process, time: int, library: Binary) -> None:
    log.sysmon(
        scene, process.host, time, 7, **_own(process), ImageLoaded=library.image, FileVersion="-",
        Description=library.description or "-",
        Product="-", Company=library.company or "-", OriginalFileName=library.original or "-", Hashes=library.hashes,
        Signed="true" if library.signed else "false", Signature=library.company if library.signed else "-",
        SignatureStatus="Valid" if library.signed else "Unavailable", User=process.session.account.full,
    )  # fmt: skip


def reads_memory(scene: Scene, process: Process, time: int, target: Process, access: str, trace: str) -> None:
    """Sysmon 10: ``process`` opens ``target``."""
    log.sysmon(
        scene, process.host, time, 10, SourceProcessGUID=process.guid, SourceProcessId=str(process.pid),
        SourceThreadId="6120",
        SourceImage=process.image, TargetProcessGUID=target.guid, TargetProcessId=str(target.pid),
        TargetImage=target.image,
        GrantedAccess=access, CallTrace=trace, SourceUser=process.session.account.full,
        TargetUser=target.session.account.full,
    )  # fmt: skip


def pipe(scene: Scene, process: Process, time: int, name: str, *, made: bool = True) -> None:
    kind = "CreatePipe" if made else "ConnectPipe"
    log.sysmon(scene, process.host, time, 17 if made else 18, EventType=kind, **_own(process), PipeName=name)


def connects(
    scene: Scene,
    process: Process,
    time: int,
    target: Host | str,
    port: int,
    *,
    name: str = "",
    seconds: float = 2.0,
    sent: int = 2000,
    received: int = 4000,
) -> None:
    """A connection by Sysmon 3 and, where a sensor sees it, by Zeek. ``target`` is a host or an address."""
    address = target if isinstance(target, str) else target.address
    own = scene.chance.randrange(49152, 65535)
    log.sysmon(
        scene, process.host, time, 3, **_own(process), User=process.session.account.full, Protocol="tcp",
        Initiated="true",
        SourceIsIpv6="false", SourceIp=process.host.address, SourceHostname=process.host.fqdn, SourcePort=str(own),
        SourcePortName="-",
        DestinationIsIpv6="false", DestinationIp=address,
        DestinationHostname=name or ("-" if isinstance(target, str) else target.fqdn),
        DestinationPort=str(port), DestinationPortName="-",
    )  # fmt: skip
    network.flow(scene, time, process.host, target, port, own=own, seconds=seconds, sent=sent, received=received)


def looks_up(scene: Scene, process: Process, time: int, name: str, answer: str) -> None:
    """Sysmon 22 and Zeek's dns."""
    log.sysmon(
        scene, process.host, time, 22, **_own(process), QueryName=name, QueryStatus="0" if answer else "9003",
        QueryResults=f"::ffff:{answer};" if answer else "-", User=process.session.account.full,
    )  # fmt: skip
    network.lookup(scene, time, process.host, name, answer)


def script(scene: Scene, process: Process, time: int, text: str) -> None:
    """PowerShell 4104."""
    block = f"{scene.chance.getrandbits(32):08x}-3c1d-4a5e-9b77-{scene.chance.getrandbits(48):012x}"
    log.powershell(
        scene, process.host, time, 4104, process.pid, MessageNumber="1", MessageTotal="1", ScriptBlockText=text,
        ScriptBlockId=block, Path=""
    )  # fmt: skip


def explicit(scene: Scene, process: Process, time: int, account: Account, target: Host) -> None:
    """4648: other credentials are used towards ``target``."""
    own = process.session.account
    log.security(
        scene, process.host, time, 4648, SubjectUserSid=own.sid, SubjectUserName=own.name,
        SubjectDomainName=own.domain,
        SubjectLogonId=hex(process.session.logon), LogonGuid="{00000000-0000-0000-0000-000000000000}",
        TargetUserName=account.name,
        TargetDomainName=account.domain, TargetLogonGuid="{00000000-0000-0000-0000-000000000000}",
        TargetServerName=target.fqdn,
        TargetInfo=target.fqdn, ProcessId=hex(process.pid), ProcessName=process.image, IpAddress=target.address,
        IpPort="0",
    )  # fmt: skip
