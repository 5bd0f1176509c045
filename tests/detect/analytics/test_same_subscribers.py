from __future__ import annotations

from sights import lookup, team

from ringleader.detect.analytics import Known
from ringleader.detect.analytics.base import Sight, ordered
from ringleader.detect.analytics.same_subscribers import SameSubscribers
from ringleader.detect.findings import Finding

CLERKS = ["a.lim", "b.tan", "c.das", "d.low"]
LIST = range(2_000_000, 2_000_010)


def found(*sights: Sight) -> list[Finding]:
    return list(SameSubscribers().find(ordered(sights), Known()))


def back(person: str, days: range) -> list[Sight]:
    return [lookup(person, day, 3 + n / 100, number) for day in days for n, number in enumerate(LIST)]


def test_who_comes_back_to_a_list_is_found() -> None:
    rows = found(*team(CLERKS), *back("b.tan", range(0, 30, 7)))
    assert {each.values["person"] for each in rows} == {"b.tan"} and len(rows) == 5
    assert rows[0].values["came back to"].startswith("10 of ") and rows[0].values["colleagues came back to"][0] == "0"
    assert all(len(each.event_ids) == 10 for each in rows)


def test_a_case_of_some_days_is_no_finding() -> None:
    assert not found(*team(CLERKS), *back("b.tan", range(0, 8, 2)))


def test_where_all_come_back_nobody_is_found() -> None:
    assert not found(*team(CLERKS), *(each for person in CLERKS for each in back(person, range(0, 30, 7))))


def test_applications_are_held_apart() -> None:
    desk = [lookup(person, day, 4, n, "lims") for person in CLERKS for day in range(0, 30, 3) for n in range(9)]
    assert {each.values["person"] for each in found(*team(CLERKS), *desk, *back("d.low", range(0, 30, 7)))} == {"d.low"}


def test_of_who_is_found_what_colleagues_do_at_that_hour_is_work() -> None:
    """Customers whose case is open are asked for again on the next day, at noon, by everybody."""

    def cases(person: str, n: int) -> list[Sight]:
        return [lookup(person, day + more, 5, 3_000_000 + 1000 * n + day) for day in range(0, 28, 2) for more in (0, 1)]

    work = [each for n, person in enumerate(CLERKS) for each in cases(person, n)]
    evenings = [lookup("b.tan", day, 13 + n / 100, number) for day in range(0, 30, 7) for n, number in enumerate(LIST)]
    rows = found(*team(CLERKS), *work, *evenings)
    assert {each.values["person"] for each in rows} == {"b.tan"}
    assert sum(len(each.event_ids) for each in rows) == len(evenings)
    assert float(rows[0].values["chance"]) < 1e-6
