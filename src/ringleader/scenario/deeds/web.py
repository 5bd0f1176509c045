"""On mail and web servers: requests as IIS, Exchange's front end and the sensor at the border see them."""

from __future__ import annotations

from ringleader.scenario.deeds import network, windows
from ringleader.scenario.deeds.windows import Process, Session
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import web as log
from ringleader.scenario.logs import windows as events
from ringleader.scenario.scene import Scene

_MOZILLA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


def browser(scene: Scene, host: Host) -> str:
    """What the browser of a host calls itself: one of three kinds, in the version of the month or one behind."""
    version = 72 + (scene.day - 17_900) // 42 - (host.code >> 3) % 2
    build = f"{version}.0.{version * 52 % 900 + 3600}.{(host.code >> 4) % 3 * 41 + 82}"
    kind = host.code % 5
    if kind == 0:
        return f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{version - 3}.0) Gecko/20100101 Firefox/{version - 3}.0"
    chrome = f"{_MOZILLA} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{build} Safari/537.36"
    return f"{chrome} Edg/{build}" if kind == 1 and scene.day > 18_277 else chrome


_CONFIG = r"C:\Program Files\Microsoft\Exchange Server\V15\bin\GenericAppPoolConfigWithGCServerEnabledFalse.config"

POOLS = {"owa": "MSExchangeOWAAppPool", "ecp": "MSExchangeECPAppPool", "oab": "MSExchangeOABAppPool"}


def request(
    scene: Scene,
    host: Host,
    time: int,
    stem: str,
    *,
    client: str,
    agent: str,
    method: str = "GET",
    query: str = "",
    user: str = "",
    status: int = 200,
    sent: int = 700,
    received: int = 9000,
) -> None:
    """A request to a web server (IIS), not through Exchange's front end."""
    log.iis(scene, host, time, method, stem, query, user, client, agent, status, scene.chance.randrange(3, 900))
    network.flow(scene, time, client, host, 443, seconds=scene.chance.random() * 3, sent=sent, received=received)


def mail(
    scene: Scene,
    host: Host,
    time: int,
    protocol: str,
    stem: str,
    *,
    client: str,
    agent: str,
    user: str = "",
    mailbox: str = "",
    method: str = "GET",
    query: str = "",
    status: int = 200,
    target: str = "",
    sent: int = 1200,
    received: int = 12_000,
) -> None:
    """A request through Exchange's front end: HttpProxy, IIS, the wire. ``protocol`` is the log's: Owa, Ecp, Ews, Mapi,
    Eas, Autodiscover, Oab, PowerShell."""
    taken = scene.chance.randrange(4, 700)
    url = f"mail.{scene.estate.operator.domain}"
    log.iis(scene, host, time, method, stem, query, user, client, agent, status, taken)
    log.proxy(
        scene, host, time, protocol, url, stem, user, mailbox, agent, client, status, method, query, taken, target
    )
    network.flow(scene, time, client, host, 443, seconds=taken / 1000 + 1, sent=sent, received=received)


def ecp(scene: Scene, host: Host, time: int, cmdlet: str, *, client: str, user: str, url: str, data: str = "") -> None:
    """A cmdlet run through the control panel: ECP's server log and MSExchange Management 1."""
    log.ecp(scene, host, time, "ECP.Request", f"S:CMD={cmdlet}.{data}", client, user, url)
    arguments = data.replace("{", "").replace("}", "")
    events.exchange(scene, host, time, 1, cmdlet, arguments, user, "", "", "ECP")


def worker(scene: Scene, host: Host, pool: str) -> Process:
    """The worker process of an application pool, which runs since the last restart."""
    found = windows.system(
        scene,
        host,
        "w3wp",
        f'-ap "{pool}" -v "v4.0" -c "{_CONFIG}"',
    )
    if "Exchange" in pool:
        return found
    return Process(
        host, Session(host, windows.NETWORK_SERVICE, 0x3E4, 5), found.pid, found.guid, found.image, found.command
    )
