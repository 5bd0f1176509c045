"""Staff who dial in: from home in the evening or on days at home, some from a journey. Then they use their workstation
by remote desktop.

By the root of the density (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import remote, unix, windows
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import homes
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

_HOURS = (2, 1, 1, 1, 1, 1, 3, 6, 9, 8, 6, 5, 5, 5, 5, 5, 5, 6, 8, 12, 14, 13, 9, 4)


def day(scene: Scene) -> None:
    gateways = scene.estate.of_role(Role.REMOTE_ACCESS)
    if not gateways:
        return
    for person in scene.estate.people:
        journey = homes.journey(scene, person)
        keen = 0.5 if journey else 0.16 if person.job in ("administrator", "network-engineer") else 0.07
        for _ in range(scene.seldom(keen)):
            hours = rhythm.Hours(person.zone, _HOURS)
            _dial(
                scene, gateways[0], person, hours.moment(scene.day, scene.chance), journey or homes.home(scene, person)
            )


def _dial(scene: Scene, gateway: Host, person: Person, time: int, address: str) -> None:
    name = person.account.name
    for _ in range(scene.chance.choices((0, 1, 2, 4), (85, 10, 4, 1))[0]):
        unix.openvpn_fails(scene, gateway, time, name, address)
        time = scene.later(time, 15)
    until = scene.later(time + 5 * rhythm.MINUTE, 5400)
    inside = unix.openvpn(scene, gateway, time, name, address, until)
    if scene.happens(0.6):
        at = scene.later(time, 60)
        session = remote.remote_desktop(scene, inside, at, person.station, person.account)
        windows.log_off(scene, session, max(until, at + rhythm.MINUTE))
