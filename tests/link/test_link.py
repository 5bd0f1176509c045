"""What joins findings into intrusions, and what must not."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from link_world import World

from ringleader.link import link
from ringleader.link.hosts import Hosts
from ringleader.schema import tables

SERVICES = r"C:\Windows\System32\services.exe"
SHELL = r"C:\Windows\System32\inetsrv\w3wp.exe"


@pytest.fixture
def world() -> World:
    return World()


def test_no_findings(world: World) -> None:
    world.start(0, "a", 10, 9)
    intrusions, steps = link(*world.tables())
    assert (intrusions.num_rows, steps.num_rows) == (0, 0)
    assert intrusions.schema == tables.INTRUSIONS and steps.schema == tables.STEPS


def test_two_actors_on_one_host_in_one_hour_stay_apart(world: World) -> None:
    for minute in range(0, 50, 10):
        world.start(minute, "a", 100 + minute, 1, f"red{minute}", session="0x1111")
        world.start(minute + 2, "a", 200 + minute, 2, f"blue{minute}", session="0x2222")
    assert world.link() == [{f"blue{m}" for m in range(0, 50, 10)}, {f"red{m}" for m in range(0, 50, 10)}]


def test_a_process_without_finding_joins_its_children_and_parents(world: World) -> None:
    world.start(0, "a", 10, 1, "dropper")
    world.start(1, "a", 20, 10)
    world.start(2, "a", 30, 20)
    world.start(3, "a", 40, 30, "dump")
    assert world.link() == [{"dropper", "dump"}]
    step = world.steps()["dump"]
    assert step["entity_kind"] == "lineage" and step["entity"] == "tool.exe (10) on a"
    assert step["joined_to"].startswith("dropper:") and step["weight"] > 0
    assert world.steps()["dropper"]["entity_kind"] == "first"


def test_lineage_ends_at_a_system_hub(world: World) -> None:
    world.start(0, "a", 10, 5, "one", above=SERVICES)
    world.start(1, "a", 20, 5, "two", above=SERVICES)
    assert world.link() == [{"one"}, {"two"}]


def test_the_nearest_common_ancestor_is_named(world: World) -> None:
    world.start(0, "a", 10, 1, "top", image=r"C:\x\top.exe")
    world.start(1, "a", 20, 10, image=r"C:\x\near.exe")
    world.start(2, "a", 30, 20, "left")
    world.start(3, "a", 40, 20, "right")
    assert world.steps()["right"]["entity"] == "near.exe (20) on a"


@pytest.mark.parametrize(("session", "joined"), [("0x3e7", False), ("0x3e4", False), ("0x3E5", False), ("0xabc", True)])
def test_well_known_sessions_do_not_join(world: World, session: str, joined: bool) -> None:
    world.start(0, "a", 10, 1, "one", session=session)
    world.start(1, "a", 20, 2, "two", session=session)
    assert (world.link() == [{"one", "two"}]) is joined


def test_sessions_of_two_hosts_are_two(world: World) -> None:
    world.start(0, "a", 10, 1, "one", session="0xabc")
    world.start(1, "b", 20, 2, "two", session="0xabc")
    assert len(world.link()) == 2


@pytest.mark.parametrize(("minutes", "intrusions"), [(0.9, 1), (2, 2)])
def test_a_session_joins_what_follows_within_a_minute(world: World, minutes: float, intrusions: int) -> None:
    world.start(0, "a", 10, 1, "one", session="0xabc")
    world.start(minutes, "a", 20, 2, "two", session="0xabc")
    assert len(world.link()) == intrusions


@pytest.mark.parametrize(("kind", "minutes", "intrusions"), [("3", 40, 1), ("10", 40, 1), ("3", 50, 2), ("2", 40, 2)])
def test_what_runs_in_the_session_of_a_logon_over_the_network_is_one(
    world: World, kind: str, minutes: int, intrusions: int
) -> None:
    world.event("windows/security/4624", 0, "a", LogonType=kind, TargetLogonId="0xabc", TargetUserName="x")
    world.start(1, "a", 10, 1, "one", session="0xabc")
    world.start(minutes, "a", 20, 2, "two", session="0xabc")
    assert len(world.link()) == intrusions


@pytest.mark.parametrize(("seconds", "intrusions"), [(50, 1), (70, 2)])
def test_what_a_process_of_the_system_does_within_a_minute_is_one(world: World, seconds: int, intrusions: int) -> None:
    for at, rule in ((0, "one"), (seconds, "two")):
        world.event(
            "windows/sysmon/13", at / 60, "a", rule, ProcessGuid="{s}", Image=r"C:\Windows\System32\svchost.exe"
        )
    assert len(world.link()) == intrusions


def test_a_machine_that_logs_on_tells_whose_an_address_is(world: World) -> None:
    world.event("windows/security/4624", 0, "dc", LogonType="3", IpAddress="10.0.0.7", TargetUserName="WEB$")
    world.start(5, "web.corp.example", 10, 1, "shell", image=r"C:\x\cmd.exe", above=SHELL)
    world.event("web/iis", 4.95, "10.0.0.7", "post", **{"cs-uri-stem": "/a.aspx", "c-ip": "203.0.113.9"})
    assert world.link() == [{"post", "shell"}]


def test_an_address_is_whose_host_itself_tells_so(world: World) -> None:
    world.event("windows/security/4624", 0, "dc", LogonType="3", IpAddress="10.0.0.7", TargetUserName="WEB$")
    world.event("windows/sysmon/3", 1, "ws", SourceIp="10.0.0.7", SourcePort="1", Initiated="true")
    world.start(5, "web", 10, 1, "shell", image=r"C:\x\cmd.exe", above=SHELL)
    world.event("web/iis", 4.95, "10.0.0.7", "post", **{"cs-uri-stem": "/a.aspx", "c-ip": "203.0.113.9"})
    assert world.link() == [{"post"}, {"shell"}]


def test_sysmon_and_security_tell_of_one_process(world: World) -> None:
    world.start(0, "a", 0x1410, 1, "sysmon", image=r"C:\x\cmd.exe")
    world.audit(0, "a", 0x1410, 1, "security")
    world.audit(1, "a", 0x77, 0x1410, "child")
    assert world.link() == [{"sysmon", "security", "child"}]


def test_a_process_whose_id_one_source_lost_is_known_by_its_command(world: World) -> None:
    line = "cmd.exe /c start /b tool"
    world.start(0, "a", 10, 1, "sysmon", image=r"C:\x\cmd.exe", CommandLine=line, ProcessId="-", ParentProcessId="-")
    world.audit(0.02, "a", 77, 4, "security", CommandLine=line, ParentProcessName=SERVICES)
    world.audit(1, "a", 99, 77, "child")
    world.audit(2, "a", 78, 4, "later", CommandLine=line, ParentProcessName=SERVICES)
    assert world.link() == [{"child", "security", "sysmon"}, {"later"}]


def test_a_process_id_used_again_is_another_process(world: World) -> None:
    for minute, rule in ((0, "old"), (20, "new")):
        world.audit(minute, "a", 50, 4, ParentProcessName=SERVICES)
        world.audit(minute + 1, "a", 60 + minute, 50, rule, ParentProcessName=r"C:\x\cmd.exe")
    assert world.link() == [{"new"}, {"old"}]


def test_a_process_whose_start_is_missing_still_joins(world: World) -> None:
    world.event("windows/powershell/4104", 0, "a", "script", Execution_ProcessID="4242")
    world.audit(1, "a", 60, 4242, "child", ParentProcessName=r"C:\x\powershell.exe")
    assert world.link() == [{"script", "child"}]


def test_two_rules_on_one_event_are_one_story(world: World) -> None:
    event = world.event("zeek/conn", 0, "a", "one")
    world.find("two", event, "medium")
    assert world.link() == [{"one", "two"}]
    assert world.steps()["two"]["entity_kind"] == "event"


def lateral(world: World, user: str = "ops", before: float = 0, address: str = "10.0.0.5") -> None:
    world.event("windows/sysmon/3", -600, "ws1.corp", Initiated="true", SourceIp="10.0.0.5", DestinationIp="10.0.0.9")
    world.start(before, "ws1.corp", 10, 1, "tool", session="0xaaa", account=rf"CORP\{user}")
    world.event("windows/security/4624", 5, "srv1.corp", LogonType="3", IpAddress=address, WorkstationName="-",
                TargetUserName="ops", TargetLogonId="0xbbb", SubjectLogonId="0x0")  # fmt: skip
    world.event(
        "windows/security/4697",
        6,
        "srv1.corp",
        SubjectLogonId="0xbbb",
        ServiceName="qz",
        ServiceFileName=r'"C:\t\qz.exe" -k',
    )
    world.start(7, "srv1.corp", 70, 5, above=SERVICES, CommandLine=r"C:\t\qz.exe  -k")
    world.start(8, "srv1.corp", 71, 70, "remote")


def test_logon_service_and_what_it_runs_join_hosts(world: World) -> None:
    lateral(world)
    assert world.link() == [{"remote", "tool"}]
    assert world.steps()["remote"]["joined_to"].startswith("tool:")
    assert world.steps()["remote"]["entity_kind"] == "service-run"


@pytest.mark.parametrize("change", [{"user": "other"}, {"before": -60}, {"before": 9}, {"address": "10.9.9.9"}])
def test_other_accounts_times_and_addresses_do_not_join_hosts(change: dict[str, object]) -> None:
    world = World()
    lateral(world, **change)  # type: ignore[arg-type]
    assert world.link() == [{"remote"}, {"tool"}]


def test_a_connection_joins_the_process_that_made_it_to_the_session_it_opened(world: World) -> None:
    world.start(0, "ws1", 10, 1, "tool", session="0xaaa")
    world.event(
        "windows/sysmon/3",
        1,
        "ws1",
        ProcessGuid="{ws1-10}",
        Initiated="true",
        SourceIp="10.0.0.5",
        SourcePort="50123",
        DestinationIp="10.0.0.9",
    )
    for port, session, rule in (("50123", "0xb1", "mine"), ("50124", "0xb2", "other")):
        world.event(
            "windows/security/4624",
            1,
            "srv1",
            LogonType="3",
            IpAddress="10.0.0.5",
            IpPort=port,
            TargetUserName=f"svc-{rule}",
            TargetLogonId=session,
        )
        world.event("windows/security/4662", 2, "srv1", rule, SubjectLogonId=session)
    assert world.link() == [{"mine", "tool"}, {"other"}]


def lent(world: World, minute: float, user: str, address: str) -> None:
    world.event("vpn/openvpn", minute, "vpn", user=user, src_ip="203.0.113.9", assigned_ip=address)


def from_vpn(world: World, minute: float, host: str, address: str, rule: str) -> None:
    world.event("windows/security/4624", minute, host, rule, LogonType="10", IpAddress=address, TargetUserName="ops",
                TargetLogonId=f"0xd{minute}", SubjectLogonId="0x0")  # fmt: skip


def test_who_comes_through_the_vpn_is_one_while_the_address_is_lent(world: World) -> None:
    lent(world, 0, "ops", "10.99.0.7")
    from_vpn(world, 1, "a", "10.99.0.7", "one")
    from_vpn(world, 70, "b", "10.99.0.7", "two")
    lent(world, 900, "somebody", "10.99.0.7")
    from_vpn(world, 901, "b", "10.99.0.7", "three")
    assert world.link() == [{"one", "two"}, {"three"}]


def test_a_program_and_the_database_session_that_it_opens_are_one(world: World) -> None:
    world.start(0, "bil01", 10, 1, "backdoor")
    world.start(1, "bil01", 20, 10, image=r"C:\o\sqlplus.exe")
    world.event("db/oracle", 1.1, "", ACTION_NAME="LOGON", USERHOST="BIL01", CLIENT_PROGRAM_NAME="sqlplus.exe",
                SESSIONID="77", DBUSERNAME="BILLAPP")  # fmt: skip
    world.event("db/oracle", 9, "", "records", ACTION_NAME="SELECT", USERHOST="BIL01", SESSIONID="77")
    world.event("db/oracle", 9, "", "others", ACTION_NAME="SELECT", USERHOST="BIL01", SESSIONID="78")
    assert world.link() == [{"backdoor", "records"}, {"others"}]


def test_a_log_in_over_ssh_and_what_its_session_runs_are_one(world: World) -> None:
    world.event("linux/sshd", 0, "cdr1", "login", pid="400", src_ip="10.0.0.5", user="root", outcome="success")
    world.event("linux/auditd/user-login", 0, "cdr1", pid="400", ses="12", acct="root", addr="10.0.0.5")
    world.event("linux/auditd/execve", 5, "cdr1", "tail", pid="410", ppid="409", ses="12", exe="/usr/bin/tail")
    world.event("linux/auditd/execve", 5, "cdr1", "cron", pid="510", ppid="509", ses="13", exe="/usr/bin/ls")
    assert world.link() == [{"cron"}, {"login", "tail"}]


def test_an_identifier_stands_for_its_account(world: World) -> None:
    world.event("windows/security/4688", -60, "ws9", SubjectUserSid="S-1-5-21-1-2-3-1104", SubjectUserName="ops")
    lateral(world, user="ops")
    world.findings[0]["account"] = "S-1-5-21-1-2-3-1104"
    assert world.link() == [{"remote", "tool"}]


def test_a_task_joins_what_it_runs_to_who_made_it(world: World) -> None:
    content = "<Exec><Command>cmd.exe</Command><Arguments>/c &quot;C:\\t\\a.bat&quot;</Arguments></Exec>"
    world.start(0, "a", 10, 1, "maker", session="0xabc")
    world.event("windows/security/4698", 1, "a", SubjectLogonId="0xabc", TaskName=r"\upd", TaskContent=content)
    world.start(20, "a", 30, 3, "ran", above=r"C:\Windows\System32\svchost.exe", CommandLine=r'cmd.exe /c "C:\t\a.bat"')
    assert world.link() == [{"maker", "ran"}]


def test_logons_without_findings_do_not_stretch_the_window(world: World) -> None:
    for minute in range(0, 200, 10):
        finding = {0: "morning", 190: "noon"}.get(minute)
        world.event("windows/security/4624", minute, "dc", LogonType="3", IpAddress="10.0.0.7", TargetUserName="ops",
                    TargetLogonId=f"0xb{minute}", SubjectLogonId="0x0")  # fmt: skip
        if finding:
            world.event("windows/security/4662", minute, "dc", finding, SubjectLogonId=f"0xb{minute}")
    assert world.link() == [{"morning"}, {"noon"}]


def test_an_address_that_reaches_many_hosts_is_a_hub(world: World) -> None:
    for number in range(60):
        fields = {"LogonType": "3", "IpAddress": "10.0.0.7", "TargetUserName": "scan", "SubjectLogonId": "0x0"}
        fields["TargetLogonId"] = f"0xb{number}"
        world.event("windows/security/4624", number / 10, f"h{number}", f"rule{number}", **fields)
    assert len(world.link()) == 60


@pytest.mark.parametrize(("seconds", "joined"), [(2, True), (30, False)])
def test_a_request_belongs_to_what_the_web_server_starts_at_once(world: World, seconds: float, joined: bool) -> None:
    world.event("web/iis", 0, "a", "request", level="high")
    world.start(seconds / 60, "a", 10, 1, "child", level="high", ParentImage="C:\\inetsrv\\w3wp.exe")
    assert world.link() == ([{"request", "child"}] if joined else [{"child"}, {"request"}])


@pytest.mark.parametrize(("seconds", "joined"), [(1, True), (60, False)])
def test_a_log_is_cleared_by_the_command_just_before(world: World, seconds: float, joined: bool) -> None:
    world.start(0, "a", 10, 1, "command", level="high", Image="C:\\Windows\\wevtutil.exe")
    world.event("windows/security/1102", seconds / 60, "a", "cleared", level="high")
    assert world.link() == ([{"command", "cleared"}] if joined else [{"cleared"}, {"command"}])


def test_a_short_name_is_the_only_full_one_it_begins() -> None:
    hosts = Hosts(["ws5", "WS5.theshire.local", "db.a.example", "db.b.example", "10.0.0.1"])
    assert hosts.name("WS5") == "ws5.theshire.local"
    assert hosts.name("db") == "db" and hosts.name("10") == "10"


def test_short_and_full_names_are_one_host(world: World) -> None:
    world.start(0, "ws5", 10, 1, "one", session="0xabc")
    world.start(1, "ws5.theshire.local", 20, 2, "two", session="0xabc")
    assert world.link() == [{"one", "two"}]


def test_parents_in_a_circle_end(world: World) -> None:
    world.start(0, "a", 10, 20, "one")
    world.start(1, "a", 20, 10, "two")
    assert world.link() == [{"one", "two"}]


def shuffle(table: pa.Table, order: random.Random) -> pa.Table:
    return table.take(pa.array(order.sample(range(len(table)), len(table)), pa.int64()))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_order_does_not_matter(data: st.DataObject) -> None:
    world = World()
    draw = data.draw
    for number in range(draw(st.integers(2, 14))):
        world.start(
            draw(st.integers(0, 90)),
            draw(st.sampled_from(["a", "b", "b.corp"])),
            draw(st.integers(10, 14)),
            draw(st.integers(10, 14)),
            draw(st.sampled_from([None, f"r{number}"])),
            session=draw(st.sampled_from(["0x3e7", "0x1", "0x2"])),
            level=draw(st.sampled_from(["low", "high"])),
        )
    expected = link(*world.tables())
    findings, events = world.tables()
    order = random.Random(data.draw(st.integers(0, 1000)))
    shuffled = [shuffle(table, order) for table in events]
    order.shuffle(shuffled)
    again = link(shuffle(findings, order), shuffled)
    assert again == expected


@pytest.mark.slow
def test_ten_times_the_findings_cost_about_ten_times_as_much() -> None:
    def cost(findings: int) -> float:
        world = World()
        for number in range(findings):
            host, session = f"h{number % 50}", hex(0x1000 + number % 900)
            world.start(number / 100, host, number, number // 2, f"loud{number % 7}", session=session)
        given = world.tables()
        began = time.process_time()
        intrusions, steps = link(*given)
        took = time.process_time() - began
        assert intrusions.num_rows < 2000 and steps.num_rows <= findings
        return took

    small, large = cost(10_000), cost(100_000)
    assert large < 13 * small, (small, large)
