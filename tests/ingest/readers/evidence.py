"""Small evidence in every format, made here: ``SAMPLES`` has one file of ``NUMBER`` records per reader."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

NUMBER = 12


def windows_event(number: int) -> dict[str, Any]:
    return {
        "EventID": 4688,
        "Channel": "Security",
        "Hostname": "WS01.example.org",
        "SourceName": "Microsoft-Windows-Security-Auditing",
        "TimeCreated": f"2024-03-01T10:00:{number:02}.123Z",
        "CommandLine": f'cmd.exe /c "echo {{{number}}}" – ä',
        "tags": ["a", "b"],
    }


def nested_event(number: int) -> dict[str, Any]:
    return {
        "Event": {
            "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing"}},
                "EventID": {"#attributes": {"Qualifiers": "0"}, "#text": "4688"},
                "Channel": "Security",
                "Computer": "WS01.example.org",
                "TimeCreated": {"#attributes": {"SystemTime": f"2024-03-01T10:00:{number:02}.123Z"}},
                "Security": None,
            },
            "EventData": {"CommandLine": f"cmd {number}"},
        }
    }


def json_lines() -> bytes:
    return b"".join(json.dumps(windows_event(n), ensure_ascii=False).encode() + b"\n" for n in range(NUMBER))


def zeek_json() -> bytes:
    rows = [
        {"_path": "conn", "ts": 1700000000.5 + n, "uid": f"C{n}", "id.orig_h": "10.0.0.1", "conn_state": "SF"}
        for n in range(NUMBER)
    ]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def zeek_tsv() -> bytes:
    half = NUMBER // 2
    conn = b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    conn += b"#fields\tts\tuid\tid.orig_h\tlocal\ttunnel\tnote\n#types\ttime\tstring\taddr\tbool\tset[string]\tstring\n"
    for n in range(half):
        conn += f"1700000000.{n:06}\tC{n}\t10.0.0.1\tT\ta,b\t(empty)\n".encode()
    dns = b"#close\t2024-01-01\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n"
    for n in range(half):
        dns += f"1700000001.{n:06}\tD{n}\tx\\x09y.example\n".encode()
    return conn + dns


def w3c() -> bytes:
    head = b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2024-03-01 00:00:00\r\n"
    text = head + b"#Fields: date time s-ip cs-method cs-uri-stem cs(User-Agent) sc-status\r\n"
    half = NUMBER // 2
    for n in range(half):
        text += f"2024-03-01 10:00:{n:02} 10.0.0.1 GET /owa/{n} Mozilla/5.0+(X) 200\r\n".encode()
    text += b"#Date: 2024-03-02 00:00:00\r\n#Fields: time s-ip cs-method cs-uri-stem\r\n"
    for n in range(half):
        text += f"11:00:{n:02} 10.0.0.1 GET -\r\n".encode()
    return text


def exchange() -> bytes:
    text = b"DateTime,RequestId,ServerHostName,UrlStem,GenericErrors\r\n#Software: Microsoft Exchange Server\r\n"
    text += b"#Version: 15.01.2106.002\r\n#Log-type: HttpProxy Logs\r\n#Date: 2024-03-01T10:00:00.000Z\r\n"
    text += b"#Fields: DateTime,RequestId,ServerHostName,UrlStem,GenericErrors\r\n"
    for n in range(NUMBER):
        error = f'"first ""{n}""\r\nsecond, line"' if n % 3 == 0 else ""
        text += f"2024-03-01T10:00:{n:02}.000Z,r{n},EX01,/ecp/y.js,{error}\r\n".encode()
    return text


def evtx(records: int = NUMBER, chunks: int = 2) -> bytes:
    """A log file written from the description of the format, without templates."""
    each = -(-records // chunks)
    body, number = b"", 1
    for _ in range(chunks):
        count = min(each, records - number + 1)
        body += _chunk(range(number, number + count))
        number += count
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, chunks - 1, number, 128, 1, 3, 4096, chunks).ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(4096, b"\0") + body


def _chunk(numbers: range) -> bytes:
    data = bytearray(512)
    last = 512
    for number in numbers:
        last = len(data)
        body = _fragment(number, last + 24)
        size = -(-(24 + len(body) + 4) // 8) * 8
        body = body.ljust(size - 28, b"\0")
        filetime = 133_500_000_000_000_000 + number * 10_000_000
        data += struct.pack("<4sIQQ", b"**\0\0", size, number, filetime) + body + struct.pack("<I", size)
    free = len(data)
    struct.pack_into(
        "<8sQQQQIII", data, 0, b"ElfChnk\0", numbers[0], numbers[-1], numbers[0], numbers[-1], 128, last, free
    )
    struct.pack_into("<I", data, 52, zlib.crc32(bytes(data[512:free])))
    struct.pack_into("<I", data, 124, zlib.crc32(bytes(data[:120]) + bytes(data[128:512])))
    return bytes(data).ljust(65536, b"\0")


def _fragment(number: int, at: int) -> bytes:
    tree = (
        "Event",
        [
            (
                "System",
                [("EventID", "4688"), ("Channel", "Security"), ("Computer", "WS01"), ("EventRecordID", str(number))],
            ),
            ("EventData", [("CommandLine", f"cmd {number}")]),
        ],
    )
    return b"\x0f\x01\x01\0" + _element(tree, at + 4) + b"\0"


def _element(tree: tuple[str, Any], at: int) -> bytes:
    name, inner = tree
    # The name stands where it is used: its offset is that of the byte after this head of 9 bytes.
    named = struct.pack("<IHH", 0, 0, len(name)) + name.encode("utf-16-le") + b"\0\0"
    start = at + 9 + len(named) + 1
    if isinstance(inner, str):
        content = struct.pack("<BBH", 5, 1, len(inner)) + inner.encode("utf-16-le")
    else:
        content = b""
        for child in inner:
            content += _element(child, start + len(content))
    rest = named + b"\x02" + content + b"\x04"
    return struct.pack("<BII", 1, len(rest) + 4, at + 9) + rest


def auditd() -> bytes:
    return b"".join(
        b"node=hlr01.example.org type=USER_LOGIN msg=audit(1709287200.%03d:%d): pid=9 uid=0 auid=1000 ses=3 "
        b'msg=\'op=login acct="ops" exe="/usr/sbin/sshd" hostname=? addr=192.0.2.7 terminal=ssh res=success\'\n'
        % (n, n)
        for n in range(NUMBER)
    )


def syslog() -> bytes:
    text = b""
    for n in range(NUMBER // 3):
        text += (
            b"2024-03-01T10:00:%02d.5+00:00 bss01 sshd[7]: Accepted password for ops from 192.0.2.7 port 4%02d ssh2\n"
            % (n, n)
        )
        text += b"<86>1 2024-03-01T10:01:%02dZ bss01 sudo 8 - - ops : PWD=/ ; USER=root ; COMMAND=/bin/id\n" % n
        text += b"Mar  1 10:02:%02d bss01 openvpn[9]: ops/192.0.2.7:4%02d MULTI: Learn: 10.8.0.2 -> ops\n" % (n, n)
    return text


def oracle_csv() -> bytes:
    text = b'"EVENT_TIMESTAMP_UTC","DBUSERNAME","USERHOST","ACTION_NAME","OBJECT_NAME","SQL_TEXT","RETURN_CODE"\r\n'
    for n in range(NUMBER):
        sql = b'"select *\r\nfrom ""CDR"", x"' if n % 3 == 0 else b""
        text += b"2024-03-01 10:00:%02d.123456,BILLING,WS01,SELECT,CDR,%s,0\r\n" % (n, sql)
    return text


def postgresql() -> bytes:
    row = '2024-03-01 10:00:%02d.123 UTC,"bill","cdr",9,"192.0.2.7:5000",65e1.9,%d,"SELECT",'
    row += "2024-03-01 09:00:00 UTC,3/4,0,LOG,00000,"
    row += '"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.cdr,""select *\nfrom cdr"",<none>",,,,,,,,,"psql"\n'
    return "".join(row % (n, n) for n in range(NUMBER)).encode()


def suricata() -> bytes:
    rows = [
        {
            "timestamp": f"2024-03-01T10:00:{n:02}.123456+0000", "flow_id": n,
            "event_type": "flow" if n % 3 else "alert", "host": "sensor1", "src_ip": "192.0.2.7", "dest_ip": "10.0.0.5",
            "alert": {
                "gid": 1, "signature_id": 2024364, "signature": "ET SCAN Possible Nmap", "severity": 1,
                "metadata": {"mitre_technique_id": ["T1595", "T1046"]},
            },
        }
        for n in range(NUMBER)
    ]  # fmt: skip
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def wazuh() -> bytes:
    rows = [
        {
            "timestamp": f"2024-03-01T10:00:{n:02}.123+0000", "id": f"1709287200.{n}", "manager": {"name": "siem"},
            "rule": {"level": 12, "id": "5402", "description": "Sudo to root – ä", "mitre": {"id": ["T1548.003"]}},
            "agent": {"id": "007", "name": "web01"}, "data": {"dstuser": "root"}, "location": "/var/log/auth.log",
        }
        for n in range(NUMBER)
    ]  # fmt: skip
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def alerts() -> bytes:
    text = b"Time,name,ip,host,severity,note\r\n"
    for n in range(NUMBER):
        note = b'"two\r\n""lines"", x"' if n % 3 == 0 else b""
        text += b"17092872%02d,Suspicious URL access.,10.0.0.5,web01,High,%s\r\n" % (n, note)
    return text


SAMPLES: dict[str, bytes] = {
    "evtx": evtx(),
    "windows-json": json_lines(),
    "zeek-json": zeek_json(),
    "zeek": zeek_tsv(),
    "exchange": exchange(),
    "w3c": w3c(),
    "auditd": auditd(),
    "syslog": syslog(),
    "oracle-csv": oracle_csv(),
    "postgresql": postgresql(),
    "suricata": suricata(),
    "wazuh": wazuh(),
    "alerts": alerts(),
}
