"""Call detail records, mail, and the way out with them."""

from __future__ import annotations

from ringleader.scenario import rhythm
from ringleader.scenario.acts.commands import one, windows_place
from ringleader.scenario.deeds import database, network, web, windows
from ringleader.scenario.deeds.windows import Process
from ringleader.scenario.logs import windows as log
from ringleader.scenario.play import Play

SECOND = 1_000_000


def look_up(
    play: Play,
    how: str = "list",
    account: str = "BILLAPP",
    program: str = "sqlplus.exe",
    count: int = 8,
    table: str = "CALL_RECORDS",
) -> None:
    """Records of the subscribers that the actor wants. ``how``: single, list, or bulk (whole days)."""
    scene, at = play.scene, play.at
    assert at is not None, "no host to ask from"
    name = play.text(account)
    user = at.session.account.name if isinstance(at, Process) else at.account
    play.pause()
    if isinstance(at, Process) and program == "sqlplus.exe":
        one(play, "T1059", f"sqlplus.exe -s {name}/{play.text('{dbpassword}')}@CDRPROD @{play.text('{staging}')}q.sql")
    with play.step("T1078", f"{name} logs on to the database", at.host, name) as time:
        link = database.connect(scene, time + SECOND, name, user, at.host.name, program)
        network.flow(scene, time, at.host, link.host, 1521, seconds=120, sent=4000, received=count * 90_000)
    wanted = play.story.wanted[play.visit.actor.id]
    some = play.draw.sample(wanted, min(count, len(wanted)))
    play.pause(0.3)
    if how == "list" and some:
        with play.step("T1213.006", f"records of {len(some)} subscribers", link.host, name) as time:
            database.list_lookup(scene, link, time, some, table)
    elif how == "single":
        for number in some:
            play.pause()
            with play.step("T1213.006", "records of one subscriber", link.host, name) as time:
                database.lookup(scene, link, time, number, table)
    else:
        for back in range(count):
            play.pause()
            with play.step("T1213.006", "all records of a day", link.host, name) as time:
                day = rhythm.stamp(time - (back + 2) * rhythm.DAY)
                database.bulk(scene, link, time, f"{day:%Y-%m-%d}", table)
    play.looked_up += some if how != "bulk" else []
    database.leave(scene, link, play.pause(0.3))


def archive(play: Play, tool: str = "archiver", what: str = "{staging}*.csv", name: str = "{staging}{archive}") -> None:
    """Files are packed. ``tool`` is the actor's archiver, whose arguments use {what} and {name}."""
    at = windows_place(play)
    target = play.text(name)
    arguments = play.tools[tool].arguments.replace("{what}", what).replace("{name}", target)
    command = play.command(tool, arguments)
    play.pause()
    process = one(play, "T1560.001", command, program=play.tool(tool))
    assert process is not None
    with play.step("T1074.001", f"{target} is written", at.host, at.session.account.full) as time:
        windows.writes(play.scene, process, time + 5 * SECOND, target)


def exfiltrate(play: Play, how: str = "upload", size: int = 40_000_000, stem: str = "{kept}") -> None:
    """What was packed leaves. ``how``: upload (from where the actor is to its address), or fetch (a request to the web
    server)."""
    scene = play.scene
    play.pause()
    if how == "fetch":
        host, stem = play.host("mail"), play.text(stem)
        with play.step("T1041", f"{stem} is fetched", host) as time:
            web.request(scene, host, time, stem, client=play.address, agent=play.text("{agent}"), received=size)
        return
    at = play.at
    assert at is not None, "no host to send from"
    with play.step("T1041", f"{size:,} bytes to {play.address}", at.host) as time:
        if isinstance(at, Process):
            windows.connects(scene, at, time, play.address, 443, seconds=600, sent=size, received=90_000)
        else:
            network.flow(scene, time, at.host, play.address, 443, seconds=600, sent=size, received=90_000)


def export_mailbox(play: Play, at: str = "mail", count: int = 2) -> None:
    """Whole mailboxes, by Exchange's own cmdlet."""
    scene, host = play.scene, play.host(at)
    people = play.draw.sample(scene.estate.people, min(count, len(scene.estate.people)))
    for person in people:
        play.pause()
        path = f"\\\\127.0.0.1\\C$\\Windows\\Temp\\{person.account.name}.pst"
        with play.step("T1114.002", f"the mailbox of {person.account.name}", host) as time:
            log.exchange(
                scene, host, time, 1, "New-MailboxExportRequest",
                f"-Mailbox \"{person.mailbox}\" -FilePath \"{path}\"",
                f"{scene.estate.operator.domain}/Users/Administrator", "S-1-5-18", "", "Remote-ManagementShell-Unknown",
            )  # fmt: skip
