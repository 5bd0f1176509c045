"""On Linux and the gateways: SSH, sudo, commands, VPN sessions."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ringleader.case import Role
from ringleader.scenario.blueprint import Supplier
from ringleader.scenario.deeds import network
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import unix as log
from ringleader.scenario.scene import Scene

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Shell:
    """A log-in: its number (``ses``), its sshd, and who is in it."""

    host: Host
    account: str
    address: str
    session: int
    pid: int
    uid: int


def ssh(scene: Scene, host: Host, time: int, account: str, source: Host | str, *, key: bool = False) -> Shell:
    address = source if isinstance(source, str) else source.address
    draw = scene.chance
    pid, port = draw.randrange(2000, 60_000), draw.randrange(30_000, 65_000)
    shell = Shell(
        host,
        account,
        address,
        scene.day % 1000 * 1000 + draw.randrange(1000),
        pid,
        0 if account == "root" else 1000 + sum(account.encode()) % 500,
    )
    network.flow(scene, time - SECOND, source, host, 22, seconds=300, sent=9000, received=40_000)
    method = "publickey" if key else "password"
    tail = ": RSA SHA256:" + f"{draw.getrandbits(128):032x}" if key else ""
    log.syslog(scene, host, time, "sshd", pid, f"Accepted {method} for {account} from {address} port {port} ssh2{tail}")
    log.syslog(
        scene, host, time + 1000, "sshd", pid, f"pam_unix(sshd:session): session opened for user {account} by (uid=0)"
    )
    log.user(scene, host, time + 2000, "USER_LOGIN", account, address, ok=True, session=shell.session, pid=pid)
    return shell


def leave(scene: Scene, shell: Shell, time: int) -> None:
    log.syslog(
        scene, shell.host, time, "sshd", shell.pid, f"pam_unix(sshd:session): session closed for user {shell.account}"
    )


def fail(scene: Scene, host: Host, time: int, account: str, source: Host | str, *, known: bool = True) -> None:
    address = source if isinstance(source, str) else source.address
    pid, port = scene.chance.randrange(2000, 60_000), scene.chance.randrange(30_000, 65_000)
    invalid = "" if known else "invalid user "
    log.syslog(
        scene, host, time, "sshd", pid, f"Failed password for {invalid}{account} from {address} port {port} ssh2"
    )
    log.user(scene, host, time + 1000, "USER_LOGIN", account, address, ok=False, session=0, pid=pid)


def runs(scene: Scene, shell: Shell, time: int, command: str, *, sudo: bool = False, cwd: str = "") -> None:
    """A command typed into the shell. With ``sudo`` it runs as root and sudo says so."""
    argv = shlex.split(command)
    home = cwd or ("/root" if shell.account == "root" else f"/home/{shell.account}")
    if sudo:
        path = argv[0] if argv[0].startswith("/") else f"/usr/bin/{argv[0]}"
        whole = " ".join([path, *argv[1:]])
        log.syslog(
            scene,
            shell.host,
            time,
            "sudo",
            0,
            f"{shell.account} : TTY=pts/0 ; PWD={home} ; USER=root ; COMMAND={whole}",
        )
    log.execve(
        scene, shell.host, time + 1500, argv, pid=scene.chance.randrange(2000, 60_000), parent=shell.pid + 1,
        uid=0 if sudo else shell.uid, auid=shell.uid, session=shell.session, cwd=home,
    )  # fmt: skip


def cron(scene: Scene, host: Host, time: int, account: str, command: str) -> None:
    pid = scene.chance.randrange(2000, 60_000)
    log.syslog(scene, host, time, "CRON", pid, f"({account}) CMD ({command})")
    argv = shlex.split(command)
    log.execve(
        scene,
        host,
        time + 1000,
        ["/bin/sh", "-c", command],
        pid=pid + 1,
        parent=pid,
        uid=0 if account == "root" else 1001,
    )
    log.execve(scene, host, time + 2000, argv, pid=pid + 2, parent=pid + 1, uid=0 if account == "root" else 1001)


def openvpn(scene: Scene, gateway: Host, time: int, account: str, address: str, until: int) -> str:
    """A VPN session; the address that it is given inside is returned."""
    draw = scene.chance
    inside = f"10.99.{draw.randrange(0, 16)}.{draw.randrange(2, 250)}"
    peer = f"{address}:{draw.randrange(30_000, 65_000)}"
    pid = 800 + gateway.code % 200
    say = log.syslog
    say(
        scene,
        gateway,
        time,
        "openvpn",
        pid,
        f"{peer} TLS: Initial packet from [AF_INET]{peer}, sid={draw.getrandbits(32):08x} 00000000",
    )
    say(
        scene,
        gateway,
        time + SECOND,
        "openvpn",
        pid,
        f"{peer} TLS: Username/Password authentication succeeded for username '{account}' [CN SET]",
    )
    say(
        scene,
        gateway,
        time + SECOND + 2000,
        "openvpn",
        pid,
        f"{peer} [{account}] Peer Connection Initiated with [AF_INET]{peer}",
    )
    say(
        scene,
        gateway,
        time + SECOND + 4000,
        "openvpn",
        pid,
        f"{account}/{peer} MULTI_sva: pool returned IPv4={inside}, IPv6=(Not enabled)",
    )
    say(
        scene,
        gateway,
        time + SECOND + 5000,
        "openvpn",
        pid,
        f"{account}/{peer} MULTI: Learn: {inside} -> {account}/{peer}",
    )
    network.flow(
        scene, time, address, gateway, 1194, seconds=(until - time) / SECOND, sent=2_000_000, received=9_000_000
    )
    say(
        scene,
        gateway,
        until,
        "openvpn",
        pid,
        f"{account}/{peer} SIGTERM[soft,remote-exit] received, client-instance exiting",
    )
    return inside


def openvpn_fails(scene: Scene, gateway: Host, time: int, account: str, address: str) -> None:
    peer = f"{address}:{scene.chance.randrange(30_000, 65_000)}"
    log.syslog(
        scene,
        gateway,
        time,
        "openvpn",
        800 + gateway.code % 200,
        f"{peer} TLS Auth Error: Auth Username/Password verification failed for peer {account}",
    )


def pulse(scene: Scene, time: int, account: str, address: str, agent: str, until: int, realm: str = "Suppliers") -> str:
    """A session through Pulse Connect Secure; the address inside is returned."""
    draw = scene.chance
    inside = f"10.98.{draw.randrange(0, 8)}.{draw.randrange(2, 250)}"
    ident = f"{draw.getrandbits(32):08x}"
    who = (address, account, realm, f"{realm}_role")
    log.pulse(scene, time, "ive", *who[:3], "", f"Primary authentication successful for {account}/AD from {address}")
    log.pulse(
        scene,
        time + SECOND,
        "ive",
        *who,
        f"Login succeeded for {account}/{realm} (session:{ident}) from {address} with {agent}.",
    )
    log.pulse(
        scene,
        time + 2 * SECOND,
        "ive",
        *who,
        f"VPN Tunneling: Session started for user with IPv4 address {inside}, hostname {account}-pc",
    )
    network.flow(
        scene,
        time,
        address,
        scene.estate.public[1],
        443,
        seconds=(until - time) / SECOND,
        sent=3_000_000,
        received=8_000_000,
    )
    log.pulse(
        scene,
        until,
        "ive",
        *who,
        f"Closed connection to {inside} after {(until - time) // SECOND} seconds, with 9000 bytes read (in 9 chunks) "
        "and 12000 bytes written (in 12 chunks)",
    )
    return inside


def pulse_fails(scene: Scene, time: int, account: str, address: str, realm: str = "Suppliers") -> None:
    log.pulse(
        scene,
        time,
        "ive",
        address,
        account,
        realm,
        "",
        "Login failed using auth server AD (Active Directory).  Reason: Failed",
    )


def dial_in(scene: Scene, time: int, supplier: Supplier, account: str, address: str, until: int) -> str:
    """A supplier's way in, whichever it has."""
    gateways = scene.estate.of_role(Role.REMOTE_ACCESS)
    if supplier.remote == "vpn" and gateways:
        return openvpn(scene, gateways[0], time, account, address, until)
    return pulse(scene, time, account, address, "Pulse-Secure/9.1.8 (Windows 10)", until)
