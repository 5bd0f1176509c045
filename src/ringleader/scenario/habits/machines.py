"""What machines do by themselves: services, scheduled tasks, monitoring."""

from __future__ import annotations

from ringleader.scenario import chance as chances
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import windows
from ringleader.scenario.scene import Scene

_ROUTINE = (
    ("-k netsvcs -p -s Schedule", "C:\\Windows\\System32\\taskhostw.exe"),
    ("-k netsvcs -p -s Schedule", "C:\\Windows\\System32\\taskhostw.exe KEYROAMING"),
    ("-k DcomLaunch -p", "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe -secured -Embedding"),
    ("-k DcomLaunch -p", "C:\\Windows\\System32\\backgroundTaskHost.exe"),
    ("-k DcomLaunch -p", "C:\\Windows\\System32\\dllhost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}"),
)


def day(scene: Scene) -> None:
    for host in scene.estate.hosts:
        if host.system != "windows":
            continue
        number = chances.count(scene.chance, chances.heavy(scene.chance, 30 * scene.estate.density, 0.6))
        start = scene.day * rhythm.DAY
        for _ in range(number):
            arguments, command = scene.chance.choice(_ROUTINE)
            time = start + int(scene.chance.random() * rhythm.DAY)
            windows.start(scene, windows.system(scene, host, "svchost", arguments), time, command)
