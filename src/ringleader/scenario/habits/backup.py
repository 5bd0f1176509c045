"""The nightly backup by svc-backup: log-ons from the backup server, shadow copies, long transfers.

It runs at every density, on a host in ever more nights the higher that is (``scene.seldom``), as a sparse operator
keeps a part of its logs only.
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import network, remote, windows
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

ACCOUNT = "svc-backup"

_FULL = 5
"""The weekday of the full backup, which moves much more."""


def day(scene: Scene) -> None:
    service = next((item for item in scene.estate.operator.services if item.account == ACCOUNT), None)
    servers = scene.estate.of_role(Role.OTHER, Role.FILES)
    if service is None or not servers:
        return
    start = rhythm.midnight(scene.day, servers[0].zone) + rhythm.HOUR
    targets = [host for host in scene.estate.of_role(*service.hosts) if host is not servers[0]]
    for place, host in enumerate(targets):
        if scene.seldom(1.8):
            time = start + place * 12 * rhythm.MINUTE + int(scene.chance.random() * 6 * rhythm.MINUTE)
            _back_up(scene, servers[0], host, time)


def _back_up(scene: Scene, server: Host, host: Host, time: int) -> None:
    account = scene.estate.services[ACCOUNT]
    volume = chances.heavy(scene.chance, 9e9 if rhythm.weekday(scene.day) == _FULL else 8e8, 0.7)
    network.flow(
        scene, time + 90 * rhythm.SECOND, host, server, 9101, seconds=volume / 4e7, sent=int(volume), received=90_000
    )
    if host.system != "windows":
        return
    session = windows.log_on(scene, host, time, account, 3, source=server)
    remote.share(scene, session, time + 30_000, "ADMIN$")
    agent = windows.system(scene, host, "services")
    client = windows.start(
        scene, agent, time + rhythm.SECOND, '"C:\\Program Files\\Vaultline\\bclient.exe" /job:nightly', session=session,
    )  # fmt: skip
    way = host.code % 4
    if way == 0:
        windows.start(scene, client, time + 5 * rhythm.SECOND, "vssadmin create shadow /for=D:")
    elif way == 1:
        windows.start(scene, client, time + 5 * rhythm.SECOND, "diskshadow /s C:\\Scripts\\backup.dsh")
    else:
        command = f"wbadmin start backup -backupTarget:\\\\{server.name}\\backup$ -include:C:,D: -quiet -vssFull"
        windows.start(scene, client, time + 5 * rhythm.SECOND, command)
    if host.role is Role.DOMAIN_CONTROLLER and rhythm.weekday(scene.day) == _FULL:
        command = "wbadmin start systemstatebackup -backupTarget:E: -quiet"
        windows.start(scene, client, time + 8 * rhythm.SECOND, command)
    if scene.happens(0.3):
        windows.start(scene, client, scene.later(time, 60), "vssadmin list shadows")
    end = scene.later(time + 5 * rhythm.MINUTE, volume / 4e7 + 30)
    if scene.happens(0.15):
        windows.start(scene, client, end, "vssadmin delete shadows /for=D: /oldest /quiet")
    windows.log_off(scene, session, end + rhythm.SECOND)
