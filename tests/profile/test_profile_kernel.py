"""Traits out of tables: the same whatever the order, exact under a flood, bounded, and true to events that are gone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from made import Made, config, tale

from ringleader.profile import gather, kernel, names
from ringleader.profile.kernel import profile
from ringleader.schema import tables

SOURCE = "aa11bb22cc33dd44"


def traits(made: Made, shuffle: int | None = None) -> list[dict[str, Any]]:
    intrusions, steps, findings = made.tables()
    events = list(made.event_tables().values())
    if shuffle is not None:
        draw = random.Random(shuffle)
        intrusions, steps, findings = (_shuffled(table, draw) for table in (intrusions, steps, findings))
        events = [_shuffled(table, draw) for table in events]
        draw.shuffle(events)

    def fetch(wanted: pa.Array) -> Iterator[pa.Table]:
        for table in events:
            yield table.filter(pc.is_in(table["event_id"], wanted))

    known = names.Hostnames([host for host in pc.unique(findings["host"]).to_pylist() if host], config().aliases())
    case = names.context(config(), ["ex01.corp.example", "bil01.corp.example"], [], known, key=b"k")
    found = pa.Table.from_batches(list(profile(intrusions, steps, findings, fetch, case, known)), tables.TRAITS)
    return found.to_pylist()


def _shuffled(table: pa.Table, draw: random.Random) -> pa.Table:
    order = list(range(table.num_rows))
    draw.shuffle(order)
    return table.take(pa.array(order, pa.int64()))


def of(rows: list[dict[str, Any]], kind: str, owner: str = SOURCE) -> dict[str, dict[str, Any]]:
    return {row["value"]: row for row in rows if row["kind"] == kind and row["owner_id"] == owner}


def test_a_trait_has_grade_times_count_hosts_and_findings() -> None:
    rows = traits(tale())
    archive = of(rows, "command-template")["rar a -r -hp<secret> -m5 -v<number>m <perflogs>\\<file> <glob>"]
    assert (archive["grade"], archive["basis"], archive["count"]) == ("A2", "recorded", 1)
    assert archive["hosts"] == ["ex01.corp.example"] and archive["findings"] == ["f0000003"]
    assert archive["first_time"] == archive["last_time"] == made_time(8640)
    assert of(rows, "technique")["T1505.003"]["count"] == 2
    assert of(rows, "technique")["T1505.003"]["findings"] == ["f0000000", "f0000001"]


def made_time(minute: float) -> Any:
    from datetime import timedelta

    from made import START

    return START + timedelta(minutes=minute)


def test_leads_and_other_intrusions_stay_out() -> None:
    rows = traits(tale())
    assert not [row for row in rows if "lead-only" in row["value"]]
    assert {row["owner_id"] for row in rows} == {SOURCE, "aa99000000000000"}
    assert not of(rows, "web-shell", "aa99000000000000")


def test_an_address_of_a_web_server_is_its_host() -> None:
    rows = traits(tale())
    assert of(rows, "web-shell")["/aspnet_client/hlp.aspx"]["hosts"] == ["ex01.corp.example"]


def test_no_secret_and_no_number_is_in_any_trait() -> None:
    text = repr(traits(tale()))
    assert "S3cret9" not in text and "601280000001" not in text


@pytest.mark.parametrize("seed", range(5))
def test_order_changes_nothing(seed: int) -> None:
    assert traits(tale(), seed) == traits(tale())


def test_several_findings_of_one_event_count_once() -> None:
    made = Made()
    event = made.event("windows/sysmon/1", 0, "a", CommandLine="whoami /all", Image="C:\\x\\y.exe")
    for rule in ("one", "two", "three"):
        made.find("i1", event, rule, technique=f"T{rule}")
    rows = traits(made)
    (row,) = of(rows, "command-template", "i1").values()
    assert row["count"] == 1 and row["findings"] == ["f0000000", "f0000001", "f0000002"]
    assert len(of(rows, "technique", "i1")) == 3


def test_the_events_of_a_correlation_are_seen_but_not_tagged() -> None:
    made = Made()
    events = [made.event("windows/sysmon/1", n, "a", CommandLine=f"net view /domain:x{n}") for n in range(4)]
    events += [made.event("windows/sysmon/1", 5, "b", CommandLine="net view /x")]
    made.find("i1", events[3], "burst", technique="T1018", event_ids=tuple(events), account="CORP\\x.lee")
    rows = traits(made)
    assert of(rows, "command-template", "i1")["net view /x"]["hosts"] == ["b"], "its own host, not the finding's"
    assert of(rows, "account", "i1")["x.lee"]["count"] == 1
    assert of(rows, "technique", "i1")["T1018"]["count"] == 1
    assert sum(row["count"] for row in of(rows, "command-template", "i1").values()) == 5


def test_what_the_finding_says_is_known_without_its_event() -> None:
    made = tale()
    intrusions, steps, findings = made.tables()
    known = names.Hostnames(["ex01.corp.example"], {})
    case = names.context(config(), [], [], known)
    found = list(profile(intrusions, steps, findings, lambda wanted: iter(()), case, known))
    kinds = set(pa.Table.from_batches(found)["kind"].to_pylist())
    assert {"technique", "account", "host-hour", "tactics-order"} <= kinds and "command-template" not in kinds


def test_a_finding_whose_time_host_and_event_are_unknown() -> None:
    made = Made()
    made.step("i1", "windows/sysmon/1", 0, None, "x", Image="C:\\x\\y.exe")
    made.step("i1", "windows/sysmon/1", 1, "a", "x", Image="C:\\x\\y.exe")
    made.findings[0].update(time=None, event_id=None, event_ids=None, account=None, techniques=None)
    rows = traits(made)
    assert of(rows, "technique", "i1")["T1059.003"]["count"] == 1


def flood(distinct: int, repeated: int) -> Made:
    """Distinct commands first, then one that is repeated: what comes last must not be lost."""
    made = Made()
    for number in range(distinct):
        made.step("i1", "windows/sysmon/17", number, "a", "pipe", PipeName=f"\\{_letters(number)}")
    for number in range(repeated):
        made.step("i1", "windows/sysmon/17", 100_000 + number, "b", "pipe", PipeName="\\the-habit")
    return made


def _letters(number: int) -> str:
    return "".join(chr(ord("g") + int(digit)) for digit in f"{number:06}")


def test_a_flood_is_counted_exactly_and_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "DISTINCT", 150)
    rows = of(traits(flood(700, 3)), "named-pipe", "i1")
    assert len(rows) == 100 and {row["left_out"] for row in rows.values()} == {601}
    habit = rows["the-habit"]
    assert habit["count"] == 3 and habit["hosts"] == ["b"] and len(habit["findings"]) == 3
    monkeypatch.setattr(gather, "DISTINCT", 20_000)
    assert rows == of(traits(flood(700, 3)), "named-pipe", "i1"), "the bound changes what is held, not what comes out"


def test_groups_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    together = traits(tale())
    monkeypatch.setattr(kernel, "GROUP", 1)
    assert traits(tale()) == together


def test_hostile_texts_come_through_as_they_are() -> None:
    made = Made()
    for number, text in enumerate(["\x1b[31mx.exe", "\u202egnp.exe", "a\x00b", "x" * 100_000, "\ud800"[:0] + "İ.exe"]):
        made.step(
            "i1", "windows/sysmon/1", number, "a", "r", Image=f"C:\\Temp\\{text}", CommandLine=f"{text} -p {text}"
        )
    rows = traits(made)
    assert all(len(row["value"]) < 6000 for row in rows)
    assert "\x1b[31mx.exe" in of(rows, "file-name", "i1")
