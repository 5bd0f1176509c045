"""W3C, Exchange and Zeek: what is theirs alone."""

from __future__ import annotations

import json
from collections.abc import Callable

from evidence import NUMBER, exchange, w3c, zeek_tsv

from ringleader.ingest.readers import BY_NAME, sniff

W3C, EXCHANGE, ZEEK, ZEEK_JSON = (BY_NAME[name] for name in ("w3c", "exchange", "zeek", "zeek-json"))


def test_w3c_names_and_dates(read: Callable) -> None:
    found = read(W3C, w3c())
    first, last = found.fields[0], found.fields[-1]
    assert first["cs-user-agent"] == "Mozilla/5.0+(X)" and set(found.kinds) == {"web/iis"}
    assert "cs-uri-stem" not in last, "a dash is a missing field"
    assert [when for _, _, when, _ in found.events.values()][-1] == "2024-03-02 11:00:05", (
        "the date of the header above"
    )


def test_w3c_rows_that_do_not_fit(read: Callable) -> None:
    data = b"1 2\n#Software: Microsoft Windows Firewall\n#Fields: date time c-ip\n"
    data += b"2024-03-01 10:00:00  10.0.0.1\na b\n \n#note\n"
    found = read(W3C, data)
    assert found.rejects == [("bad-row", 0), ("bad-row", data.index(b"a b"))]
    assert found.fields == [{"date": "2024-03-01", "time": "10:00:00", "c-ip": "10.0.0.1"}]
    assert found.kinds == ["w3c/microsoft-windows-firewall"]


def test_w3c_bytes_that_are_no_utf8_cost_no_row(read: Callable) -> None:
    (event,) = read(W3C, b"#Fields: time cs-uri-stem\n10:00:00 /caf\xe9\n").fields
    assert event["cs-uri-stem"] == "/caf\ufffd"


def test_exchange_values_may_span_lines(read: Callable) -> None:
    found = read(EXCHANGE, exchange())
    assert found.fields[3]["GenericErrors"] == 'first "3"\r\nsecond, line'
    assert "GenericErrors" not in found.fields[1]
    assert {where for _, _, _, where in found.events.values()} == {"EX01"}


def test_exchange_a_stray_quote_costs_its_own_line(read: Callable) -> None:
    data = exchange()
    damaged = data.replace(b"EX01,/ecp/y.js,\r\n", b'EX01,"/ecp/y.js,\r\n', 1)
    found = read(EXCHANGE, damaged)
    assert len(found.events) == NUMBER - 1
    assert [code for code, _ in found.rejects] == ["bad-row"]


def test_exchange_kinds(read: Callable) -> None:
    for log_type, kind in [
        ("ECP Server Log", "exchange/ecp"),
        ("OABGeneratorLog", "exchange/oab"),
        ("HttpProxy Logs", "exchange/httpproxy"),
        ("Rpc Client Access", "exchange/rpc-client-access"),
    ]:
        data = f"#Log-type: {log_type}\n#Fields: DateTime,a\n2024-03-01T10:00:00Z,1\n".encode()
        assert sniff(data) is EXCHANGE
        assert read(EXCHANGE, data).kinds == [kind]


def test_zeek_types(read: Callable) -> None:
    found = read(ZEEK, zeek_tsv())
    first, last = found.fields[0], found.fields[-1]
    assert first["local"] is True and first["tunnel"] == ["a", "b"]
    assert first["note"] == "" and first["ts"] == 1700000000.0
    assert last["query"] == "x\ty.example" and found.kinds[-1] == "zeek/dns"


def test_zeek_unset_and_empty(read: Callable) -> None:
    head = b"#separator \\x09\n#unset_field\t-\n#empty_field\t(empty)\n#path\tsmb_files\n#fields\tts\ta\tb\n"
    data = head + b"#types\ttime\tset[string]\tstring\n1700000000.1\t(empty)\t-\n1\t2\n"
    found = read(ZEEK, data)
    assert found.fields == [{"ts": 1700000000.1, "a": []}] and found.kinds == ["zeek/smb_files"]
    assert found.rejects == [("bad-row", data.index(b"1\t2"))]


def test_zeek_json_without_a_name_is_told_by_its_fields(read: Callable) -> None:
    rows = [
        {"ts": 1.7e9, "uid": "C", "id_orig_h": "10.0.0.1", "id_resp_p": 53, "conn_state": "SF"},
        {"ts": 1.7e9, "uid": "C", "query": "x", "qclass": 1},
        {"ts": 1.7e9, "uid": "C", "x": 1},
    ]
    data = "\n".join(json.dumps(row) for row in rows).encode()
    assert sniff(data) is ZEEK_JSON
    found = read(ZEEK_JSON, data)
    assert found.kinds == ["zeek/conn", "zeek/dns", "zeek/unknown"]
    assert found.fields[0]["id.orig_h"] == "10.0.0.1" and "id_orig_h" not in found.fields[0]


def test_what_no_reader_knows() -> None:
    for head in (b"", b"hello", b"\xff\xd8\xff\xe0", b"{}", b"[1, 2]", b"a,b,c\n1,2,3\n", b"PK\x03\x04", b"{" * 65536):
        assert sniff(head) is None
