"""CSV, Timesketch and the block list, read back by the parsers of those who read them."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import exported
import pytest
from made import Made
from test_exporters import written

from ringleader.export import BY_NAME, Options, Source, rows, text
from ringleader.export.victims import Victims

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table(name: str, source: Source, **options: Any) -> list[dict[str, str]]:
    content, _ = written(BY_NAME[name], source, Options(**options))
    return list(csv.DictReader(io.StringIO(content, newline="")))


@pytest.mark.parametrize("name", ["csv", "timesketch-csv", "blocklist"])
def test_no_cell_is_a_formula(name: str, hostile: Source) -> None:
    content, _ = written(BY_NAME[name], hostile, Options(victims=True, outside=1000))
    assert all(line.startswith('"') and line.endswith('"') for line in content.split("\r\n")[:-1])
    cells = [cell for row in table(name, hostile, victims=True, outside=1000) for cell in row.values()]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(FORMULA)]


def test_every_finding_is_a_row_and_its_values_survive(hostile: Source) -> None:
    found = table("csv", hostile)
    assert len(found) == hostile.store.rows("findings")
    rules = {row["rule"] for row in found}
    assert rules >= {text.cell(hostile_text) for hostile_text in exported.HOSTILE}
    assert "'=cmd|' /C calc'!A0" in rules, "only an apostrophe was added"


def test_findings_come_by_time_whatever_the_size_of_a_pass(whole: Source) -> None:
    expected = list(rows.findings(whole, None))
    assert [row.time for row in expected] == sorted(row.time for row in expected if row.time)
    for chunk in (1, 2, 3, 1000):
        assert list(rows.findings(whole, None, chunk)) == expected


def test_equal_and_missing_times_lose_nothing(tmp_path: Path) -> None:
    made = Made()
    for minute in (5, 5, 5, 1, 5, 9):
        made.step(exported.FIRST, "windows/security/1102", minute, exported.MAIL, "Log cleared")
    made.findings[3]["time"] = made.findings[5]["time"] = None
    store, config = made.store(tmp_path)
    source = Source(store, config)
    for chunk in (1, 2, 100):
        found = list(rows.findings(source, None, chunk))
        assert len({row.finding_id for row in found}) == len(found) == 6
        assert [row.time is None for row in found] == [False] * 4 + [True] * 2
    _, summary = written(BY_NAME["timesketch-jsonl"], source)
    assert "2 findings have no time" in summary.notes[-1]


def test_findings_know_their_campaign(whole: Source) -> None:
    found = table("csv", whole)
    by_rule = {row["rule"]: row for row in found}
    assert by_rule["Log cleared"]["campaign"] == "amber heron 2 (RL-c0ffee0000000002)"
    assert by_rule["A lead"]["campaign"] == by_rule["A lead"]["intrusion"] == ""


def test_timesketch_has_what_it_asks_for(whole: Source, hostile: Source) -> None:
    for source in (whole, hostile):
        flat = table("timesketch-csv", source)
        lines = [json.loads(line) for line in written(BY_NAME["timesketch-jsonl"], source)[0].splitlines()]
        assert len(flat) == len(lines) == source.store.rows("findings")
        for one, other in zip(flat, lines, strict=True):
            for entry in (one, other):
                assert entry["message"] and entry["timestamp_desc"]
                moment = datetime.fromisoformat(entry["datetime"])
                assert moment.utcoffset() is not None
                assert int(entry["timestamp"]) == round(moment.timestamp() * 1_000_000)
    assert lines[0]["account"] == exported.HOSTILE[0], "JSON holds values as they are"


def test_pseudonyms_are_the_same_all_through(whole: Source) -> None:
    clear, hidden = table("csv", whole), table("csv", whole, victims=False)
    pairs = {(one["host"], other["host"]) for one, other in zip(clear, hidden, strict=True)}
    assert len({host for host, _ in pairs}) == len(pairs)
    told = dict(pairs)
    assert told["10.1.0.4"] == told["ex01.corp.example"] != told["fs01.corp.example"], "one machine by the case file"
    told = next(row["values"] for row in hidden if row["rule"].startswith("POST"))
    assert "/aspnet_client/hlp.aspx" in told, "what is no name stays"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (r"net use \\FS01\c$ /user:CORP\b.lee x", r"net use \\host-0001\c$ /user:domain-0001\account-0001 x"),
        ("ping fs01.corp.example", "ping host-0001"),
        ("nosuch.corp.example:443", "host-unknown:443"),
        ("mail.asiapost.example", "mail.asiapost.example"),
        ("fs01_2026.dmp", "host-0001_2026.dmp"),
        ("10.1.0.4 and 203.0.113.9", "address-inside and 203.0.113.9"),
        ("100.64.3.9, 127.0.0.1", "address-inside, 127.0.0.1"),
        (r"C:\Users\somebody\AppData\x.exe", r"C:\Users\*\AppData\x.exe"),
        ("EXAMPLE TELECOM owns it", "organisation owns it"),
        ("b.lee@corp.example", "account-0001@domain"),
        ("system32", "system32"),
        ("\x00", "\x00"),
    ],
)
def test_names_in_texts(content: str, expected: str) -> None:
    names = Victims(["fs01.corp.example"], ["CORP\\b.lee", "NT AUTHORITY\\SYSTEM"], ["Example Telecom"])
    assert names.text(content) == expected


def test_the_block_list_has_only_what_lasted_and_is_rare(whole: Source) -> None:
    assert table("blocklist", whole) == [], "one hash was seen on one day, one is everyday"
    found = {(row["type"], row["value"]): row for row in table("blocklist", whole, outside=20)}
    assert set(found) == {("sha256", "cd" * 32), ("md5", "ab" * 16)}
    row = found["sha256", "cd" * 32]
    assert (row["matches_inside"], row["matches_outside"], row["tlp"]) == ("2", "20", "TLP:AMBER")
    assert int(row["events_looked_at"]) >= 22
