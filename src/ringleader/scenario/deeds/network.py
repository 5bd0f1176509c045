"""On the wire, where a sensor sees it: across the border, and into the data centre."""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import zeek
from ringleader.scenario.scene import Scene

_SERVICES = {
    22: "ssh", 53: "dns", 80: "http", 88: "krb_tcp", 135: "dce_rpc", 389: "ldap", 443: "ssl", 445: "gssapi,smb",
    3389: "rdp",
    5985: "http",
}  # fmt: skip


def flow(
    scene: Scene,
    time: int,
    source: Host | str,
    target: Host | str,
    port: int,
    *,
    own: int = 0,
    seconds: float = 1.0,
    sent: int = 800,
    received: int = 2000,
    state: str = "SF",
) -> None:
    """A connection. Two workstations of one site speak past every sensor."""
    if not isinstance(source, str) and not isinstance(target, str) and _unseen(source, target):
        return
    start, end = (item if isinstance(item, str) else item.address for item in (source, target))
    service = _SERVICES.get(port, "-") if state == "SF" else "-"
    zeek.conn(
        scene, time, start, own or scene.chance.randrange(49152, 65535), end, port,
        service=service, seconds=seconds, sent=sent, received=received, state=state,
    )  # fmt: skip


def _unseen(source: Host, target: Host) -> bool:
    return source.role is Role.WORKSTATION and target.role is Role.WORKSTATION and source.site == target.site


def lookup(scene: Scene, time: int, source: Host | str, name: str, answer: str, qtype: str = "A") -> None:
    """A question to the domain's own resolver; no answer is NXDOMAIN."""
    servers = scene.estate.of_role(Role.DOMAIN_CONTROLLER)
    if servers:
        address = source if isinstance(source, str) else source.address
        zeek.dns(scene, time, address, servers[0].address, name, answer, qtype)
        if qtype == "A" and scene.happens(0.5):  # resolvers ask for both kinds of address at once
            zeek.dns(scene, time + 200, address, servers[0].address, name, "-" if answer else "", "AAAA")
