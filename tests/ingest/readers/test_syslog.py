"""Syslog: headers, years and what programs say."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringleader.ingest.readers import BY_NAME, sniff

SYSLOG = BY_NAME["syslog"]
HEAD = "2024-03-01T10:00:00Z bss01 "


@pytest.mark.parametrize(
    ("line", "kind", "fields"),
    [
        (
            "sshd[1]: Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 192.0.2.9 port 22 ssh2",
            "linux/sshd",
            {"user": "x from 198.51.100.1 port 1 ssh2", "src_ip": "192.0.2.9", "src_port": "22", "outcome": "failure"},
        ),
        (
            "sshd[1]: Accepted publickey for ops from 2001:db8::1 port 22 ssh2: RSA SHA256:abc",
            "linux/sshd",
            {"user": "ops", "src_ip": "2001:db8::1", "method": "publickey", "key": "RSA SHA256:abc"},
        ),
        (
            "sudo:   ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/bin/sh -c a ; b",
            "linux/sudo",
            {"user": "ops", "target_user": "root", "command": "/bin/sh -c a ; b", "outcome": "success"},
        ),
        (
            "sudo: ops : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id",
            "linux/sudo",
            {"outcome": "failure", "reason": "3 incorrect password attempts"},
        ),
        ("su[3]: (to root) ops on pts/0", "linux/auth", {"user": "ops", "target_user": "root", "action": "su"}),
        (
            "sshd[1]: pam_unix(sshd:session): session opened for user ops(uid=1000) by (uid=0)",
            "linux/sshd",
            {"user": "ops", "action": "opened", "uid": "1000"},
        ),
        (
            "openvpn[4]: ops/192.0.2.1:4000 MULTI_sva: pool returned IPv4=10.8.0.6, IPv6=(Not enabled)",
            "vpn/openvpn",
            {"user": "ops", "src_ip": "192.0.2.1", "assigned_ip": "10.8.0.6"},
        ),
        (
            "openvpn[4]: 192.0.2.1:4000 [ops] Peer Connection Initiated with [AF_INET]192.0.2.1:4000",
            "vpn/openvpn",
            {"user": "ops", "action": "login", "outcome": "success"},
        ),
        (
            "PulseSecure: 2024-03-01 09:59:00 - ive - [192.0.2.5] ops(Staff)[Admin] - "
            "Login failed using auth server AD.  Reason: Failed",
            "vpn/pulse",
            {"user": "ops", "realm": "Staff", "roles": "Admin", "src_ip": "192.0.2.5", "outcome": "failure"},
        ),
        (
            """journal: Oracle Audit[5]: LENGTH : '9' ACTION :[10] 'x = 'a' --' DATABASE USER:[1] '/' STATUS:[1] '0'""",
            "db/oracle",
            {"ACTION": "x = 'a' --", "DATABASE USER": "/", "STATUS": "0"},
        ),
        (
            """journal: Oracle Audit[5]: LENGTH: '621' TYPE:"4" DBUSER:"BILL" OBJNAME:"CDR" CLIENTID:"\"""",
            "db/oracle",
            {"DBUSER": "BILL", "OBJNAME": "CDR"},
        ),
        (
            "journal: Oracle Audit[5]: ACTION :[99] 'x' CLIENT USER:[7] 'ops' CLIENT TERMINAL:[0] '' STATUS:[1] '0'",
            "db/oracle",
            {"ACTION": "x", "CLIENT USER": "ops", "STATUS": "0"},
        ),
        ("named[5]: nothing known", "linux/syslog", {"program": "named", "pid": "5"}),
    ],
)
def test_what_programs_say(read: Callable, line: str, kind: str, fields: dict[str, str]) -> None:
    found = read(SYSLOG, f"{HEAD}{line}\n".encode())
    assert found.kinds == [kind] and found.rejects == []
    assert fields.items() <= found.fields[0].items()
    assert "CLIENTID" not in found.fields[0] and found.fields[0]["hostname"] == "bss01"


def test_pulse_without_a_syslog_header(read: Callable) -> None:
    data = b"2024-03-01 09:59:00 - ive - [192.0.2.5] ops(Staff)[Admin] - Login succeeded for ops\n"
    assert sniff(data) is SYSLOG
    ((kind, event, when, where),) = read(SYSLOG, data).events.values()
    assert (kind, event["outcome"], when, where) == ("vpn/pulse", "success", "2024-03-01 09:59:00", "ive")


def test_a_year_that_nothing_tells_is_not_guessed(read: Callable) -> None:
    found = read(SYSLOG, b"Mar  1 10:00:00 a sshd[1]: x\nMar  1 10:00:01 a sshd[1]: x\n")
    assert found.rejects == [("no-year", 0)]
    assert [when for _, _, when, _ in found.events.values()] == ["Mar  1 10:00:00", "Mar  1 10:00:01"]


def test_other_lines_tell_the_year_and_january_begins_a_new_one(read: Callable) -> None:
    data = (
        b"Dec 31 23:59:59 a su: x\nJan  1 00:00:01 a su: x\n2024-01-02T00:00:00Z a su: x\nDec 31 10:00:00 a su: late\n"
    )
    found = read(SYSLOG, data)
    assert found.rejects == []
    whens = [when for _, _, when, _ in found.events.values()]
    assert whens == ["2023-12-31T23:59:59", "2024-01-01T00:00:01", "2024-01-02T00:00:00Z", "2023-12-31T10:00:00"]
    assert found.fields[0]["year_from"] == "log" and "year_from" not in found.fields[2]


def test_the_file_s_time_tells_the_year_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_bytes(b"Dec 31 23:59:59 a su: x\nJan  1 00:00:01 a su: x\n")
    changed = datetime(2022, 6, 1, tzinfo=UTC).timestamp()
    os.utime(path, (changed, changed))
    with path.open("rb") as source:
        for block in (10, 1 << 20):
            units = SYSLOG.plan(source, path.stat().st_size, block)
            batches = [batch for unit in units for batch in SYSLOG.read(source, unit)]
            events = [event for batch in batches for event in batch.events]
            assert [SYSLOG.time(event, {}) for event in events] == ["2021-12-31T23:59:59", "2022-01-01T00:00:01"]
            assert {event["year_from"] for event in events} == {"file-time"}
            assert [r.code for batch in batches for r in batch.rejects] == ["year-from-file-time"]
