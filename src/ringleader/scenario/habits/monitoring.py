"""Monitoring by svc-monitor: it logs on to every server again and again, asks by WMI, and leaves.

Routine (``scene.often``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import network, remote, windows
from ringleader.scenario.scene import Scene

ACCOUNT = "svc-monitor"


def day(scene: Scene) -> None:
    service = next((item for item in scene.estate.operator.services if item.account == ACCOUNT), None)
    servers = scene.estate.of_role(Role.OTHER)
    if service is None or not servers:
        return
    source, account = servers[-1], scene.estate.services[ACCOUNT]
    start = scene.day * rhythm.DAY
    for host in scene.estate.of_role(*service.hosts):
        if host is source or host.system != "windows":
            continue
        phase = host.code % rhythm.HOUR
        for _ in range(scene.often(12)):
            # At its own minute of an hour, as pollers do, some seconds late.
            time = start + scene.chance.randrange(24) * rhythm.HOUR + phase + int(scene.chance.random() * 4e6)
            network.flow(scene, time, source, host, 135)
            session = windows.log_on(scene, host, time, account, 3, source=source)
            if scene.happens(0.15):
                provider = windows.system(scene, host, "svchost", "-k DcomLaunch -p")
                windows.start(
                    scene, provider, time + 200_000, "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe -secured -Embedding"
                )
            if scene.happens(0.1):
                remote.share(scene, session, time + 100_000, "IPC$")
            windows.log_off(scene, session, time + 2 * rhythm.SECOND)
        if scene.seldom(0.02):  # its password was changed and not everywhere told
            time = scene.within(start, start + rhythm.DAY)
            for nth in range(scene.chance.randrange(3, 15)):
                at = time + nth * 5 * rhythm.MINUTE
                windows.fail(scene, host, at, ACCOUNT, address=source.address, workstation=source.name)
