"""Linux audit logs: what is theirs alone."""

from __future__ import annotations

from collections.abc import Callable

from ringleader.ingest import clock
from ringleader.ingest.readers import BY_NAME

AUDITD = BY_NAME["auditd"]


def test_execve_gets_what_its_event_says(read: Callable) -> None:
    data = b'type=SYSCALL msg=audit(1690000000.123:456): a0=55d0 pid=2 ses=4294967295 exe="/bin/tar" key=(null)'
    data += b"""\x1dSYSCALL=execve UID="root"
type=EXECVE msg=audit(1690000000.123:456): argc=3 a0="tar" a1=2D63206122 a2[0]="/cd" a2[1]="r"
type=SYSCALL msg=audit(1690000000.200:457): syscall=42 pid=99 exe="/bin/other"
type=CWD msg=audit(1690000000.123:456): cwd="/root"
type=PROCTITLE msg=audit(1690000000.123:456): proctitle=746172002D63
"""
    found = read(AUDITD, data)
    assert found.rejects == []
    execve = found.fields[1]
    assert found.kinds[1] == "linux/auditd/execve" and execve["type"] == "EXECVE"
    assert execve["CommandLine"] == 'tar -c a" /cdr' and execve["a0"] == "tar"
    assert execve["proctitle"] == "tar -c" and execve["cwd"] == "/root" and execve["exe"] == "/bin/tar"
    assert execve["UID"] == "root" and execve["pid"] == "2" and not execve.keys() & {"ses", "key"}
    assert found.fields[0]["a0"] == "55d0" and found.fields[0]["SYSCALL"] == "execve"
    (_, _, when, where) = next(iter(found.events.values()))
    assert clock.parse(when) == 1690000000_123000 and where is None


def test_records_far_apart_are_not_joined_and_none_is_lost(read: Callable) -> None:
    execve = b'type=EXECVE msg=audit(1690000000.1:1): argc=1 a0="id"\n'
    noise = b"".join(b'type=CWD msg=audit(1690000000.2:%d): cwd="/"\n' % n for n in range(2, 5000))
    late = b'type=CWD msg=audit(1690000000.1:1): cwd="/tmp"\n'
    found = read(AUDITD, execve + noise + late + b"garbage\n")
    assert len(found.events) == 5000 and "cwd" not in found.fields[0]
    assert [code for code, _ in found.rejects] == ["bad-line"]


def test_words_inside_a_message_never_take_the_place_of_the_record_s_own(read: Callable) -> None:
    (event,) = read(
        AUDITD, b"type=USER_CMD msg=audit(1.0:1): uid=7 msg='uid=0 type=X cmd=6C73202D6C res=failed'\n"
    ).fields
    assert event["uid"] == "7" and event["type"] == "USER_CMD" and event["cmd"] == "ls -l" and event["res"] == "failed"


def test_only_fields_that_auditd_encodes_are_decoded(read: Callable) -> None:
    (event,) = read(
        AUDITD, b'type=PATH msg=audit(1.0:1): name=2F746D702F6120 new_name="6162" dev=6162 exit=6162\n'
    ).fields
    assert (event["name"], event["new_name"], event["dev"], event["exit"]) == ("/tmp/a ", "6162", "6162", "6162")
