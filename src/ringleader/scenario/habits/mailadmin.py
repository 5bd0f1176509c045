"""Those who run Exchange: cmdlets in its shell, the control panel, exports of mailboxes for the legal department, lists
of addresses made each night.

By the root of the density (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import web
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import office
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import web as log
from ringleader.scenario.logs import windows as events
from ringleader.scenario.scene import Scene


def day(scene: Scene) -> None:
    servers = scene.estate.of_role(Role.MAIL)
    if not servers:
        return
    for admin in scene.estate.of_job("administrator")[:3]:
        stay = office.at_work(scene, admin)
        if stay is None:
            continue
        for _ in range(scene.seldom(1.6)):
            _cmdlets(scene, scene.chance.choice(servers), admin, office.moment(scene, stay))
        for _ in range(scene.seldom(0.5)):
            _panel(scene, scene.chance.choice(servers), admin, office.moment(scene, stay))
    _address_book(scene, servers[0])


def _filled(scene: Scene, text: str) -> str:
    people = scene.estate.people
    user, other = scene.chance.choice(people), scene.chance.choice(people)
    text = text.replace("{user}", user.account.name).replace("{other}", other.account.name)
    return facts.placed(scene.estate, text.replace("{domain}", scene.estate.operator.domain))


def _cmdlets(scene: Scene, server: Host, admin: Person, time: int) -> None:
    """Some cmdlets in a session of the management shell; one in twelve fails (6)."""
    for _ in range(scene.chance.randrange(1, 6)):
        time = scene.later(time, 45)
        cmdlet, arguments = scene.chance.choice(facts.table("exchange")["shell"])
        user = f"{scene.estate.operator.domain}/Staff/{admin.first} {admin.last}"
        code = 6 if scene.happens(0.08) else 1
        client = "Remote-PowerShell-Unknown"
        pid = str(4000 + server.code % 9000)
        events.exchange(
            scene, server, time, code, cmdlet, _filled(scene, arguments), user, admin.account.sid, admin.account.sid,
            client, pid, "", "24", "00:00:00.2187500", "View Entire Forest: 'False'",
        )  # fmt: skip


def _panel(scene: Scene, server: Host, admin: Person, time: int) -> None:
    """The control panel in a browser from the desk."""
    client, agent = admin.station.address, web.browser(scene, admin.station)
    user, base = admin.account.full, f"https://mail.{scene.estate.operator.domain}"
    for _ in range(scene.chance.randrange(1, 4)):
        time = scene.later(time, 40)
        cmdlet, stem = scene.chance.choice(facts.table("exchange")["panel"])
        web.mail(
            scene, server, time, "Ecp", stem, client=client, agent=agent, user=user, mailbox=admin.mailbox,
            method="POST", query="schema=OABVirtualDirectory&msExchEcpCanary=x" if "DDI" in stem else "",
        )  # fmt: skip
        data = (
            f"-ExternalUrl '{base}/OAB'"
            if cmdlet == "Set-OabVirtualDirectory"
            else _filled(scene, "-Identity '{user}'")
        )
        web.ecp(scene, server, time + 90_000, cmdlet, client=client, user=user, url=base + stem, data=data)


def _address_book(scene: Scene, server: Host) -> None:
    """The offline address book, made once a night and fetched by Outlook."""
    time = rhythm.midnight(scene.day, server.zone) + 5 * rhythm.HOUR
    log.oab(
        scene, server, time, "OABGeneratorAssistant", "Begin", "OAB generation started for Default Offline Address Book"
    )
    log.oab(
        scene, server, scene.later(time, 90), "OABGeneratorAssistant", "End", "OAB generation finished; 1 OAB generated"
    )
    for _ in range(scene.often(10)):
        person = scene.chance.choice(scene.estate.people)
        web.mail(
            scene, server, scene.within(time, time + 8 * rhythm.HOUR), "Oab", "/OAB/3f1c7ab2/oab.xml",
            client=person.station.address, agent="Microsoft BITS/7.8", user=person.account.full, mailbox=person.mailbox,
        )  # fmt: skip
