"""In the directory and in the configuration of servers: tickets, accounts, groups, modules of IIS, cleared logs."""

from __future__ import annotations

from ringleader.case import Role
from ringleader.scenario import chance as chances
from ringleader.scenario.deeds.windows import Session
from ringleader.scenario.estate import Account
from ringleader.scenario.hosts import Host
from ringleader.scenario.logs import windows as log
from ringleader.scenario.scene import Scene

GROUPS = {"Domain Admins": 512, "Enterprise Admins": 519}


def _subject(session: Session) -> dict[str, str]:
    own = session.account
    return {
        "SubjectUserSid": own.sid, "SubjectUserName": own.name, "SubjectDomainName": own.domain,
        "SubjectLogonId": hex(session.logon),
    }  # fmt: skip


def creates(scene: Scene, session: Session, time: int, new: Account) -> None:
    """4720, and 4722 and 4738 that come with it, on the session's host."""
    who = {"TargetUserName": new.name, "TargetDomainName": new.domain, "TargetSid": new.sid, **_subject(session)}
    log.security(
        scene, session.host, time, 4720, **who, PrivilegeList="-", SamAccountName=new.name, DisplayName="%%1793",
        UserPrincipalName=f"{new.name}@{session.host.domain}", PrimaryGroupId="513", NewUacValue="0x15",
        UserAccountControl="\r\n\t\t%%2080\r\n\t\t%%2082\r\n\t\t%%2084",
    )  # fmt: skip
    log.security(scene, session.host, time + 20_000, 4722, **who)
    log.security(scene, session.host, time + 40_000, 4738, **who, SamAccountName=new.name, NewUacValue="0x10")


def joins(scene: Scene, session: Session, time: int, member: Account, group: str, *, local: bool = False) -> None:
    """4728, or 4732 for a group of the host itself."""
    rid = GROUPS.get(group, 2000 + chances.number(group) % 3000)
    sid = "S-1-5-32-544" if local else scene.estate.sid("domain").rsplit("-", 1)[0] + f"-{rid}"
    log.security(
        scene, session.host, time, 4732 if local else 4728,
        MemberName="-" if local else f"CN={member.name},OU=Staff,DC={session.host.domain.replace('.', ',DC=')}",
        MemberSid=member.sid, TargetUserName=group, TargetDomainName="Builtin" if local else member.domain,
        TargetSid=sid, **_subject(session), PrivilegeList="-",
    )  # fmt: skip


def renames(scene: Scene, session: Session, time: int, host: Host, was: str) -> None:
    """4742 and 4781 at the session's domain controller: a computer is called otherwise from now on."""
    own = scene.estate.machine(host)
    directory = {"TargetDomainName": own.domain, "TargetSid": own.sid, **_subject(session), "PrivilegeList": "-"}
    log.security(
        scene, session.host, time, 4742, ComputerAccountChange="-", TargetUserName=f"{was}$", **directory,
        SamAccountName=own.name, DnsHostName=host.fqdn,
        ServicePrincipalNames=f"\r\n\t\tHOST/{host.name}\r\n\t\tHOST/{host.fqdn}",
    )  # fmt: skip
    log.security(
        scene, session.host, time + 3000, 4781, OldTargetUserName=f"{was}$", NewTargetUserName=own.name, **directory
    )


def replaces(scene: Scene, session: Session, time: int, host: Host) -> None:
    """4743 and 4741 at the session's domain controller: the account of a computer goes, and that of another which has
    its name comes."""
    own = scene.estate.machine(host)
    gone = scene.estate.sid(f"before {host.machine}")
    log.security(
        scene, session.host, time, 4743, TargetUserName=own.name, TargetDomainName=own.domain, TargetSid=gone,
        **_subject(session), PrivilegeList="-",
    )  # fmt: skip
    log.security(
        scene, session.host, time + 40_000_000, 4741, TargetUserName=own.name, TargetDomainName=own.domain,
        TargetSid=own.sid, **_subject(session), PrivilegeList="-", SamAccountName=own.name, DisplayName="-",
        UserPrincipalName="-", PrimaryGroupId="515", OldUacValue="0x0", NewUacValue="0x80", DnsHostName=host.fqdn,
        ServicePrincipalNames=f"\r\n\t\tHOST/{host.fqdn}\r\n\t\tRestrictedKrbHost/{host.fqdn}",
    )  # fmt: skip


def iis_module(scene: Scene, host: Host, time: int, name: str, image: str) -> None:
    """IIS-Configuration 29 and 50, as a module is made known to all sites and switched on."""
    for place, value in (("globalModules", image), ("modules", "")):
        log.iis_configuration(
            scene, host, time, 29, Configuration=f"/system.webServer/{place}/add[@name='{name}']/@name",
            EditOperationType="2", OldValue="", NewValue=name if place == "modules" else value,
            ConfigPath="MACHINE/WEBROOT/APPHOST",
        )  # fmt: skip
        log.iis_configuration(scene, host, time + 50_000, 50, PhysicalPath="C:\\Windows\\system32\\inetsrv\\config")
        time += 200_000


def clears(scene: Scene, session: Session, time: int, channel: str = "Security") -> None:
    """1102, or 104 for another log than Security."""
    if channel == "Security":
        log.security_cleared(scene, session.host, time, **_subject(session))
    else:
        log.system_cleared(scene, session.host, time, **_subject(session), Channel=channel)


def ticket(scene: Scene, host: Host, time: int, account: Account, *, known: bool = True) -> None:
    """4768 at a domain controller as somebody logs on at ``host``; with a wrong password (not ``known``), 4771."""
    controllers = scene.estate.of_role(Role.DOMAIN_CONTROLLER)
    if not controllers:
        return
    controller = controllers[host.code % len(controllers)]
    where = {"IpAddress": f"::ffff:{host.address}", "IpPort": str(scene.chance.randrange(49152, 65535))}
    if not known:
        log.security(
            scene, controller, time, 4771, TargetUserName=account.name, TargetSid=account.sid,
            ServiceName=f"krbtgt/{account.domain}", TicketOptions="0x40810010", Status="0x18", PreAuthType="2", **where,
        )  # fmt: skip
        return
    log.security(
        scene, controller, time, 4768, TargetUserName=account.name, TargetDomainName=account.domain,
        TargetSid=account.sid, ServiceName="krbtgt", ServiceSid=scene.estate.sid("krbtgt"), TicketOptions="0x40810010",
        Status="0x0", TicketEncryptionType="0x12", PreAuthType="2", **where,
    )  # fmt: skip
