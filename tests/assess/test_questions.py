"""What each question answers about the affair, and what it says it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from affair import (
    BILLING,
    CASE,
    DC,
    FIRST,
    INSIDE,
    JUMP,
    MAIL,
    OTHER,
    OUTSIDE,
    SECOND,
    affair,
    at,
    logon,
    minutes,
    of,
    told,
)
from made import Made
from syrupy.assertion import SnapshotAssertion

from ringleader import assess
from ringleader.schema import subscriber
from ringleader.store import Store

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    return told(tmp_path_factory.mktemp("affair"))[2]


def one(rows: Rows, aspect: str, about: str) -> dict[str, Any]:
    found = of(rows, aspect, about)
    assert len(found) == 1, found
    return found[0]


def test_what_people_read(rows: Rows, snapshot: SnapshotAssertion) -> None:
    said = [f"{row['aspect']} | {row['subject_id']} | {row['confidence']} | {row['statement']}" for row in rows]
    assert said == snapshot


def test_every_row_has_its_findings_or_says_what_is_missing(rows: Rows) -> None:
    known = {key for question in assess.QUESTIONS for aspect in question.aspects for key in question.keys[aspect]}
    known |= {key for name in list(known) for key in name.split(", ")}
    for row in rows:
        assert row["statement"].endswith(".")
        assert row["confidence"] in ("low", "moderate", "high", "unknown")
        assert row["findings"] or row["subject_kind"] == "case", row
        assert set(row["data"]) <= known, row


def test_entry_by_a_suppliers_account_from_a_strange_address(rows: Rows) -> None:
    data = one(rows, "entry", FIRST)["data"]
    assert (data["kind"], data["means"]) == ("supplier", "supplier's account")
    assert (data["supplier"], data["host"], data["account"]) == ("Acme Billing", "vpn01", "svc-acme")
    assert data["address"] == OUTSIDE and data["strange"] is True
    assert data["time"] == at(minutes(1, 900))
    assert [(hop["source"], hop["host"]) for hop in data["path"]] == [(INSIDE, JUMP)]


def test_entry_by_a_flaw(rows: Rows) -> None:
    row = one(rows, "entry", SECOND)
    assert row["confidence"] == "high"
    assert (row["data"]["kind"], row["data"]["host"], row["data"]["address"]) == ("exchange-flaw", MAIL, OUTSIDE)


def test_an_entry_that_is_not_seen_is_unknown(rows: Rows) -> None:
    row = one(rows, "entry", OTHER)
    assert row["confidence"] == "unknown" and row["data"]["kind"] == "unknown"
    assert row["data"]["missing"]


def test_the_suppliers_path_and_what_was_not_its_habit(rows: Rows) -> None:
    data = one(rows, "supplier", FIRST)["data"]
    assert [hop["to"] for hop in data["path"]] == ["vpn01", JUMP, BILLING]
    assert data["unusual"]["addresses"] == [OUTSIDE]
    assert data["unusual"]["hours"] == [0]  # 16:01 UTC in the organisation's zone; the habit is 12 o'clock
    assert data["unusual"]["hosts"] == [BILLING]
    others = one(rows, "supplier", "Acme Billing")["data"]["reach"]
    assert {item["host"] for item in others} == {JUMP, BILLING, "bil02"}


def test_crown_jewels_reached_tried_and_unknown(rows: Rows) -> None:
    states = {row["data"]["role"]: row["data"].get("state", "unknown") for row in of(rows, "crown-jewel", "cmp1")}
    assert states["billing"] == "reached" and states["domain-controller"] == "reached"
    missing = {row["data"]["role"] for row in of(rows, "crown-jewel") if row["confidence"] == "unknown"}
    assert missing == {
        "lawful-interception", "subscriber-register", "cdr", "database", "network-management", "network-element"
    }  # fmt: skip


def test_a_refused_connection_is_a_try(tmp_path: Path) -> None:
    made = affair()
    made.members.pop(SECOND)
    found = told(tmp_path, made)[2]
    data = next(row["data"] for row in of(found, "crown-jewel", "cmp1") if row["data"]["role"] == "mail")
    assert data["state"] == "tried" and data["tried"][0]["host"] == MAIL


def test_credentials_and_what_must_be_reset(rows: Rows) -> None:
    data = one(rows, "credentials", "cmp1")["data"]
    assert [(dump["kind"], dump["host"], dump["everyone"]) for dump in data["dumps"]] == [
        ("lsass", JUMP, False), ("ntds", DC, True),
    ]  # fmt: skip
    assert data["dumps"][0]["accounts"] == ["svc-acme"]
    assert any("krbtgt twice" in text for text in data["reset"])


def test_subscribers_read_are_hidden_and_refused_ones_left_out(rows: Rows) -> None:
    row = one(rows, "targets", FIRST)
    numbers = ["601280000001", "601280000002"]
    assert row["data"]["subscriber_hashes"] == sorted(subscriber.hidden(b"k" * 32, number) for number in numbers)
    assert (row["data"]["count"], row["data"]["single"], row["data"]["failed"]) == (2, 2, 1)
    assert row["data"]["background"] == [{"program": "BillApp.exe", "account": "BILLAPP", "statements": 18}]
    assert row["data"]["period"]["from"] == at(minutes(1 - 30, 920))
    assert not any("60128" in repr(each) for each in rows)


def test_numbers_only_when_asked(tmp_path: Path) -> None:
    found = told(tmp_path, clear=True)[2]
    assert one(found, "targets", FIRST)["data"]["subscribers"] == ["601280000001", "601280000002"]


def test_the_watchlist_by_category_without_a_name(rows: Rows) -> None:
    found = {row["data"]["kind"]: row["data"] for row in of(rows, "watchlist", "cmp1")}
    assert found["subscriber"]["categories"] == {"journalist": 1}
    assert found["subscriber"]["matches"][0]["value"].startswith("hmac:")
    assert found["host"]["matches"][0]["value"] == "bil01"


def test_impact_has_paths_shares_and_cuts(rows: Rows) -> None:
    data = one(rows, "impact", "cmp1")["data"]
    ids = {node["id"] for node in data["nodes"]}
    assert all(set(path) <= ids for path in data["paths"])
    assert all({edge["from"], edge["to"]} <= ids for edge in data["edges"])
    assert data["share"] == {"voice": 0.25}
    assert set(data["held_aims"]) == {BILLING, MAIL, DC}


def test_the_return_and_the_eviction(rows: Rows) -> None:
    back = one(rows, "re-entry", SECOND)
    assert back["confidence"] == "high"
    assert back["data"]["eviction"] == "2026-03-08T00:00:00Z" and back["data"]["previous"] == [FIRST]
    data = one(rows, "adaptation", "cmp1")["data"]
    assert len(data["evictions"]) == 1
    assert data["evictions"][0]["dwell_days"] == pytest.approx(4.3, abs=0.2)
    assert data["evictions"][0]["gone"] and data["evictions"][0]["new"]
    times = [entry["time"] for entry in data["timeline"]]
    assert times == sorted(times) and {entry["who"] for entry in data["timeline"]} == {"actor", "defender"}


def test_what_is_left_cleaned_and_passing(rows: Rows) -> None:
    found = {row["data"]["value"]: row["data"]["status"] for row in of(rows, "persistence")}
    assert found == {
        "HelpSync: C:\\ProgramData\\h\\sync.exe -n": "cleaned",
        "PSEXESVC: %SystemRoot%\\PSEXESVC.exe": "passing",
        "C:\\inetpub\\wwwroot\\aspnet_client\\err.aspx": "in place",
        "helpdesk9": "in place",
    }


def test_something_that_runs_on_was_not_cleaned_and_nobody_came_back(tmp_path: Path) -> None:
    made = affair()
    made.event("windows/sysmon/3", minutes(8), JUMP, Image="C:\\ProgramData\\h\\sync.exe", Initiated="true")
    found = told(tmp_path, made)[2]
    task = next(row for row in of(found, "persistence") if row["data"]["kind"] == "task")
    assert task["data"]["status"] == "in place" and task["data"]["outlived"] == ["2026-03-08T00:00:00Z"]
    assert not of(found, "re-entry", SECOND)


def test_something_that_was_seen_to_be_removed(tmp_path: Path) -> None:
    made = affair()
    made.event("windows/sysmon/1", minutes(3), JUMP, Image="x", CommandLine="schtasks /delete /tn HelpSync /f")
    found = told(tmp_path, made)[2]
    task = next(row for row in of(found, "persistence") if row["data"]["kind"] == "task")
    assert (task["data"]["status"], task["data"]["cleaned"]) == ("removed", at(minutes(3)))


def test_since_and_still_going_on(rows: Rows) -> None:
    data = one(rows, "since", "cmp1")["data"]
    assert data["first"] == at(minutes(1, 903)) and data["going_on"] is True and data["early"] is False
    case = next(row for row in of(rows, "since") if row["subject_kind"] == "case")
    assert case["data"]["sources"]


def test_without_campaigns_each_intrusion_is_one_and_that_is_said(tmp_path: Path) -> None:
    found = told(tmp_path, campaigns=False)[2]
    assert {row["subject_id"] for row in of(found, "impact")} >= {FIRST, SECOND, OTHER}
    assert not of(found, "re-entry", SECOND)
    assert any(row["confidence"] == "unknown" and "No campaigns" in row["statement"] for row in of(found, "re-entry"))


def test_an_empty_case_file_costs_answers_and_says_so(tmp_path: Path) -> None:
    found = told(tmp_path, case="")[2]
    unknown = {row["aspect"] for row in found if row["confidence"] == "unknown"}
    assert {"supplier", "crown-jewel", "watchlist", "impact", "adaptation"} <= unknown
    assert one(found, "entry", FIRST)["data"]["kind"] == "stolen-credential"
    assert one(found, "entry", FIRST)["data"]["supplier"] is None


def test_a_remediation_that_names_no_hosts_leaves_doubt(tmp_path: Path) -> None:
    found = told(tmp_path, case=CASE.replace('hosts = ["jmp01", "bil01"]\n', ""))[2]
    assert one(found, "re-entry", SECOND)["confidence"] == "low"
    task = next(row for row in of(found, "persistence") if row["data"]["kind"] == "task")
    assert task["data"]["status"] == "in place" and task["confidence"] == "low"


def test_a_case_with_nothing_in_it(tmp_path: Path) -> None:
    store, config = Made().store(tmp_path)
    summary = assess.run(store, tmp_path, config)
    assert "entry" in summary.unknown
    assert all(row["confidence"] == "unknown" for row in store.read("assessments").to_pylist())
    empty = Store.open(tmp_path / "none", create=True)
    assert assess.run(empty, tmp_path / "none", config).statements == {}


def test_same_bytes_in_any_order_and_again(tmp_path: Path) -> None:
    first = told(tmp_path / "a")[0]
    made = affair()
    made.findings.reverse()
    made.events.reverse()
    made.members = {name: list(reversed(some)) for name, some in reversed(made.members.items())}
    second, config, _ = told(tmp_path / "b", made)
    hashes = [file.sha256 for file in first.entries("assessments")]
    assert [file.sha256 for file in second.entries("assessments")] == hashes
    assess.run(second, tmp_path / "b", config)
    assert [file.sha256 for file in second.entries("assessments")] == hashes


HOSTILE = [
    "</script><b>",
    "=cmd|'/c calc'!A1",
    "\x1b[31mred",
    "\u202egpj.exe",
    "x" * 9000,
    "'; DROP TABLE events; --",
    "%s%n{0}",
]


def test_hostile_texts_are_values_and_nothing_else(tmp_path: Path) -> None:
    made = affair()
    for number, text in enumerate(HOSTILE):
        minute = minutes(1, 910 + number)
        made.step(FIRST, "windows/sysmon/1", minute, text, text, account=text, technique="T1003.001",
                  CommandLine=f'schtasks /create /tn "{text}" /tr "{text}"', Image=text)  # fmt: skip
        made.event("windows/system/7045", minute, JUMP, ServiceName=text, ImagePath=text)
        made.event("windows/security/4624", minute, JUMP, **logon(text, text, text))
        made.event("vpn/openvpn", minute, text, action="address-assigned", user=text, src_ip=text, assigned_ip=text)
        made.event("db/oracle", minute, text, DBUSERNAME=text, OS_USERNAME="svc-acme", USERHOST="BIL01",
                   CLIENT_PROGRAM_NAME=text, SESSIONID=text,
                   SQL_TEXT=f"select * from cdr where msisdn = '{text}'")  # fmt: skip
    found = told(tmp_path, made)[2]
    assert len(of(found, "entry")) == 3
    assert all(len(row["statement"]) < 3000 and "\x1b" not in row["statement"] for row in found)


def test_times_that_lie_do_not_stretch_the_telemetry(tmp_path: Path) -> None:
    made = affair()
    for years in (-400, -30, 2000):
        made.event("windows/sysmon/1", years * 365 * 1440, JUMP, Image="x")
    made.step(OTHER, "windows/sysmon/1", -400 * 365 * 1440, JUMP, "Old", Image="x")
    found = told(tmp_path, made)[2]
    case = next(row for row in of(found, "since") if row["subject_kind"] == "case")
    assert case["data"]["first"].startswith("2026") and case["data"]["last"].startswith("2026")


def test_of_a_compared_persons_session_only_what_is_named_was_read(tmp_path: Path) -> None:
    made = Made()
    session = {"DBUSERNAME": "BILLAPP", "OS_USERNAME": "c.das", "USERHOST": "WS01", "SESSIONID": "7",
               "CLIENT_PROGRAM_NAME": "BillApp.exe", "ACTION_NAME": "SELECT", "RETURN_CODE": "0"}  # fmt: skip
    for minute, number in ((0, "601280000001"), (5, "601280000002")):
        made.event("db/oracle", minute, None, **session, SQL_TEXT=f"SELECT * FROM CDR WHERE MSISDN = '{number}'")
    made.find(FIRST, made.events[1]["event_id"], "The same again", level="medium", account="BILLAPP")
    made.findings[-1]["detector"] = "analytic"
    found = told(tmp_path, made, clear=True)[2]
    assert one(found, "targets", FIRST)["data"]["subscribers"] == ["601280000002"]
    assert one(found, "entry", FIRST)["data"]["kind"] == "insider"
