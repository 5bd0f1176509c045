from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.knowledge.citation import Report, address, collect, published

DAY = dt.date


@pytest.mark.parametrize(
    ("name", "text", "first", "last"),
    [
        ("x", "A. (2019, December 11). T. Retrieved September 10, 2020.", DAY(2019, 12, 11), DAY(2019, 12, 11)),
        ("x", "A. (2022, September). T. Retrieved January 23, 2023.", DAY(2022, 9, 1), DAY(2022, 9, 30)),
        ("x", "A. (2022). T. Retrieved January 23, 2023.", DAY(2022, 1, 1), DAY(2022, 12, 31)),
        ("x", "A 2019, August 27 T Retrieved. 2019/11/19 ", DAY(2019, 8, 27), DAY(2019, 8, 27)),
        ("Vendor May 2018", "A. (n.d.). T. Retrieved January 23, 2023.", DAY(2018, 5, 1), DAY(2018, 5, 31)),
        ("Vendor 2018", "A. (n.d.). T.", DAY(2018, 1, 1), DAY(2018, 12, 31)),
        ("x", "A. (27 August 2019). T.", DAY(2019, 8, 27), DAY(2019, 8, 27)),
        # Read before it was published: the citation's own date cannot be right.
        ("Vendor 2018", "A. (2028, May 3). T. Retrieved January 23, 2019.", DAY(2018, 1, 1), DAY(2018, 12, 31)),
        ("x", "A. (2019, February 31). T.", DAY(2019, 2, 1), DAY(2019, 2, 28)),
    ],
)
def test_when_it_was_published(name: str, text: str, first: dt.date, last: dt.date) -> None:
    assert published(name, text) == (first, last)


@pytest.mark.parametrize("text", ["", "A. (n.d.). T. Retrieved May 1, 2020.", "A. T. Retrieved May 1, 2020"])
def test_the_day_on_which_it_was_read_is_no_date_of_it(text: str) -> None:
    assert published("Vendor", text) is None


@given(st.text(), st.text())
def test_no_text_is_too_strange(name: str, text: str) -> None:
    span = published(name, text)
    assert span is None or span[0] <= span[1]


@given(st.dates(min_value=DAY(1990, 1, 1), max_value=DAY(2049, 12, 31)), st.text(alphabet="ab ,.", max_size=20))
def test_a_day_in_full_is_read_back(day: dt.date, title: str) -> None:
    assert published("x", f"A. ({day:%Y}, {day:%B} {day.day}). {title}. Retrieved June 1, 2050.") == (day, day)


def test_home_pages_are_no_report() -> None:
    assert address("https://example.org/") is None
    assert address("https://web.archive.org/web/2020id_/http://example.org/a/report") == address(
        "https://www.example.org/a/report/"
    )


NAMES = st.sampled_from("abcdef")
URLS = st.sampled_from([f"https://example.org/report/{number}" for number in range(4)] + ["", "https://example.org/"])


@given(st.lists(st.tuples(NAMES, URLS), max_size=15))
def test_citations_of_one_address_are_one_report_and_no_others_are(pairs: list[tuple[str, str]]) -> None:
    reports, rows = collect({"source_name": name, "url": url} for name, url in pairs)
    assert set(rows) == {name for name, _ in pairs}
    # The slow way: join names until nothing more joins.
    parts = [{name} for name in rows]
    for url in {url for _, url in pairs if address(url)}:
        together = {name for name, other in pairs if other == url}
        joined = set().union(*[part for part in parts if part & together])
        parts = [part for part in parts if not part & together] + [joined]
    assert sorted(map(sorted, parts)) == sorted(sorted((r.name, *r.also)) for r in reports)


def test_the_date_is_shown_as_exactly_as_it_is_known() -> None:
    assert Report("x").when is None
    assert Report("x", span=(DAY(2020, 1, 1), DAY(2020, 12, 31))).when == "2020"
    assert Report("x", span=(DAY(2020, 2, 1), DAY(2020, 2, 29))).when == "2020-02"
    assert Report("x", span=(DAY(2020, 2, 3), DAY(2020, 2, 3))).when == "2020-02-03"
