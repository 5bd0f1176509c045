"""Suppliers: visits in the hours of their zone, some at night in a maintenance window, by their way in, with their
accounts, from their addresses; to a jump host by remote desktop, and from there to the hosts they look after.

Visits are as many as the operator's file says, at every density.
"""

from __future__ import annotations

import ipaddress

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.blueprint import Supplier
from ringleader.scenario.deeds import remote, unix, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.estate import Account
from ringleader.scenario.habits import homes
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

_ELSEWHERE = 0.04
"""Share of the visits for which somebody dials in from outside the supplier's networks."""


def day(scene: Scene) -> None:
    for supplier in scene.estate.operator.suppliers:
        hours = rhythm.Hours(supplier.zone)
        share = hours.week[rhythm.weekday(scene.day)] / sum(hours.week)
        for _ in range(chances.count(scene.chance, supplier.visits_per_week * share)):
            time = hours.moment(scene.day, scene.chance)
            if scene.happens(0.12):  # a maintenance window
                zone = scene.estate.operator.sites[0].zone
                time = rhythm.midnight(scene.day, zone) + int((1 + 3 * scene.chance.random()) * rhythm.HOUR)
            _visit(scene, supplier, time)


def _visit(scene: Scene, supplier: Supplier, time: int) -> None:
    chance = scene.chance
    account = supplier.accounts[chances.rank(chance, len(supplier.accounts))]
    address = _address(scene, supplier, account)
    if chance.random() < 0.12:
        gateways = scene.estate.of_role(Role.REMOTE_ACCESS)
        for _ in range(chance.randrange(1, 4)):
            if supplier.remote == "vpn" and gateways:
                unix.openvpn_fails(scene, gateways[0], time - 30 * rhythm.SECOND, account, address)
            else:
                unix.pulse_fails(scene, time - 30 * rhythm.SECOND, account, address)
    until = scene.later(time + 20 * rhythm.MINUTE, 4500)
    inside = unix.dial_in(scene, time, supplier, account, address, until)
    reach = scene.estate.reach(supplier)
    jumps = [host for host in reach if host.role is Role.JUMP_HOST]
    others = [host for host in reach if host.role is not Role.JUMP_HOST]
    if not jumps:
        return
    jump, who = chance.choice(jumps), scene.estate.account(account)
    time += chance.randrange(20, 200) * rhythm.SECOND
    if chance.random() < 0.08:
        windows.fail(scene, jump, time - 9 * rhythm.SECOND, account, address=inside, kind=10)
    session = remote.remote_desktop(scene, inside, time, jump, who)
    shell = windows.desktop(scene, session)
    for host in chance.sample(others, min(len(others), 1 + int(chance.expovariate(1.2)))):
        time = scene.later(time, 200)
        if host.system == "linux":
            _on_linux(scene, shell, time, host, account)
        else:
            _on_windows(scene, shell, time, host, who)
    windows.log_off(scene, session, max(until, scene.later(time, 900)))


def _address(scene: Scene, supplier: Supplier, account: str) -> str:
    """Mostly the same for an account, from the supplier's own networks; now and then from a hotel or from home."""
    if scene.happens(_ELSEWHERE):
        return homes.anywhere(scene)
    networks = [ipaddress.IPv4Network(text) for text in supplier.addresses]
    addresses = [str(address) for network in networks for address in network.hosts()]
    usual = chances.number(scene.estate.seed, "supplier", account) % len(addresses)
    return addresses[usual] if scene.happens(0.85) else scene.chance.choice(addresses)


def _typed(scene: Scene, system: str) -> list[str]:
    lines, words = facts.texts("suppliers", system), facts.texts("office", "words")
    count = scene.chance.randrange(1, 7)
    typed = [scene.chance.choice(lines).replace("{word}", scene.chance.choice(words)) for _ in range(count)]
    return [facts.placed(scene.estate, line) for line in typed]


def _on_linux(scene: Scene, shell: Process, time: int, host: Host, account: str) -> None:
    windows.start(scene, shell, time, f'"C:\\Program Files\\PuTTY\\putty.exe" -ssh {account}@{host.name}')
    if scene.happens(0.1):
        unix.fail(scene, host, time + 2 * rhythm.SECOND, account, shell.host)
    inside = unix.ssh(scene, host, time + 5 * rhythm.SECOND, account, shell.host)
    for line in _typed(scene, "linux"):
        time = scene.later(time + 5 * rhythm.SECOND, 50)
        unix.runs(scene, inside, time, line, sudo=scene.happens(0.25))
    unix.leave(scene, inside, scene.later(time + 5 * rhythm.SECOND, 300))


def _on_windows(scene: Scene, shell: Process, time: int, host: Host, who: Account) -> None:
    """By remote desktop, by the file share alone, or with PsExec; now and then a service is left behind."""
    way = scene.chance.random()
    if way < 0.25:
        session = windows.log_on(scene, host, time, who, 3, source=shell.host)
        remote.share(scene, session, time + 50_000, "D$", "BillApp\\patch\\readme.txt", "0x2")
        windows.log_off(scene, session, scene.later(time, 200))
        return
    if way < 0.37:
        prompt = windows.start(scene, shell, time, "cmd.exe")
        windows.start(scene, prompt, time + rhythm.SECOND, f"C:\\Tools\\PsExec.exe \\\\{host.name} cmd.exe")
        parent = remote.psexec(scene, prompt, time + 2 * rhythm.SECOND, host, who)
        session = parent.session
    else:
        windows.start(scene, shell, time, f"mstsc.exe /v:{host.name}")
        session = remote.remote_desktop(scene, shell.host, time + 6 * rhythm.SECOND, host, who)
        parent = windows.desktop(scene, session)
    prompt = windows.start(scene, parent, time + 20 * rhythm.SECOND, "cmd.exe")
    time += 20 * rhythm.SECOND
    for line in _typed(scene, "windows"):
        time = scene.later(time, 60)
        if not line.startswith(("dir ", "type ")):
            windows.start(scene, prompt, time, line)
    if scene.happens(0.06):
        name, path = scene.chance.choice(facts.table("suppliers")["services"])
        remote.service(scene, session, scene.later(time, 60), name, path)
    if session.kind == 10:
        windows.log_off(scene, session, scene.later(time, 600))
