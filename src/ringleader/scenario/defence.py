"""What the operator does when it has found an intrusion: ordinary administrators' work, labelled as nobody's."""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import rhythm
from ringleader.scenario.deeds import remote, windows
from ringleader.scenario.logs import windows as log
from ringleader.scenario.plot import Eviction
from ringleader.scenario.scene import Scene


def answer(scene: Scene, eviction: Eviction) -> None:
    """An administrator goes to the hosts that matter, looks, removes, and resets passwords."""
    estate = scene.estate
    administrators = estate.of_job("administrator")
    if not administrators:
        return
    draw = estate.chance("defence", eviction.actor.id, eviction.intrusion)
    person = draw.choice(administrators)
    time = eviction.time
    for host in [*estate.of_role(Role.MAIL, Role.BILLING, Role.JUMP_HOST)][:5]:
        time += int(draw.uniform(4, 20) * rhythm.MINUTE)
        session = remote.remote_desktop(scene, person.station, time, host, person.account)
        shell = windows.start(scene, windows.desktop(scene, session), time + 20 * rhythm.SECOND, "cmd.exe")
        for number, command in enumerate(("tasklist /svc", "sc query state= all", "netstat -ano")):
            windows.start(scene, shell, time + (40 + 15 * number) * rhythm.SECOND, command)
        windows.log_off(scene, session, time + 5 * rhythm.MINUTE)
    for controller in estate.of_role(Role.DOMAIN_CONTROLLER)[:1]:
        for account in (*estate.services.values(), *(one.account for one in administrators)):
            time += int(draw.uniform(5, 40) * rhythm.SECOND)
            own = person.account
            log.security(
                scene, controller, time, 4724, SubjectUserSid=own.sid, SubjectUserName=own.name,
                SubjectDomainName=own.domain,
                SubjectLogonId=hex(draw.getrandbits(28)), TargetUserName=account.name, TargetDomainName=account.domain,
                TargetSid=account.sid,
            )  # fmt: skip
