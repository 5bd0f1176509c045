"""Windows events as Winlogbeat 7 ships them: all hosts in one file a day, a line of JSON each.

The form follows Elastic's documentation of Winlogbeat's exported fields; the message text is left out, as shippers are
often told to.
"""

from __future__ import annotations

from functools import lru_cache

import orjson

from ringleader.scenario import rhythm
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Log, Series

LOG = Log("windows/%Y-%m/winlogbeat-%Y%m%d.ndjson.gz", numbered=True)

_SYSMON = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}")
_SECURITY = ("Security", "Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}")
_SERVICES = ("System", "Service Control Manager", "{555908d1-a6d7-4695-8e1e-26931d2012f4}")
_EVENTLOG = ("System", "Microsoft-Windows-Eventlog", "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}")
_OLD_EVENTLOG = ("System", "EventLog", "")
_KERNEL = ("System", "Microsoft-Windows-Kernel-General", "{a68ca8b7-004f-d7b6-a698-07e2de0f1f5d}")
_CLEARED = ("Security", "Microsoft-Windows-Eventlog", "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}")
_POWERSHELL = (
    "Microsoft-Windows-PowerShell/Operational",
    "Microsoft-Windows-PowerShell",
    "{a0c1853b-5c40-4b15-8766-3cf1c58f985a}",
)
_EXCHANGE = ("MSExchange Management", "MSExchange CmdletLogs", "")
_IIS = (
    "Microsoft-IIS-Configuration/Operational",
    "Microsoft-Windows-IIS-Configuration",
    "{dc0b8e51-4863-407a-bc3c-1b479b2978ac}",
)
_TASKS = (
    "Microsoft-Windows-TaskScheduler/Operational",
    "Microsoft-Windows-TaskScheduler",
    "{de7b24ea-73c8-4a09-985d-5bdadcfa9017}",
)

_Source = tuple[str, str, str]


def sysmon(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    """Nothing where the host has no sensor."""
    if host.sysmon:
        shown = rhythm.spaced(scene.shown(host, time))
        _event(scene, host, time, _SYSMON, code, {"RuleName": "-", "UtcTime": shown, **data})


def security(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _SECURITY, code, data)


def services(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _SERVICES, code, data)


def kernel(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _KERNEL, code, data)


def renamed(scene: Scene, host: Host, time: int, was: str) -> None:
    """System 6011: data without names, as providers of the old kind write them."""
    _event(scene, host, time, _OLD_EVENTLOG, 6011, {"param1": was, "param2": host.name})


def eventlog(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _EVENTLOG, code, data)


def security_cleared(scene: Scene, host: Host, time: int, **data: object) -> None:
    _event(scene, host, time, _CLEARED, 1102, data, under="user_data")


def system_cleared(scene: Scene, host: Host, time: int, **data: object) -> None:
    _event(scene, host, time, _EVENTLOG, 104, data, under="user_data")


def powershell(scene: Scene, host: Host, time: int, code: int, pid: int, **data: object) -> None:
    _event(scene, host, time, _POWERSHELL, code, data, pid=pid)


def exchange(scene: Scene, host: Host, time: int, code: int, *params: str) -> None:
    """MSExchange Management 1 and 6: parameters without names, as Winlogbeat numbers them."""
    _event(scene, host, time, _EXCHANGE, code, {f"param{n}": value for n, value in enumerate(params, 1)})


def iis_configuration(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _IIS, code, data)


def tasks(scene: Scene, host: Host, time: int, code: int, **data: object) -> None:
    _event(scene, host, time, _TASKS, code, data)


def _event(
    scene: Scene,
    host: Host,
    time: int,
    source: _Source,
    code: int,
    data: dict[str, object],
    *,
    pid: int = 4,
    under: str = "event_data",
) -> None:
    if scene.silent(host):
        return
    start, middle, end, series = _frame(host.name, host.domain, host.installed, source, code)
    shown = rhythm.iso(scene.shown(host, time))
    created = rhythm.iso(time + 2_000_000)
    head = f'{{"@timestamp":"{shown}{start}{created}{middle}{pid},"thread":{{"id":{40 + (time >> 20) % 60 * 4}}}}}'
    if data:
        head += f',"{under}":'
    scene.write(LOG, time, head.encode() + (orjson.dumps(data, default=str) if data else b"") + end, series)


@lru_cache(maxsize=1 << 16)
def _frame(name: str, domain: str, since: int, source: _Source, code: int) -> tuple[str, str, bytes, Series]:
    """What stays the same in the events of one host, channel and id: the text after the time, after the moment of
    creation, after the data; and the series of the record numbers. The line is put together from text, as building and
    dumping the whole of each event would take most of the time that a scenario takes."""
    channel, provider, guid = source
    fqdn = f"{name}.{domain}"
    ahead = {
        "@metadata": {"beat": "winlogbeat", "type": "_doc", "version": "7.10.2"},
        "agent": {"type": "winlogbeat", "version": "7.10.2", "hostname": name},
        "ecs": {"version": "1.5.0"},
        "host": {"name": fqdn},
        "log": {"level": "information"},
        "event": {"code": code, "kind": "event", "provider": provider, "created": ""},
    }
    start = orjson.dumps(ahead).decode().removesuffix('"}}').removeprefix("{")
    winlog = {
        "api": "wineventlog",
        "channel": channel,
        "computer_name": fqdn,
        "event_id": code,
        "provider_name": provider,
        **({"provider_guid": guid} if guid else {}),
        "record_id": "\x01",
        "process": {"pid": 0},
    }
    middle = orjson.dumps(winlog).decode().removesuffix("0}}")
    return f'",{start}', f'"}},"winlog":{middle}', b"}}", (f"{name} {channel}", since)
