"""IIS (W3C) and Exchange's HttpProxy, ECP and OAB logs. Field names are those that the servers write in ``#Fields``."""

from __future__ import annotations

import csv
import io
import uuid
from functools import lru_cache

from ringleader.scenario import rhythm
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Log

_IIS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status "
    "sc-substatus sc-win32-status time-taken"
)

_PROXY = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,"
    "ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,"
    "ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,"
    "TargetServerVersion,RoutingHint,BackEndCookie,ServerLocatorHost,ServerLocatorLatency,RequestBytes,ResponseBytes,"
    "TargetOutstandingRequests,AuthModulePerfContext,HttpPipelineLatency,TotalRequestTime,UrlQuery,GenericInfo,"
    "GenericErrors"
)
_PROXY_NAMES = _PROXY.split(",")
_ECP = "TimeStamp,SessionId,EventId,EventData,ServerName,ClientIpAddress,UserName,RequestUrl"
_OAB = "DateTime,ServerName,ThreadId,Component,Operation,Message"


def iis(
    scene: Scene,
    host: Host,
    time: int,
    method: str,
    stem: str,
    query: str,
    user: str,
    client: str,
    agent: str,
    status: int,
    taken: int,
) -> None:
    """One request. ``taken`` is milliseconds; empty texts become dashes."""
    if scene.silent(host):
        return
    stamp = rhythm.spaced(scene.shown(host, time))[:19]
    line = (
        f"{stamp} {host.address} {method} {stem} {query or '-'} 443 {user or '-'} {client} "
        f"{agent.replace(' ', '+') or '-'} - {status} 0 0 {taken}"
    )
    scene.write(_iis(host), time, line.encode())


def proxy(
    scene: Scene,
    host: Host,
    time: int,
    protocol: str,
    url: str,
    stem: str,
    user: str,
    mailbox: str,
    agent: str,
    client: str,
    status: int,
    method: str,
    query: str,
    taken: int,
    target: str = "",
) -> None:
    if scene.silent(host):
        return
    draw = scene.chance
    values = {
        "DateTime": rhythm.iso(scene.shown(host, time)),
        "RequestId": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "MajorVersion": "15",
        "MinorVersion": "1",
        "BuildVersion": "2106",
        "RevisionVersion": "2",
        "Protocol": protocol,
        "UrlHost": url,
        "UrlStem": stem,
        "AuthenticationType": "Negotiate" if user else "",
        "IsAuthenticated": "true" if user else "false",
        "AuthenticatedUser": user,
        "AnchorMailbox": mailbox,
        "UserAgent": agent,
        "ClientIpAddress": client,
        "ServerHostName": host.name,
        "HttpStatus": str(status),
        "BackEndStatus": str(status),
        "Method": method,
        "ProxyAction": "Proxy",
        "TargetServer": (target or host.fqdn).lower(),
        "TargetServerVersion": "15.01.2106.000",
        "RequestBytes": str(draw.randrange(0, 4000)),
        "ResponseBytes": str(draw.randrange(200, 60_000)),
        "TotalRequestTime": str(taken),
        "UrlQuery": query,
    }
    log = _exchange(host, "Logging/HttpProxy/" + protocol, "HttpProxy_%Y%m%d00-1.LOG", "HttpProxy Logs", _PROXY)
    scene.write(log, time, _row([values.get(name, "") for name in _PROXY_NAMES]))


def ecp(scene: Scene, host: Host, time: int, event: str, data: str, client: str, user: str, url: str) -> None:
    """ECP Server log. ``data`` holds the request's own ``S:...=...`` pairs."""
    if scene.silent(host):
        return
    session = f"{scene.chance.getrandbits(64):016x}"
    log = _exchange(host, "Logging/ECP/Server", "ECPServer%Y%m%d-1.LOG", "ECP Server Log", _ECP)
    stamp = rhythm.iso(scene.shown(host, time))
    scene.write(log, time, _row([stamp, session, event, data, host.name, client, user, url]))


def oab(scene: Scene, host: Host, time: int, component: str, operation: str, message: str) -> None:
    if scene.silent(host):
        return
    log = _exchange(host, "Logging/OABGeneratorLog", "OABGenerator%Y%m%d-1.LOG", "OABGenerator Log", _OAB)
    stamp = rhythm.iso(scene.shown(host, time))
    thread = str(scene.chance.randrange(20, 90))
    scene.write(log, time, _row([stamp, host.name, thread, component, operation, message]))


@lru_cache(maxsize=4096)
def _iis(host: Host) -> Log:
    def header(start: int) -> bytes:
        begun = rhythm.spaced(start)[:19]
        lines = ["#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", f"#Date: {begun}"]
        return "".join(line + "\n" for line in [*lines, f"#Fields: {_IIS}"]).encode()

    return Log(f"iis/{host.name}/W3SVC1/u_ex%y%m%d.log", header)


@lru_cache(maxsize=4096)
def _exchange(host: Host, folder: str, file: str, kind: str, fields: str) -> Log:
    def header(start: int) -> bytes:
        begun = rhythm.iso(start)
        return (
            f"{fields}\n#Software: Microsoft Exchange Server\n#Version: 15.01.2106.002\n#Log-type: {kind}\n"
            f"#Date: {begun}\n#Fields: {fields}\n"
        ).encode()

    return Log(f"exchange/{host.name}/{folder}/{file}", header)


def _row(values: object) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(values)  # type: ignore[arg-type]
    return out.getvalue().encode()
