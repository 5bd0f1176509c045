"""In whose name an event happened."""

from __future__ import annotations

import pytest

from ringleader.detect.findings import account, account_fields


@pytest.mark.parametrize(
    ("kind", "event", "expected"),
    [
        ("db/oracle", {"DBUSERNAME": "BILLING", "OS_USERNAME": "svc"}, "BILLING"),
        ("db/oracle", {"DBUSER": "SYS", "CURUSER": "SYS"}, "SYS"),
        ("db/oracle", {"DATABASE USER": "/", "CLIENT USER": "oracle"}, "/"),
        ("db/postgresql", {"user_name": "lims"}, "lims"),
        ("vpn/openvpn", {"user": "m.lee", "client": "m.lee-laptop"}, "m.lee"),
        ("vpn/openvpn", {"client": "m.lee"}, "m.lee"),
        ("vpn/pulse", {"user": "ops1", "realm": "Suppliers"}, "ops1"),
        ("linux/sshd", {"user": "root", "src_ip": "10.1.2.3"}, "root"),
        ("linux/sudo", {"user": "mlee", "target_user": "root"}, "mlee"),
        ("linux/auth", {"target_user": "root"}, "root"),
        ("linux/auditd/execve", {"auid": "1001", "uid": "0", "AUID": "mlee"}, "mlee"),
        ("linux/auditd/user-login", {"acct": "mlee", "auid": "1001"}, "mlee"),
        ("linux/auditd/execve", {"uid": "0"}, "0"),
        ("linux/syslog", {"message": "x"}, None),
        ("windows/security/4624", {"TargetDomainName": "TELCO", "TargetUserName": "m.lee"}, "TELCO\\m.lee"),
        ("windows/security/4624", {"TargetDomainName": "-", "TargetUserName": "-"}, None),
    ],
)
def test_account(kind: str, event: dict[str, str], expected: str | None) -> None:
    assert account(kind, event) == expected


def test_the_fields_that_are_looked_at_are_those_of_the_longest_prefix() -> None:
    assert account_fields("linux/auditd/execve") == ["AUID", "acct", "auid", "UID", "uid"]
    assert account_fields("linux/syslog") == ["auid", "acct", "uid", "user"]
