from __future__ import annotations

from sights import logon, lookup, team

from ringleader.detect.analytics import Known
from ringleader.detect.analytics.after_hours import AfterHours
from ringleader.detect.analytics.base import Sight, ordered
from ringleader.detect.findings import Finding

CLERKS = ["a.lim", "b.tan", "c.das", "d.low"]


def found(*sights: Sight) -> list[Finding]:
    return list(AfterHours().find(ordered(sights), Known()))


def test_a_team_at_work_is_no_finding() -> None:
    assert not found(*team(CLERKS))


def test_who_comes_back_in_the_evening_is_found_with_the_log_on() -> None:
    late = [each for day in range(0, 30, 5) for each in (logon("c.das", day, 13.0), lookup("c.das", day, 13.2, day))]
    evenings = [each for each in found(*team(CLERKS), *late) if each.rule is AfterHours.rule]
    assert {each.values["person"] for each in evenings} == {"c.das"}
    assert {event for each in evenings for event in each.event_ids} >= {sight.event_id for sight in late}
    first = evenings[0]
    assert (first.detector, first.rule.level, first.account) == ("analytic", "medium", "BILLAPP")
    assert first.values["colleagues at that hour"] == "on 0.7% of 66 days"
    assert first.values["such days"] == "6 of 24; of colleagues 0 of 66"


def test_an_evening_is_low() -> None:
    once = found(*team(CLERKS), lookup("c.das", 3, 14.0, 7))
    assert [(each.rule.level, each.values["from"]) for each in once] == [("low", "14:00 UTC on")]


def test_where_all_work_late_in_turns_evenings_are_usual_but_not_after_a_morning() -> None:
    turns = [
        lookup(person, day, hour, 100 * day + hour)
        for number, person in enumerate(CLERKS)
        for day in range(100)
        for hour in (range(7, 15) if day // 7 % 4 == number else range(1, 9))
    ]
    assert not found(*turns)
    both = [lookup("a.lim", day, 14, day) for day in range(30, 46, 3)]
    assert {each.values["person"] for each in found(*turns, *both)} == {"a.lim"}


def test_nothing_is_said_of_few_people_or_days() -> None:
    assert not found(*team(CLERKS[:2]), lookup("b.tan", 3, 14.0, 7))
    assert not found(*team(CLERKS, days=12), lookup("b.tan", 3, 14.0, 7))
