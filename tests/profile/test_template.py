"""Templates of commands: what stays, what goes, and that no secret stays."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import TEXTS

from ringleader.profile.template import Names, template

NAMES = Names(frozenset({"bil02", "dc02.corp.example", "dc02"}), frozenset({"d.chan"}))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            r"C:\T\rar.exe a -r -hp9x! -m5 -v250m u.rar D:\cdr\2026-02\*.dat",
            "rar a -r -hp<secret> -m5 -v<number>m <file> <glob>",
        ),
        (
            r"C:\PerfLogs\r.exe a -hpx u.dat C:\PerfLogs\n",
            r"<perflogs>\<program> a -hp<secret> <file> <perflogs>\<file>",
        ),
        ("7z a -phunter2 -v100m out.7z *.csv", "7z a -p<secret> -v<number>m <file> <glob>"),
        ('"cmd.exe" /c net group "domain admins" /domain', "cmd /c net group domain_admins /domain"),
        ("net user a.cheng4 Welcome1 /add /domain", "net user <account> <secret> /add /domain"),
        ("net localgroup Administrators bob /add", "net localgroup administrators <account> /add"),
        (r"net use \\fs01\c$ Passw0rd! /user:CORP\d.chan", r"net use <admin-share>\<file> <secret> /user:<account>"),
        (r"net use Z: \\fs01\data hunter2", r"net use <drive-letter> <share>\<file> <secret>"),
        (
            r'sc.exe \\BIL02 create Dfs binpath= "cmd.exe /c start /b C:\PerfLogs\Dfs.exe"',
            r"sc \\<host> create <name> binpath= cmd /c start /b <perflogs>\<program>",
        ),
        (
            'wmic /node:DC02 /user:x /password:p4 process call create "cmd /c net user bob hunter2 /add"',
            "wmic /node:<host> /user:<account> /password:<secret> process call create "
            "cmd /c net user <account> <secret> /add",
        ),
        (r"rundll32 C:\windows\system32\comsvcs.dll, MiniDump 712 C:\ProgramData\d.bin full",
         r"rundll32 <system>\comsvcs.dll, minidump <number> <program-data>\<file> full"),
        ("ping -n 1 BIL02", "ping -n <number> <host>"),
        ("ping d.chan.example", "ping <host>"),
        ("whoami /priv", "whoami /priv"),
        ("whoami /user", "whoami /user"),
        (r"dir C:\Users\d.chan\x.txt", r"dir <home>\<file>"),
        ("sqlplus -s BILLAPP/bill42@CDRPROD @q.sql", "sqlplus -s <secret> @<file>"),
        (
            r"psexec \\10.0.0.5 -u admin -p S3cret cmd /c whoami",
            r"psexec \\<host> -u <account> -p <secret> cmd /c whoami",
        ),
        ("curl -u bob:hunter2 https://x.example/a", "curl -u <account> <url>"),
        ("sshpass -p 'my secret' ssh -p 2222 root@10.1.2.3", "sshpass -p <secret> ssh -p <number> <account>"),
        ("tool --token=abc --out x.txt", "tool --token=<secret> --out <file>"),
        ("powershell -enc JABjAGwAaQBlAG4AdAAgAD0AIABOAGUAdwA=", "powershell -enc <base64>"),
        ("cp /etc/shadow /tmp/.x/s", r"cp <etc>\shadow <temp>\<file>"),
        ("x 2026-03-02 10:44 0x1f 10.1.0.0/16 {3f2504e0-4f89-11d3-9a0c-0305e82c3301}",
         "x <date> <time> <number> <network> {<guid>}"),
        ("tool d.chan", "tool <account>"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_habit_remains(command: str, expected: str) -> None:
    assert template(command, NAMES) == expected


COMMANDS = st.lists(
    st.one_of(
        TEXTS,
        st.sampled_from(
            [
                "rar", "net", "user", "use", "cmd", "/c", "&&", "-hp", "-pabc", "/add", "<secret>",
                "<file>", "-p", "<x", "|", "…", "@", "*", "\"", "'", "/user:x", "a=b=c", "password=x",
                "(x,y)", "10.0.0.1", "2>&1", "\\\\h\\c$", "%TEMP%\\x", "start", "/tr", "sc", "create",
                "<base64>=", "-<file>", "echo", "ping", "<a><b>", "-password=",
            ]
        ),
    ),
    max_size=12,
).map(" ".join)  # fmt: skip


@given(COMMANDS)
def test_a_template_is_its_own_template(command: str) -> None:
    found = template(command, NAMES)
    assert template(found, NAMES) == found


@given(COMMANDS)
def test_a_template_is_one_bounded_line(command: str) -> None:
    found = template(command, NAMES)
    assert len(found) <= 5000 and "\n" not in found and "\t" not in found


# Long enough not to be a part of what a template is made of.
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=24).map(
    lambda s: f"Zq7{s}"
)
PLACES = [
    ["rar", "a", "-hp{}", "x.rar", "y"],
    ["hlp.exe", "a", "-r", "-hp{}", "x.rar"],
    ["7z", "a", "-p{}", "x.7z", "y"],
    ["C:\\PerfLogs\\z.exe", "a", "-p{}", "x", "y"],
    ["net", "user", "bob", "{}", "/add"],
    ["net1", "user", "bob", "{}", "/add", "/domain"],
    ["net", "use", "\\\\h\\c$", "{}", "/user:x"],
    ["net", "use", "z:", "\\\\h\\c$", "{}"],
    ["cmd", "/c", "net", "user", "bob", "{}", "/add"],
    ["psexec", "\\\\h", "-u", "x", "-p", "{}", "cmd"],
    ["plink", "-pw", "{}", "x@h"],
    ["schtasks", "/create", "/ru", "x", "/rp", "{}", "/tn", "y"],
    ["wmic", "/password:{}", "process", "list"],
    ["cmdkey", "/add:h", "/user:x", "/pass:{}"],
    ["mysql", "-uroot", "-p{}"],
    ["curl", "-u", "x:{}", "https://h/"],
    ["tool", "--password", "{}"],
    ["tool", "--password={}"],
    ["tool", "--api-token={}", "x"],
    ["sqlplus", "x/{}@db"],
    ["sshpass", "-p", "{}", "ssh", "h"],
    ["echo", "{}"],
    ["passwd", "bob", "{}"],
]


@given(st.sampled_from(PLACES), SECRETS, st.booleans())
def test_no_secret_stays(place: list[str], secret: str, spaced: bool) -> None:
    if spaced:
        secret = f"{secret[:6]} Zq7{secret[6:]}"
    # What net takes for the next thing that is no secret, and what a person cannot have typed there.
    assume(not secret.startswith(("\\\\", "-", "/")))
    command = subprocess.list2cmdline([word.replace("{}", secret) for word in place])
    found = template(command)
    for part in secret.split(" "):
        if len(part) >= 4:
            assert part.lower() not in found.lower(), (command, found)


@given(SECRETS)
def test_no_secret_stays_in_a_command_inside_a_command(secret: str) -> None:
    assume('"' not in secret and "\\" not in secret)
    for command in (
        f'schtasks /create /tn x /tr "net user bob {secret} /add" /sc once',
        f'cmd.exe /c "rar a -hp{secret} x.rar y"',
        f"bash -c 'mysql -p{secret}'" if "'" not in secret else "",
    ):
        found = template(command)
        assert secret.lower() not in found.lower(), (command, found)


def test_a_very_long_command_takes_no_time() -> None:
    assert template("x " + "a" * 1_000_000) == "x <text>"
    assert template("x " + '"' * 100_000).startswith("x")
    assert template(" ".join(str(number) for number in range(10_000))).endswith("…")
