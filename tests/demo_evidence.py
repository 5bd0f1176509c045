"""Writes raw evidence of a made-up espionage case in a made-up operator, as the exporters of the field leave it.

    python tests/demo_evidence.py FOLDER

Nothing in it happened. The same bytes come out every time. The story, in UTC:

* 3 March 2021: an ordinary day on a mail server, a domain controller, a billing server and two workstations;
* 4 March, 02:11: somebody walks through a flaw in Exchange, leaves a web shell, looks around, dumps the memory of
  LSASS and moves to the domain controller with PsExec, where the directory database is copied;
* 5 March, 01:20: with a service account on the billing server, call detail records are packed and fetched through the
  web server; the Security log is cleared;
* meanwhile an administrator does what administrators do, some of which looks much the same.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import sys
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DOMAIN = "telco.example"
ADDRESS = {
    "EX01": "10.20.1.15",
    "DC01": "10.20.1.10",
    "BILL01": "10.20.5.21",
    "WS-0142": "10.20.30.142",
    "WS-0177": "10.20.30.177",
}
USERS = ["j.tan", "m.lee", "a.rahman", "s.kumar", "l.chong", "p.wong"]
INTRUDER = "203.0.113.77"
SHELL = r"C:\inetpub\wwwroot\aspnet_client\system_web\iisupd.aspx"
SHELL_URL = "/aspnet_client/system_web/iisupd.aspx"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.190 Safari/537.36"
SYSTEM32 = "C:\\Windows\\System32\\"
RENAMED = {"C:\\ProgramData\\r.exe": "rar.exe"}
SYSTEM = "NT AUTHORITY\\SYSTEM"

chance = random.Random(20210304)
hosts: dict[str, list[dict[str, Any]]] = {host: [] for host in ADDRESS}
services: dict[str, Process] = {}
proxy: list[tuple[datetime, list[str]]] = []
iis: list[tuple[datetime, str]] = []
conn: list[tuple[datetime, list[str]]] = []
http: list[tuple[datetime, list[str]]] = []


def at(day: int, clock: str) -> datetime:
    hour, minute, second = (int(part) for part in clock.split(":"))
    return datetime(2021, 3, day, hour, minute, second, chance.randrange(1000) * 1000, tzinfo=UTC)


def some_time() -> datetime:
    """Any moment of the three days, mostly in office hours (UTC+8)."""
    day, hour = chance.randint(3, 5), chance.choice([*range(24), *range(1, 10), *range(1, 10)])
    return at(day, f"{hour}:{chance.randrange(60)}:{chance.randrange(60)}")


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def windows(host: str, time: datetime, channel: str, provider: str, event_id: int, **data: Any) -> None:
    """One event as Winlogbeat 7.10 ships it."""
    name = f"{host}.{DOMAIN}"
    hosts[host].append(
        {
            "@timestamp": iso(time),
            "@metadata": {"beat": "winlogbeat", "type": "_doc", "version": "7.10.2"},
            "event": {
                "code": event_id,
                "kind": "event",
                "provider": provider,
                "created": iso(time + timedelta(seconds=2)),
            },
            "host": {"name": name},
            "agent": {"type": "winlogbeat", "version": "7.10.2", "hostname": host},
            "log": {"level": "information"},
            "ecs": {"version": "1.5.0"},
            "winlog": {
                "api": "wineventlog",
                "channel": channel,
                "provider_name": provider,
                "event_id": event_id,
                "computer_name": name,
                "process": {"pid": 4, "thread": {"id": 88}},
                "event_data": {key: str(value) for key, value in data.items()},
            },
        }
    )


def sysmon(host: str, time: datetime, event_id: int, **data: Any) -> None:
    utc = time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03d}"
    windows(
        host,
        time,
        "Microsoft-Windows-Sysmon/Operational",
        "Microsoft-Windows-Sysmon",
        event_id,
        RuleName="-",
        UtcTime=utc,
        **data,
    )


def security(host: str, time: datetime, event_id: int, **data: Any) -> None:
    windows(host, time, "Security", "Microsoft-Windows-Security-Auditing", event_id, **data)


def guid() -> str:
    text = f"{chance.getrandbits(128):032x}"
    return "{" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])) + "}"


class Process:
    """A process that was started: its events in Sysmon and Security, and what its children need to know of it."""

    def __init__(
        self,
        host: str,
        time: datetime,
        parent: Process | None,
        image: str,
        command: str = "",
        user: str = SYSTEM,
        logon: int = 999,
    ) -> None:
        self.host, self.image, self.command, self.user, self.logon = host, image, command or image, user, logon
        self.pid, self.guid = chance.randrange(500, 16000) * 4, guid()
        domain, account = user.split("\\")
        before = (
            {
                "ParentProcessGuid": parent.guid,
                "ParentProcessId": parent.pid,
                "ParentImage": parent.image,
                "ParentCommandLine": parent.command,
            }
            if parent
            else {}
        )
        sysmon(
            host, time, 1, ProcessGuid=self.guid, ProcessId=self.pid, Image=image, CommandLine=self.command, User=user,
            CurrentDirectory=SYSTEM32, LogonGuid="{0}", LogonId=hex(logon), IntegrityLevel="High",
            OriginalFileName=RENAMED.get(image, image.rsplit("\\", 1)[-1]), Hashes=f"SHA256={chance.getrandbits(256):064X}", **before,
        )  # fmt: skip
        security(
            host, time, 4688, SubjectUserName=account, SubjectDomainName=domain, SubjectLogonId=hex(logon),
            NewProcessId=hex(self.pid), NewProcessName=image, CommandLine=self.command, TokenElevationType="%%1936",
            ProcessId=hex(parent.pid if parent else 0), ParentProcessName=parent.image if parent else "-",
        )  # fmt: skip

    def runs(self, time: datetime, image: str, command: str = "") -> Process:
        return Process(self.host, time, self, image, command, self.user, self.logon)

    def writes(self, time: datetime, path: str) -> None:
        sysmon(
            self.host,
            time,
            11,
            ProcessGuid=self.guid,
            ProcessId=self.pid,
            Image=self.image,
            TargetFilename=path,
            User=self.user,
        )

    def connects(self, time: datetime, host: str, port: int) -> None:
        sysmon(
            self.host, time, 3, ProcessGuid=self.guid, ProcessId=self.pid, Image=self.image, User=self.user, Protocol="tcp", Initiated="true",
            SourceIp=ADDRESS[self.host], SourcePort=chance.randrange(49152, 65535), DestinationIp=ADDRESS[host], DestinationPort=port,
        )  # fmt: skip


def logs_on(host: str, time: datetime, user: str, kind: int, source: str, logon: int) -> None:
    security(
        host, time, 4624, TargetUserName=user, TargetDomainName="TELCO", TargetLogonId=hex(logon), LogonType=kind,
        IpAddress=ADDRESS.get(source, "-"), WorkstationName=source, AuthenticationPackageName="NTLM", LogonProcessName="NtLmSsp",
        SubjectUserName="-", SubjectLogonId="0x0",
    )  # fmt: skip


def mail_request(
    time: datetime, folder: str, stem: str, user: str, mailbox: str, agent: str, client: str, status: int
) -> None:
    proxy.append((time, [iso(time), guid()[1:-1], "15", "1", "2106", "2", folder, "mail." + DOMAIN, stem, user, mailbox, agent, client,
                         "EX01", str(status), str(status), "", "GET" if user else "POST", f"{chance.randrange(4, 400)}"]))  # fmt: skip
    web_request(time, stem, user, agent, client, status, "GET" if user else "POST")


def web_request(time: datetime, stem: str, user: str, agent: str, client: str, status: int, method: str) -> None:
    iis.append((time, f"{time:%Y-%m-%d %H:%M:%S} {ADDRESS['EX01']} {method} {stem} - 443 {user or '-'} {client} "
                      f"{agent.replace(' ', '+')} - {status} 0 0 {chance.randrange(5, 900)}"))  # fmt: skip


def flow(
    time: datetime, source: str, target: str, port: int, service: str, seconds: float, sent: int, received: int
) -> None:
    conn.append((time, [f"{time.timestamp():.6f}", f"C{chance.getrandbits(64):016x}", source, str(chance.randrange(49152, 65535)), target,
                        str(port), "tcp", service, f"{seconds:.6f}", str(sent), str(received), "SF"]))  # fmt: skip


def ordinary_days() -> None:
    for _ in range(1500):
        user, time = chance.choice(USERS), some_time()
        folder = chance.choice(["Owa", "Ews", "Mapi", "Autodiscover", "Eas"])
        client = f"10.20.30.{chance.randrange(20, 220)}"
        mail_request(time, folder, f"/{folder.lower()}/", f"TELCO\\{user}", f"{user}@{DOMAIN}", BROWSER, client, 200)
        flow(
            time,
            client,
            ADDRESS["EX01"],
            443,
            "ssl",
            chance.random() * 30,
            chance.randrange(900, 9000),
            chance.randrange(2000, 90000),
        )
    for _ in range(700):
        time, source = some_time(), f"10.20.30.{chance.randrange(20, 220)}"
        flow(
            time,
            source,
            "192.0.2.80",
            80,
            "http",
            chance.random(),
            chance.randrange(300, 900),
            chance.randrange(900, 60000),
        )
        http.append((time, [f"{time.timestamp():.6f}", f"C{chance.getrandbits(64):016x}", source, "50123", "192.0.2.80", "80", "GET",
                            "intranet." + DOMAIN, f"/news/{chance.randrange(400)}", BROWSER, "200"]))  # fmt: skip
    programs = [
        "svchost.exe -k netsvcs -p",
        "taskhostw.exe",
        "conhost.exe 0xffffffff -ForceV1",
        "WmiPrvSE.exe",
        "backgroundTaskHost.exe",
    ]
    for host in ADDRESS:
        services[host] = Process(host, at(3, "0:0:4"), None, SYSTEM32 + "services.exe")
        for _ in range(130):
            program = chance.choice(programs)
            services[host].runs(some_time(), SYSTEM32 + program.split()[0], SYSTEM32 + program)
        for _ in range(20):
            services[host].connects(some_time(), "DC01", 389)
        for _ in range(160):
            user, time, logon = chance.choice(USERS), some_time(), chance.getrandbits(24)
            logs_on(host, time, user, 3, chance.choice(["WS-0142", "WS-0177"]), logon)
            security(
                host,
                time + timedelta(minutes=3),
                4634,
                TargetUserName=user,
                TargetDomainName="TELCO",
                TargetLogonId=hex(logon),
            )
    for day in (3, 4, 5):
        logs_on("BILL01", at(day, "18:0:0"), "svc-backup", 3, "DC01", 0x51000 + day)


def administrator() -> None:
    """Noise that looks like an intruder: inventory commands, and a remote shell on a colleague's workstation."""
    explorer = Process(
        "WS-0142", at(4, "1:30:0"), services["WS-0142"], "C:\\Windows\\explorer.exe", "", "TELCO\\m.lee", 0x7A11
    )
    shell = explorer.runs(at(4, "1:31:0"), SYSTEM32 + "cmd.exe", "cmd.exe")
    for minute, command in enumerate(["whoami /groups", "ipconfig /all", "net user a.rahman /domain", "gpresult /r"]):
        shell.runs(at(4, f"1:{32 + minute}:5"), SYSTEM32 + command.split()[0] + ".exe", command)
    tool = shell.runs(at(4, "1:40:0"), "C:\\Tools\\PsExec.exe", "PsExec.exe \\\\WS-0177 cmd.exe")
    psexec(tool, at(4, "1:40:3"), "WS-0177", "m.lee", 0x7A22, ["gpupdate /force"])


def psexec(tool: Process, time: datetime, host: str, user: str, logon: int, commands: Iterable[str]) -> Process:
    """What PsExec leaves on the host where it is started and on the one where it starts something."""
    security(
        tool.host, time, 4648, SubjectUserName=tool.user.split("\\")[1], SubjectDomainName=tool.user.split("\\")[0], SubjectLogonId=hex(tool.logon),
        TargetUserName=user, TargetDomainName="TELCO", TargetServerName=host, ProcessId=hex(tool.pid), ProcessName=tool.image,
    )  # fmt: skip
    tool.connects(time, host, 445)
    logs_on(host, time, user, 3, tool.host, logon)
    service, command = "PSEXESVC", "C:\\Windows\\PSEXESVC.exe"
    sysmon(host, time, 11, ProcessGuid=guid(), ProcessId=4, Image="System", TargetFilename=command, User=SYSTEM)
    windows(
        host, time, "System", "Service Control Manager", 7045, ServiceName=service, ImagePath="%SystemRoot%\\PSEXESVC.exe",
        ServiceType="user mode service", StartType="demand start", AccountName="LocalSystem",
    )  # fmt: skip
    security(
        host, time, 4697, SubjectUserName=user, SubjectDomainName="TELCO", SubjectLogonId=hex(logon), ServiceName=service,
        ServiceFileName="%SystemRoot%\\PSEXESVC.exe", ServiceType="0x10", ServiceStartType=3, ServiceAccount="LocalSystem",
    )  # fmt: skip
    shell = (
        services[host]
        .runs(time + timedelta(seconds=1), command)
        .runs(time + timedelta(seconds=2), SYSTEM32 + "cmd.exe", '"cmd.exe"')
    )
    for number, line in enumerate(commands):
        shell.runs(time + timedelta(seconds=20 + 45 * number), SYSTEM32 + line.split()[0] + ".exe", line)
    return shell


def intrusion() -> None:
    for clock, mailbox in (
        ("2:11:7", "autodiscover/autodiscover.xml?#"),
        ("2:11:9", "mapi/emsmdb/?#"),
        ("2:12:31", "ecp/proxyLogon.ecp?#"),
    ):
        anchor = f"ServerInfo~a]@EX01.{DOMAIN}:444/{mailbox}"
        mail_request(at(4, clock), "Ecp", "/ecp/y.js", "", anchor, "python-requests/2.25.1", INTRUDER, 200)
    pool = 'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "MSExchangeOWAAppPool" -v "v4.0"'
    svchost = services["EX01"].runs(at(3, "0:0:9"), SYSTEM32 + "svchost.exe", SYSTEM32 + "svchost.exe -k iissvcs")
    worker = svchost.runs(at(4, "2:13:30"), SYSTEM32 + "inetsrv\\w3wp.exe", pool)
    worker.writes(at(4, "2:13:52"), SHELL)
    groups = 'net group "domain admins" /domain'
    looking = ["whoami", "ipconfig /all", groups, "nltest /dclist:telco", "net view /domain", "tasklist /v", "quser"]
    through_shell(worker, at(4, "2:16:10"), looking)
    dump = "rundll32 C:\\Windows\\System32\\comsvcs.dll MiniDump 612 C:\\Windows\\Temp\\d.dmp full"
    dumper = through_shell(worker, at(4, "2:41:0"), [dump])
    sysmon(
        "EX01", at(4, "2:41:2"), 10, SourceProcessGUID=dumper.guid, SourceProcessId=dumper.pid, SourceImage=dumper.image,
        TargetImage=SYSTEM32 + "lsass.exe", GrantedAccess="0x1fffff", CallTrace="C:\\Windows\\SYSTEM32\\ntdll.dll+9c534|dbgcore.dll+6ccd",
    )  # fmt: skip
    worker.writes(at(4, "3:5:1"), "C:\\Windows\\Temp\\PsExec64.exe")
    tool = through_shell(worker, at(4, "3:6:0"), ["C:\\Windows\\Temp\\PsExec64.exe -accepteula -s \\\\DC01 cmd.exe"])
    copying = 'ntdsutil "ac i ntds" "ifm" "create full c:\\windows\\temp\\n" q q'
    adding = ["net user helpdesk2 Welcome-2021 /add /domain", 'net group "domain admins" helpdesk2 /add /domain']
    psexec(tool, at(4, "3:6:4"), "DC01", "svc-backup", 0x9C31F, ["whoami", copying, *adding])
    security(
        "DC01", at(4, "3:8:40"), 4720, TargetUserName="helpdesk2", TargetDomainName="TELCO", SubjectUserName="svc-backup",
        SubjectDomainName="TELCO", SubjectLogonId="0x9c31f", SamAccountName="helpdesk2",
    )  # fmt: skip
    flow(at(4, "3:6:3"), ADDRESS["EX01"], ADDRESS["DC01"], 445, "smb", 900.0, 812000, 64200000)
    billing(worker)


def billing(worker: Process) -> None:
    tool = through_shell(worker, at(5, "1:20:0"), ["C:\\Windows\\Temp\\PsExec64.exe -s \\\\BILL01 cmd.exe"])
    shell = psexec(tool, at(5, "1:20:5"), "BILL01", "svc-backup", 0xB7710, ["whoami", "net localgroup administrators"])
    shell.runs(at(5, "1:24:0"), SYSTEM32 + "cmd.exe", "cmd.exe /c dir /s D:\\cdr\\export > C:\\ProgramData\\l.txt")
    packing = "r.exe a -hpQ1w2 -m1 -v500m C:\\ProgramData\\u.rar D:\\cdr\\export\\*.csv"
    packer = shell.runs(at(5, "1:31:0"), "C:\\ProgramData\\r.exe", packing)
    for part in (1, 2, 3):
        packer.writes(at(5, f"1:{35 + part}:0"), f"C:\\ProgramData\\u.part{part}.rar")
    web_folder = "\\\\EX01\\c$\\inetpub\\wwwroot\\aspnet_client"
    shell.runs(at(5, "1:50:0"), SYSTEM32 + "cmd.exe", f"cmd.exe /c copy C:\\ProgramData\\u.part1.rar {web_folder}")
    flow(at(5, "1:50:1"), ADDRESS["BILL01"], ADDRESS["EX01"], 445, "smb", 311.0, 1530000000, 900000)
    web_request(at(5, "2:2:0"), "/aspnet_client/u.part1.rar", "", BROWSER, INTRUDER, 200, "GET")
    flow(at(5, "2:2:0"), INTRUDER, ADDRESS["EX01"], 443, "ssl", 2890.0, 48000, 1530000000)
    shell.runs(at(5, "2:25:0"), SYSTEM32 + "wevtutil.exe", "wevtutil cl Security")
    windows("BILL01", at(5, "2:25:1"), "Security", "Microsoft-Windows-Eventlog", 1102, SubjectUserName="svc-backup",
            SubjectDomainName="TELCO", SubjectLogonId="0xb7710")  # fmt: skip


def through_shell(worker: Process, time: datetime, commands: Iterable[str]) -> Process:
    """Commands sent to the web shell: a request, then `w3wp` starts `cmd`, which starts the program."""
    last = worker
    for number, command in enumerate(commands):
        when = time + timedelta(seconds=37 * number)
        web_request(when, SHELL_URL, "", BROWSER, INTRUDER, 200, "POST")
        flow(when, INTRUDER, ADDRESS["EX01"], 443, "ssl", 1.2, 1400, 5100)
        sent = f'"cmd" /c cd /d "C:\\inetpub\\wwwroot\\aspnet_client"&{command}&echo [S]'
        shell = worker.runs(when, SYSTEM32 + "cmd.exe", sent)
        program = command.split()[0]
        image = program if ":" in program else SYSTEM32 + program + ".exe"
        last = shell.runs(when + timedelta(milliseconds=80), image, command)
    return last


PROXY_FIELDS = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,Protocol,UrlHost,UrlStem,AuthenticatedUser,AnchorMailbox,"
    "UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,TotalRequestTime"
)
IIS_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus "
    "sc-win32-status time-taken"
)
ECP_LINES = [
    ("4", "1:12:40", "S:CMD=Get-Mailbox.ResultSize=20;S:USER=TELCO\\m.lee"),
    (
        "4",
        "2:13:48",
        'S:CMD=Set-OabVirtualDirectory.ExternalUrl=\'http://f/<script language=""JScript"" runat=""server"">/* made up */</script>\'',
    ),
    ("4", "2:13:50", f"S:CMD=Remove-OabVirtualDirectory.Force=True;S:FILE={SHELL}"),
]


def exchange_csv(kind: str, fields: str, lines: Iterable[str]) -> str:
    head = f"#Software: Microsoft Exchange Server\r\n#Version: 15.01.2106.002\r\n#Log-type: {kind}\r\n#Date: 2021-03-03T00:00:00.000Z\r\n"
    return head + f"#Fields: {fields}\r\n" + "".join(line + "\r\n" for line in lines)


def zeek(path: str, fields: str, types: str, rows: list[tuple[datetime, list[str]]]) -> bytes:
    head = f"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#open\t2021-03-03-00-00-00\n"
    tabbed = [
        f"#fields\t{fields}\n#types\t{types}\n".replace(" ", "\t"),
        *("\t".join(row) + "\n" for _, row in sorted(rows)),
    ]
    return gzip.compress((head + "".join(tabbed)).encode(), mtime=0)


def json_lines(host: str) -> str:
    events = sorted(hosts[host], key=lambda event: str(event["@timestamp"]))
    for number, event in enumerate(events):
        event["winlog"]["record_id"] = 41000 + number
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def write(folder: Path) -> int:
    ordinary_days()
    administrator()
    intrusion()
    quoted = ([f'"{cell}"' if "," in cell else cell for cell in row] for _, row in sorted(proxy))
    files: dict[str, bytes] = {
        "SYNTHETIC-READ-ME.bin": b"\x00All evidence in this folder was made up by tests/demo_evidence.py. Nothing in it happened.\n",
        "exchange/HttpProxy_2021030300-1.LOG": exchange_csv(
            "HttpProxy Logs", PROXY_FIELDS, map(",".join, quoted)
        ).encode(),
        "exchange/ECPServer20210304-1.LOG": exchange_csv(
            "ECP Server Log",
            "TimeStamp,ServerName,EventId,EventData",
            (f'{iso(at(int(d), t))},EX01,ECP.Request,"{x}"' for d, t, x in ECP_LINES),
        ).encode(),
        "exchange/u_ex2103.log": "\r\n".join(
            [
                "#Software: Microsoft Internet Information Services 10.0",
                "#Version: 1.0",
                "#Date: 2021-03-03 00:00:00",
                f"#Fields: {IIS_FIELDS}",
                *(line for _, line in sorted(iis)),
                "",
            ]
        ).encode(),
        "zeek/conn.log.gz": zeek(
            "conn",
            "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state",
            "time string addr port addr port enum string interval count count string",
            conn,
        ),
        "zeek/http.log.gz": zeek(
            "http",
            "ts uid id.orig_h id.orig_p id.resp_h id.resp_p method host uri user_agent status_code",
            "time string addr port addr port string string string string count",
            http,
        ),
    }
    for host in ("EX01", "DC01", "BILL01"):
        files[f"winlogbeat/{host.lower()}.ndjson"] = json_lines(host).encode()
    # A disk that filled up in the middle of a line: the damage that a tool must survive, and report.
    damaged = files["winlogbeat/dc01.ndjson"].split(b"\n")
    damaged[7] = damaged[7][: len(damaged[7]) // 2]
    files["winlogbeat/dc01.ndjson"] = b"\n".join(damaged)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for host in ("WS-0142", "WS-0177"):
            archive.writestr(
                zipfile.ZipInfo(f"{host.lower()}.ndjson", (2021, 3, 6, 9, 0, 0)), json_lines(host), zipfile.ZIP_DEFLATED
            )
    files["winlogbeat/workstations.zip"] = packed.getvalue()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sum(map(len, (proxy, iis, conn, http, ECP_LINES, *hosts.values())))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    count = write(Path(sys.argv[1]))
    print(f"Wrote about {count:,} made-up events to {sys.argv[1]}", file=sys.stderr)
