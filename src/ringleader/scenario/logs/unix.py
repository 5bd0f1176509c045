"""Linux: one central syslog file a day (sshd, sudo, cron, and the VPN gateways), and auditd's records of all hosts with
``node=``."""

from __future__ import annotations

from ringleader.scenario import rhythm
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Log

_SYSLOG = Log("syslog/%Y-%m/messages-%Y%m%d.gz")
_PULSE = Log("syslog/%Y-%m/pulse-%Y%m%d.gz")
_AUDIT = Log("auditd/%Y-%m/audit-%Y%m%d.log.gz")

_UNSET = 4294967295


def syslog(scene: Scene, host: Host, time: int, program: str, pid: int, message: str) -> None:
    """A line in the old form (RFC 3164): no year, no zone, the clock set to UTC."""
    if not scene.silent(host):
        tag = f"{program}[{pid}]" if pid else program
        line = f"{rhythm.traditional(scene.shown(host, time))} {host.name} {tag}: {message}"
        scene.write(_SYSLOG, time, line.encode())


def pulse(scene: Scene, time: int, node: str, address: str, user: str, realm: str, roles: str, message: str) -> None:
    """Pulse Connect Secure's own form."""
    stamp = rhythm.spaced(time)[:19]
    scene.write(_PULSE, time, f"{stamp} - {node} - [{address}] {user}({realm})[{roles}] - {message}".encode())


def execve(
    scene: Scene,
    host: Host,
    time: int,
    argv: list[str],
    *,
    pid: int,
    parent: int,
    uid: int,
    auid: int = _UNSET,
    session: int = _UNSET,
    cwd: str = "/root",
    exe: str = "",
    key: str = "exec",
) -> None:
    """The records that one program start leaves: SYSCALL, EXECVE, CWD, PROCTITLE."""
    if scene.silent(host):
        return
    exe = exe or (argv[0] if argv[0].startswith("/") else f"/usr/bin/{argv[0]}")
    arguments = " ".join(f"a{n}={_text(value)}" for n, value in enumerate(argv))
    title = "\0".join(argv).encode().hex().upper()
    name = argv[0].rsplit("/", 1)[-1][:15]
    _records(
        scene,
        host,
        time,
        f"SYSCALL\tarch=c000003e syscall=59 success=yes "
        f"exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8 items=2 ppid={parent} "
        f"pid={pid} auid={auid} uid={uid} gid={uid} euid={uid} suid={uid} fsuid={uid} egid={uid} sgid={uid} "
        f'fsgid={uid} tty=pts0 ses={session} comm="{name}" exe="{exe}" key="{key}"',
        f"EXECVE\targc={len(argv)} {arguments}",
        f'CWD\tcwd="{cwd}"',
        f"PROCTITLE\tproctitle={title}",
    )


def opened(
    scene: Scene, host: Host, time: int, path: str, *, pid: int, uid: int, auid: int, exe: str, key: str
) -> None:
    """A watched file is opened (``-w PATH -k KEY``)."""
    if scene.silent(host):
        return
    _records(
        scene,
        host,
        time,
        f"SYSCALL\tarch=c000003e syscall=257 success=yes "
        f"exit=3 a0=ffffff9c a1=7ffd a2=241 a3=1b6 items=1 ppid=1 "
        f"pid={pid} auid={auid} uid={uid} gid={uid} euid={uid} tty=(none) ses=1 "
        f'comm="{exe.rsplit("/", 1)[-1][:15]}" exe="{exe}" key="{key}"',
        f"PATH\titem=0 name={_text(path)} inode=1048 dev=fd:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL",
    )


def user(
    scene: Scene, host: Host, time: int, record: str, account: str, address: str, ok: bool, session: int, pid: int
) -> None:
    """USER_LOGIN and its like."""
    if scene.silent(host):
        return
    uid = 1000 if ok else _UNSET
    _records(
        scene,
        host,
        time,
        f'{record}\tpid={pid} uid=0 auid={uid} ses={session} msg=\'op=login acct="{account}" exe="/usr/sbin/sshd" '
        f"hostname={address} addr={address} terminal=ssh res={'success' if ok else 'failed'}'",
    )


def _records(scene: Scene, host: Host, time: int, *records: str) -> None:
    shown = scene.shown(host, time)
    serial = scene.kept["audit", host.name] = scene.kept.get(("audit", host.name), scene.day * 50_000) + 1
    for record in records:
        kind, _, rest = record.partition("\t")
        line = (
            f"node={host.name} type={kind} msg=audit({shown // 1_000_000}.{shown // 1000 % 1000:03d}:{serial}): {rest}"
        )
        scene.write(_AUDIT, time, line.encode())


def _text(value: str) -> str:
    """As auditd: in quotes, or in hexadecimal when that would be ambiguous."""
    plain = value.isascii() and value.isprintable() and not set(value) & set(' "')
    return f'"{value}"' if plain else value.encode().hex().upper()
