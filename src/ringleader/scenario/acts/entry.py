"""Ways in."""

from __future__ import annotations

import ipaddress

from ringleader.case import Role
from ringleader.errors import ConfigError
from ringleader.scenario.acts.commands import parted
from ringleader.scenario.deeds import remote, unix, web, windows
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import windows as log
from ringleader.scenario.play import Play

SECOND = 1_000_000


def exchange_flaw(play: Play, at: str = "mail", agent: str = "{agent}") -> None:
    """Through flaws of Exchange: requests that the front end makes for a stranger, then a page saved as an offline
    address book. Needs the value ``shell``: the page's address."""
    scene, host, agent = play.scene, play.host(at), play.text(agent)
    shell = play.text("{shell}")
    client = play.address
    for protocol, stem, target in (
        ("Autodiscover", "/autodiscover/autodiscover.json", "autodiscover/autodiscover.xml"),
        ("Ecp", "/ecp/y.js", "mapi/emsmdb/"),
        ("Ecp", "/ecp/y.js", "ecp/proxyLogon.ecp"),
    ):
        play.pause(0.1)
        anchor = f"ServerInfo~a]@{host.fqdn}:444/{target}?#"
        with play.step("T1190", f"the front end is made to ask for {target}", host) as time:
            web.mail(
                scene, host, time, protocol, stem, client=client, agent=agent, mailbox=anchor, method="POST",
                query=f"@{play.text('{word}')}.invalid/owa/" if protocol == "Autodiscover" else "",
                status=241 if "proxy" in target else 200,
            )  # fmt: skip
    play.pause(0.2)
    page = "http://f/<script language=JScript runat=server>function Page_Load(){/* inert */}</script>"
    path = f"\\\\127.0.0.1\\C$\\inetpub\\wwwroot{shell}".replace("/", "\\")
    with play.step("T1505.003", f"an offline address book is saved as {shell}", host) as time:
        data = f"ExternalUrl='{page}'"
        url = f"https://{host.fqdn}:444/ecp/DDI/DDIService.svc/SetObject?schema=OABVirtualDirectory"
        web.ecp(scene, host, time, "Set-OabVirtualDirectory", client=client, user="SYSTEM", url=url, data=data)
        log.exchange(scene, host, time + 2 * SECOND, 1, "Remove-OabVirtualDirectory", "-Force 'True'", "SYSTEM")
    play.pause(0.1)
    with play.step("T1505.003", f"{path} is written", host) as time:
        web.mail(
            scene,
            host,
            time,
            "Ecp",
            "/ecp/y.js",
            client=client,
            agent=agent,
            method="POST",
            mailbox=f"ServerInfo~a]@{host.fqdn}:444/ecp/DDI/DDIService.svc/SetObject?#",
        )
        windows.writes(scene, web.worker(scene, host, web.POOLS["ecp"]), time + SECOND, file_of(shell))
        web.ecp(
            scene,
            host,
            time + SECOND,
            "Export-OabVirtualDirectory",
            client=client,
            user="SYSTEM",
            url="",
            data=f"FilePathName='{path}'",
        )
    play.persistence.append(("web-shell", host.fqdn.lower(), file_of(shell)))


def file_of(stem: str) -> str:
    """Where IIS keeps what it serves at ``stem``."""
    inside = stem.removeprefix("/owa/auth/")
    if inside != stem:
        return r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\auth" + "\\" + inside
    return "C:\\inetpub\\wwwroot" + stem.replace("/", "\\")


def web_shell(play: Play, commands: list[str], at: str = "mail", pool: str = "owa", agent: str = "{agent}") -> None:
    """Commands through the page ``shell``: one request each, and what the worker process starts for it."""
    scene, host, agent = play.scene, play.host(at), play.text(agent)
    shell = play.text("{shell}")
    worker = web.worker(scene, host, web.POOLS.get(pool, "DefaultAppPool"))
    for line in commands:
        technique, command = parted(play, line)
        play.pause()
        with play.step("T1505.003", f"a request to {shell}", host) as time:
            web.request(
                scene, host, time, shell, client=play.address, agent=agent, method="POST", received=len(command) * 40
            )
        with play.step(technique, command, host, worker.session.account.full) as time:
            inner = windows.start(scene, worker, time + SECOND // 3, f'"cmd.exe" /c {command}')
            if not command.startswith(("echo", "dir", "type", "cd", "del", "copy", "set")):
                windows.start(scene, inner, time + SECOND // 2, command)
        play.at = worker


def web_flaw(
    play: Play, at: str = "web", stem: str = "/upload.aspx", query: str = "", technique: str = "T1190"
) -> None:
    """Through a flaw of a web application: the worker process is where the actor then works from."""
    scene, host = play.scene, play.host(at)
    play.pause(0.2)
    with play.step(technique, f"a request to {stem}", host) as time:
        web.request(
            scene, host, time, play.text(stem), client=play.address, agent=play.text("{agent}"), method="POST",
            query=play.text(query)
        )  # fmt: skip
    play.at = web.worker(scene, host, "DefaultAppPool")


def supplier_login(play: Play, supplier: str, to: str = "jump-host", own_address: bool = False) -> None:
    """With an account of a supplier (of the given ``kind``) through its way in, then remote desktop. With
    ``own_address`` from the supplier's own network, as when that is taken over too."""
    scene = play.scene
    found = [item for item in scene.estate.operator.suppliers if item.kind == supplier]
    if not found:
        kinds = ", ".join(sorted({item.kind for item in scene.estate.operator.suppliers}))
        raise ConfigError(
            f"no supplier is of the kind {supplier!r}", path=play.visit.actor.id, hint=f"there are: {kinds}"
        )
    target = found[0]
    account = scene.estate.chance("supplier", play.visit.actor.id).choice(target.accounts)
    home = str(next(ipaddress.IPv4Network(target.addresses[0]).hosts()))
    address = home if own_address else play.address
    play.supplier = target.name
    host = play.host(to)
    play.pause(0.2)
    with play.step("T1199", f"{account} of {target.name} dials in from {address}", _gateway(play), account) as time:
        inside = unix.dial_in(scene, time, target, account, address, time + 3 * 3600 * SECOND)
    play.pause(0.5)
    with play.step("T1021.001", f"remote desktop to {host.name}", host, account) as time:
        session = remote.remote_desktop(scene, inside, time, host, scene.estate.account(account))
    play.at = windows.start(scene, windows.desktop(scene, session), play.pause(0.2), "cmd.exe")


def vpn_login(play: Play, account: str, to: str = "jump-host") -> None:
    """With a stolen account through the staff's VPN, then remote desktop."""
    scene, host = play.scene, play.host(to)
    who = play.account(account)
    gateway = _gateway(play)
    with play.step("T1133", f"{who.name} dials in from {play.address}", gateway, who.name) as time:
        inside = unix.openvpn(scene, gateway, time, who.name, play.address, time + 3 * 3600 * SECOND)
    play.pause(0.5)
    with play.step("T1021.001", f"remote desktop to {host.name}", host, who.full) as time:
        session = remote.remote_desktop(scene, inside, time, host, who)
    play.at = windows.start(scene, windows.desktop(scene, session), play.pause(0.2), "cmd.exe")


def work(play: Play, account: str, at: str = "") -> None:
    """At a desk inside: an employee, or somebody invited. ``at`` a host, else the person's own workstation."""
    scene = play.scene
    who = play.account(account)
    people = [person for person in scene.estate.people if person.account.name == who.name]
    host = play.host(at) if at or not people else people[0].station
    session = windows.log_on(scene, host, play.time, who, 2)
    play.at = windows.start(scene, windows.desktop(scene, session), play.pause(0.2), "cmd.exe")


def _gateway(play: Play) -> Host:
    gateways = play.scene.estate.of_role(Role.REMOTE_ACCESS, Role.JUMP_HOST)
    if not gateways:
        raise ConfigError("the operator has no way in: no remote-access and no jump-host", path=play.visit.actor.id)
    return gateways[0]
