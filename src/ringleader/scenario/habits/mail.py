"""How the operator's people use Exchange: Outlook at work, telephones at all hours, OWA from home, services that look
into calendars; with the wrong passwords that come with it.

All of it is routine (``scene.often``), wrong passwords rather less so (``scene.seldom``).
"""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario import facts, rhythm
from ringleader.scenario.deeds import web, windows
from ringleader.scenario.estate import Person
from ringleader.scenario.habits import homes, office
from ringleader.scenario.hosts import Host
from ringleader.scenario.scene import Scene

_EVENING = rhythm.Hours("UTC", (3, 2, 1, 1, 1, 2, 5, 9, 6, 5, 5, 5, 6, 5, 5, 5, 5, 7, 9, 10, 11, 11, 9, 6))


def day(scene: Scene) -> None:
    servers = scene.estate.of_role(Role.MAIL)
    if not servers:
        return
    for person in scene.estate.people:
        server = servers[person.station.code % len(servers)]
        stay = office.at_work(scene, person)
        zeal = chances.heavy(scene.chance, 1.0, 0.7)
        if stay is not None:
            for _ in range(scene.often(13 * zeal)):
                _outlook(scene, server, person, office.moment(scene, stay))
            for _ in range(scene.often(1.2)):
                _service(scene, server, person, office.moment(scene, stay))
        evening = rhythm.Hours(person.zone, _EVENING.hours)
        if person.station.code % 10 < 6:
            for _ in range(scene.often(5 * zeal)):
                _phone(scene, server, person, evening.moment(scene.day, scene.chance))
        for _ in range(scene.often(0.25)):
            _owa(scene, server, person, evening.moment(scene.day, scene.chance))
        for _ in range(scene.seldom(0.05)):
            _wrong(scene, server, person, evening.moment(scene.day, scene.chance))


def _who(person: Person) -> tuple[str, str]:
    return person.account.full, person.mailbox


def _outlook(scene: Scene, server: Host, person: Person, time: int) -> None:
    agent = facts.texts("mail", "outlook")[person.station.code // 7 % 3]
    user, mailbox = _who(person)
    kind, client = scene.chance.random(), person.station.address
    if kind < 0.08:
        stem = "/autodiscover/autodiscover.xml"
        status = 401 if kind < 0.03 else 200
        user = "" if status == 401 else user
        web.mail(
            scene, server, time, "Autodiscover", stem, client=client, agent=agent, user=user, mailbox=mailbox,
            method="POST", status=status,
        )  # fmt: skip
        return
    stem = "/mapi/emsmdb/" if kind < 0.8 else "/mapi/nspi/"
    code = f"{person.station.code:08x}"
    query = f"MailboxId={code}-52f1-4a11-8f0e-1f6b3c9d{code[:4]}@{scene.estate.operator.domain}"
    web.mail(
        scene, server, time, "Mapi", stem, client=client, agent=agent, user=user, mailbox=mailbox, method="POST",
        query=query, received=int(chances.heavy(scene.chance, 20_000, 1.5)),
    )  # fmt: skip


def _service(scene: Scene, server: Host, person: Person, time: int) -> None:
    services = facts.texts("mail", "services")
    user, mailbox = _who(person)
    agent = services[chances.rank(scene.chance, len(services))]
    web.mail(
        scene, server, time, "Ews", "/EWS/Exchange.asmx", client=person.station.address, agent=agent, user=user,
        mailbox=mailbox, method="POST",
    )  # fmt: skip


def _phone(scene: Scene, server: Host, person: Person, time: int) -> None:
    phones: list[list[str]] = facts.table("mail")["phones"]
    agent, kind = phones[person.station.code // 11 % len(phones)]
    command = scene.chance.choice(("Ping", "Sync", "Sync", "Sync", "FolderSync", "SendMail", "MeetingResponse"))
    user, mailbox = _who(person)
    query = f"Cmd={command}&User={person.account.name}&DeviceId=D{person.station.code:010X}&DeviceType={kind}"
    client = homes.mobile(scene) if scene.happens(0.6) else homes.home(scene, person)
    web.mail(
        scene, server, time, "Eas", "/Microsoft-Server-ActiveSync/default.eas", client=client, agent=agent, user=user,
        mailbox=mailbox, method="POST", query=query, status=200 if scene.happens(0.97) else 401,
    )  # fmt: skip


def _owa(scene: Scene, server: Host, person: Person, time: int) -> None:
    """A visit to OWA in a browser, mostly from home: log-on page, log-on, a handful of actions."""
    client = homes.home(scene, person) if scene.happens(0.85) else homes.mobile(scene)
    agent = web.browser(scene, person.station)
    user, mailbox = _who(person)
    table, home = facts.table("mail"), f"https://mail.{scene.estate.operator.domain}/owa/"
    if scene.happens(0.5):
        web.mail(
            scene, server, time, "Owa", "/owa/auth/logon.aspx", client=client, agent=agent, query=f"url={home}&reason=0"
        )
        web.mail(
            scene, server, time + 300_000, "Owa", scene.chance.choice(table["statics"]), client=client, agent=agent
        )
    if scene.happens(0.12):
        _wrong(scene, server, person, time + 8 * rhythm.SECOND)
    entry = time + 20 * rhythm.SECOND
    web.mail(
        scene, server, entry, "Owa", "/owa/auth.owa", client=client, agent=agent, user=person.account.full,
        mailbox=mailbox, method="POST", status=302,
    )  # fmt: skip
    session = windows.log_on(scene, server, entry, person.account, 8, address=client, package="Negotiate")
    for _ in range(scene.chance.randrange(1, 8)):
        entry = scene.later(entry, 25)
        action = scene.chance.choice(table["actions"])
        web.mail(
            scene, server, entry, "Owa", "/owa/service.svc", client=client, agent=agent, user=user, mailbox=mailbox,
            method="POST", query=f"action={action}&EP=1&ID=-{scene.chance.randrange(400)}",
        )  # fmt: skip
    windows.log_off(scene, session, scene.later(entry, 300))


def _wrong(scene: Scene, server: Host, person: Person, time: int) -> None:
    """A wrong password at OWA: the page comes back, and the mail server notes a failed log-on."""
    client = homes.home(scene, person)
    agent = web.browser(scene, person.station)
    for nth in range(scene.chance.randrange(1, 4)):
        at = time + nth * 9 * rhythm.SECOND
        web.mail(scene, server, at, "Owa", "/owa/auth.owa", client=client, agent=agent, method="POST", status=302)
        windows.fail(scene, server, at, person.account.name, address=client, workstation=server.name, kind=8)
