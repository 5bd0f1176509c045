from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from evidence import NUMBER, json_lines, nested_event, windows_event

from ringleader.ingest.readers import lines, sniff
from ringleader.ingest.readers.windows_json import WindowsJson

READER = WindowsJson()

FLAT = {
    "EventID": 1,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Hostname": "WS01",
    "SourceName": "Microsoft-Windows-Sysmon",
    "EventTime": "2024-03-01 10:00:00",
    "Image": "C:\\a.exe",
}
WINLOGBEAT_6 = {
    "@timestamp": "2024-03-01T10:00:00.000Z",
    "beat": {"name": "x", "version": "6.7.0"},
    "event_id": 1,
    "log_name": "Microsoft-Windows-Sysmon/Operational",
    "source_name": "Microsoft-Windows-Sysmon",
    "computer_name": "WS01",
    "user": {"identifier": "S-1-5-18", "name": "SYSTEM"},
    "event_data": {"Image": "C:\\a.exe"},
}
WINLOGBEAT_8 = {
    "@timestamp": "2024-03-01T10:00:00.000Z",
    "event": {"code": "1", "provider": "Microsoft-Windows-Sysmon"},
    "host": {"name": "ws01"},
    "message": "text",
    "winlog": {
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "computer_name": "WS01",
        "event_id": "1",
        "provider_name": "Microsoft-Windows-Sysmon",
        "process": {"pid": 12, "thread": {"id": 34}},
        "event_data": {"Image": "C:\\a.exe"},
    },
}
WINLOGBEAT_DOTTED = {
    "@timestamp": "2024-03-01T10:00:00.000Z",
    "event.code": "1",
    "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
    "winlog.computer_name": "WS01",
    "winlog.provider_name": "Microsoft-Windows-Sysmon",
    "winlog.event_data.Image": "C:\\a.exe",
}
NESTED = {
    "Event": {
        "#attributes": {"xmlns": "x"},
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "{1}"}},
            "EventID": {"#attributes": {"Qualifiers": 7}, "#text": 1},
            "TimeCreated": {"#attributes": {"SystemTime": "2024-03-01T10:00:00Z"}},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "WS01",
            "Correlation": None,
        },
        "EventData": {"#attributes": {"Name": "n"}, "Image": "C:\\a.exe"},
    }
}
SEPARATE = {
    "Event": {
        "Event_attributes": {"xmlns": "x"},
        "System": {
            "Provider_attributes": {"Name": "Microsoft-Windows-Sysmon"},
            "EventID": 1,
            "TimeCreated_attributes": {"SystemTime": "2024-03-01T10:00:00Z"},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "WS01",
        },
        "EventData": {"Image": "C:\\a.exe"},
    }
}
FROM_INDEX = {"_index": "i", "_source": WINLOGBEAT_8}


def rows(*events: Any) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@pytest.mark.parametrize(
    "event",
    [FLAT, WINLOGBEAT_6, WINLOGBEAT_8, WINLOGBEAT_DOTTED, NESTED, SEPARATE, FROM_INDEX],
    ids=lambda e: next(iter(e)),
)
def test_every_exporter_gives_the_same_names(read: Callable, event: dict[str, Any]) -> None:
    data = rows(event)
    reader = sniff(data)
    assert reader is not None and reader.name == READER.name
    found = read(READER, data)
    ((kind, fields, when, where),) = found.events.values()
    assert kind == "windows/sysmon/1"
    assert str(fields["EventID"]) == "1"
    assert fields["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert fields["Provider_Name"] == "Microsoft-Windows-Sysmon"
    assert fields["Computer"] == where == "WS01"
    assert fields["Image"] == "C:\\a.exe"
    assert str(when).startswith("2024-03-01")


def test_system_attributes_have_names(read: Callable) -> None:
    (fields,) = read(READER, rows(NESTED)).fields
    assert fields["EventID_Qualifiers"] == 7 and fields["Provider_Guid"] == "{1}" and "Correlation" not in fields
    (beat,) = read(READER, rows(WINLOGBEAT_8)).fields
    assert beat["Execution_ProcessID"] == 12 and beat["Execution_ThreadID"] == 34 and beat["Message"] == "text"
    (six,) = read(READER, rows(WINLOGBEAT_6)).fields
    assert six["Security_UserID"] == "S-1-5-18" and six["beat.version"] == "6.7.0"


def test_shapes_may_mix_in_one_file(read: Callable) -> None:
    found = read(READER, rows(FLAT, NESTED, FLAT, WINLOGBEAT_6, WINLOGBEAT_8))
    assert found.kinds == ["windows/sysmon/1"] * 5 and found.rejects == []


def test_data_keep_a_name_that_the_event_has_too(read: Callable) -> None:
    event = json.loads(json.dumps(NESTED))
    event["Event"]["EventData"] = {"Channel": "mine", "Computer": "OTHER"}
    ((kind, fields, _, where),) = read(READER, rows(event)).events.values()
    assert (kind, where) == ("windows/sysmon/1", "WS01")
    assert (fields["Channel"], fields["System_Channel"]) == ("mine", "Microsoft-Windows-Sysmon/Operational")
    flat = {**FLAT, "Computer": "OTHER"}
    ((_, fields, _, where),) = read(READER, rows(flat)).events.values()
    assert (fields["Computer"], fields["System_Computer"], where) == ("OTHER", "WS01", "WS01")


def test_unnamed_data_and_user_data(read: Callable) -> None:
    base = NESTED["Event"]["System"]
    several = {"Event": {"System": base, "EventData": {"Data": {"#text": ["a", "b"]}}}}
    one = {"Event": {"System": base, "EventData": {"Data": "a"}}}
    user = {
        "Event": {
            "System": base,
            "UserData": {"LogFileCleared": {"#attributes": {"xmlns": "y"}, "Who": "me", "In": {"A": 1}}},
        }
    }
    first, second, third = read(READER, rows(several, one, user)).fields
    assert first["Data"] == ["a", "b"] and second["Data"] == ["a"]
    assert third["Who"] == "me" and third["In.A"] == 1


def test_inner_objects_are_flattened_and_lists_stay(read: Callable) -> None:
    (fields,) = read(READER, rows({**FLAT, "a": {"b": {"c": 1}}, "d": [1, {"e": 2}]})).fields
    assert fields["a.b.c"] == 1 and fields["d"] == [1, {"e": 2}] and "a" not in fields


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([windows_event(n) for n in range(NUMBER)]),
        json.dumps([windows_event(n) for n in range(NUMBER)], indent=2),
        "[\n" + ",\n".join(json.dumps(windows_event(n)) for n in range(NUMBER)) + "\n]\n",
        "\n".join(json.dumps(windows_event(n), indent=4) for n in range(NUMBER)),
        "\r\n\r\n".join(json.dumps(windows_event(n)) for n in range(NUMBER)),
        json.dumps([nested_event(n) for n in range(NUMBER)], indent=2),
    ],
    ids=["array", "pretty array", "array of lines", "pretty objects", "lines with blanks", "nested"],
)
def test_arrays_and_pretty_text(read: Callable, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = text.encode()
    reader = sniff(data)
    assert reader is not None and reader.name == READER.name
    found = read(READER, data)
    assert len(found.events) == NUMBER and found.rejects == []
    monkeypatch.setattr(lines, "PIECE", 100)
    assert read(READER, data) == found


def test_a_damaged_item_of_an_array_costs_itself(read: Callable) -> None:
    items = [json.dumps(windows_event(n)) for n in range(5)]
    items[2] = items[2].replace('"Channel":', '"Channel"')
    found = read(READER, ("[" + ",\n".join(items) + "]").encode())
    assert len(found.events) == 4 and [code for code, _ in found.rejects] == ["bad-json"]
    cut = ("[" + ",\n".join(items[:2] + items[3:]) + "]")[:-60]
    found = read(READER, cut.encode())
    assert len(found.events) == 3 and [code for code, _ in found.rejects] == ["bad-json"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"EventID": 1, "Channel": "x", "a": NaN}', "bad-json"),
        (b'{"EventID": 1, "Channel": "x", "a": 1e400}', "bad-json"),
        (b'{"EventID": 1, "Channel": ', "bad-json"),
        (b"[1]", "not-an-event"),
        (b'"text"', "not-an-event"),
        (b'{"EventID": 1, "a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "deep-json"),
        (b"\0" * 40, "bad-json"),
    ],
)
def test_what_is_no_event_is_rejected_where_it_lies(read: Callable, line: bytes, code: str) -> None:
    before = rows(FLAT)
    found = read(READER, before + line + b"\n" + rows(FLAT, NESTED))
    assert len(found.events) == 3 and found.rejects == [(code, len(before))]


def test_odd_but_readable_text_is_kept(read: Callable) -> None:
    twice = b'{"EventID": 1, "Channel": "Security", "a": 1, "a": 2}\n'
    surrogate = b'{"EventID": 2, "Channel": "Security", "a": "x\\ud800y"}\n'
    latin = b'{"EventID": 3, "Channel": "Security", "a": "caf\xe9"}\n'
    found = read(READER, twice + surrogate + latin)
    assert [event["a"] for event in found.fields] == [2, "x\ufffdy", "caf\ufffd"] and found.rejects == []


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_other_encodings(read: Callable, codec: str) -> None:
    data = json_lines().decode().encode(codec)
    if codec == "utf-16-be":
        data = b"\xfe\xff" + data
    reader = sniff(data)
    assert reader is not None and reader.name == READER.name
    found = read(READER, data, 500)
    assert len(found.events) == NUMBER and found.rejects == []
    assert found.fields[3]["CommandLine"].endswith("– ä")
    array = json.dumps([windows_event(n) for n in range(NUMBER)]).encode(codec)
    assert len(read(READER, array).events) == NUMBER


def test_a_line_that_is_too_long_is_passed_over(read: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 2000)
    monkeypatch.setattr(lines, "PIECE", 700)
    long = b'{"EventID": 1, "Channel": "x", "a": "' + b"x" * 9000 + b'"}\n'
    data = rows(FLAT) + long + rows(FLAT) + long + long + rows(FLAT)
    for block in (300, 5000, 1 << 20):
        found = read(READER, data, block)
        assert len(found.events) == 3
        assert [code for code, _ in found.rejects] == ["long-line"] * 3


def test_lists_and_odd_types_as_ids(read: Callable) -> None:
    found = read(
        READER,
        rows({"EventID": [1], "Channel": "x"}, {"EventID": True, "Channel": None}, {"EventID": 1.0, "Channel": "x"}),
    )
    assert len(found.events) == 3 and found.kinds[2] == "windows/x/1"


def test_winlogbeat_numbers_values_that_have_no_names(read: Callable) -> None:
    numbered = {f"param{n}": str(n) for n in (1, 2, 10)}

    def both(channel: str, data: dict[str, str]) -> list[dict[str, Any]]:
        new = WINLOGBEAT_8 | {"winlog": WINLOGBEAT_8["winlog"] | {"channel": channel, "event_data": data}}
        old = WINLOGBEAT_6 | {"log_name": channel, "event_data": data}
        return read(READER, rows(new, old)).fields

    assert [fields["Data"] for fields in both("MSExchange Management", numbered)] == [["1", "2", "10"]] * 2
    # Service Control Manager's 7036 calls them so itself.
    assert [fields["param10"] for fields in both("System", numbered)] == ["10", "10"]
    assert all("Data" not in fields for fields in both("Application", numbered | {"Other": "x"}))
