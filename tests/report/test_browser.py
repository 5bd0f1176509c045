"""The page in a real browser."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import sample
from sample import made
from test_renderers import MADE_UP
from test_report import hostile

from ringleader.report import build, from_tables

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the report of some tables; at the end nothing may have gone wrong, asked, or gone out."""
    trouble: list[str] = []

    def opened(tables: sample.Tables, width: int = 1440, scheme: str = "light", at: str = "", tlp: str = "") -> Any:
        path = build(from_tables(tables, "UTC", [], sample.config(), tlp), tmp_path / "report.html")
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: None if request.url.startswith(("file:", "data:")) else trouble.append(request.url),
        )
        page.goto(path.as_uri() + (f"#{at}" if at else ""))
        page.wait_for_load_state()
        return page

    yield opened
    assert trouble == []


def rows(page: Any) -> Any:
    return page.locator("#table tbody tr")


def test_filter_and_sort_by_keyboard(show: Open) -> None:
    page = show(sample.story(), at="findings")
    page.wait_for_selector("#chart svg")
    assert rows(page).count() == 50
    page.locator("#query").focus()
    page.keyboard.type("lsass critical")
    playwright.expect(page.locator("#shown")).to_have_text("1 finding")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    playwright.expect(page.locator("#shown")).to_have_text("100 findings")
    page.locator("#table [data-column=level] button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#table [data-column=level]").get_attribute("aria-sort") == "ascending"
    assert rows(page).first.locator(".level").inner_text() == "critical"
    page.keyboard.press("Enter")
    assert rows(page).first.locator(".level").inner_text() == "informational"
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#page")).to_have_text("51 to 100 of 100")
    page.locator("nav a[href='#intrusions']").click()
    page.locator("[data-intrusion='1']").focus()
    page.keyboard.press("Enter")
    playwright.expect(page.locator("#shown")).to_have_text("9 findings")
    page.get_by_role("button", name="No longer only intrusion 1").click()
    playwright.expect(page.locator("#shown")).to_have_text("100 findings")


def test_dragging_over_the_chart_filters(show: Open) -> None:
    page = show(sample.story(), at="findings")
    page.wait_for_selector("#chart svg")
    box = page.locator("#chart").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60, steps=4)
    page.mouse.up()
    playwright.expect(page.get_by_role("button", name="No longer only the time chosen in the chart")).to_be_visible()
    assert 0 < int(page.locator("#shown").inner_text().split()[0]) < 100


def test_other_tables_sort(show: Open) -> None:
    page = show(sample.story(), at="appendix")
    head = page.locator("#rules th", has_text="Findings").locator("button")
    head.click()
    head.click()
    counts = page.locator("#rules tbody tr td:nth-child(3)").all_inner_texts()
    assert counts == sorted(counts, key=int, reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_and_the_reader(show: Open, scheme: str) -> None:
    page = show(sample.story(), scheme=scheme)
    colour = "getComputedStyle(document.body).backgroundColor"
    other = {"light": "dark", "dark": "light"}[scheme]
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    before = page.evaluate(colour)
    page.get_by_role("button", name=other.capitalize(), exact=True).click()
    assert page.evaluate("document.documentElement.dataset.theme") == other
    assert page.evaluate(colour) != before


PAGES = ("summary", "campaigns", "campaign-1", "overlap", "targets", "adaptation", "reach", "intrusions", "findings",
         "leads", "coverage", "appendix")  # fmt: skip


@pytest.mark.parametrize("width", [390, 768, 1440])
@pytest.mark.parametrize("tables", [sample.whole, sample.story, hostile, sample.empty], ids=lambda each: each.__name__)
def test_no_page_scrolls_sideways(show: Open, width: int, tables: Callable[[], sample.Tables]) -> None:
    page = show(tables(), width)
    for name in PAGES:
        page.evaluate(f"location.hash = '#{name}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [390, 1440])
def test_many_campaigns_do_not_widen_the_page(show: Open, width: int) -> None:
    tables = singles(25)
    told = made.verdicts(f"{0:016}", f"{1:016}", ("f0000000",))
    more = [
        {**told["campaigns"].to_pylist()[0], "campaign_id": f"{n:016}", "name": f"campaign {n}",
         "intrusion_ids": [f"{n:016}"]}
        for n in range(2, 25)
    ]  # fmt: skip
    more = pa.Table.from_pylist(more, schema=told["campaigns"].schema)
    page = show(replace(tables, **told | {"campaigns": pa.concat_tables([told["campaigns"], more])}), width)
    for name in PAGES:
        page.evaluate(f"location.hash = '#{name}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert "The first 12 of 25" in page.locator("#summary").text_content()


def test_one_page_at_a_time_and_back_again(show: Open) -> None:
    page = show(sample.whole())
    seen = "[...document.querySelectorAll('.page')].filter((one) => !one.hasAttribute('hidden')).map((one) => one.id)"
    assert page.evaluate(seen) == ["summary"]
    page.get_by_role("link", name="Amber Heron", exact=True).first.click()
    assert page.evaluate(seen) == ["campaign-1"]
    assert page.locator("nav a[aria-current=page]").inner_text() == "Amber Heron"
    page.locator("nav a[href='#overlap']").click()
    page.locator(".heat a[href='#pair-1-2']").first.click()
    playwright.expect(page.locator("#pair-1-2")).to_be_in_viewport()
    page.go_back()
    page.go_back()
    assert page.evaluate(seen) == ["campaign-1"]
    assert page.locator("#campaign-1 h2").inner_text() == "Amber Heron"


def test_a_statement_leads_to_its_findings(show: Open) -> None:
    page = show(sample.whole())
    page.locator("#q-entry .cite").first.click()
    playwright.expect(page.locator("#shown")).to_have_text("3 findings")
    playwright.expect(page.locator("#filter")).to_be_in_viewport()
    page.get_by_role("button", name="No longer only those behind one statement").click()
    playwright.expect(page.locator("#shown")).to_have_text("100 findings")
    page.go_back()
    playwright.expect(page.locator("#summary")).to_be_visible()


def test_the_matrix_leads_to_the_findings_of_its_campaign(show: Open) -> None:
    page = show(sample.whole(), at="campaign-1")
    page.locator(".cell[data-find='T1505.003']").click()
    playwright.expect(page.locator("#shown")).to_have_text("2 findings")
    assert page.locator("#which").input_value() == "c1"


def test_a_picture_shows_what_a_node_is_joined_to(show: Open) -> None:
    page = show(sample.whole(), at="reach")
    assert page.locator("#reach .graph [data-node]").count() == 4
    page.locator("#reach [data-node]").first.hover()
    assert page.locator("#reach svg.asked").count() == 1
    assert 0 < page.locator("#reach path.near").count() < page.locator("#reach path").count()
    titles = page.locator("#reach .graph title").all_text_contents()
    assert "ex01.corp.example, host, mail, held" in titles


def test_without_a_script_all_pages_are_there(browser: Any, tmp_path: Path) -> None:
    path = build(from_tables(sample.whole(), config=sample.config()), tmp_path / "report.html")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(path.as_uri())
    assert [page.locator(f"#{name}").is_visible() for name in PAGES] == [True] * len(PAGES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(show: Open, scheme: str) -> None:
    """Contrast of 4.5 to 1 (WCAG 2.2, 1.4.3) for what is written on the page's own colours."""
    page = show(sample.whole(), scheme=scheme)
    names = ["ink", "dim", "accent", "critical-ink", "high-ink", "medium-ink", "low-ink", "informational-ink"]
    colour = "(name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()"
    for ground in ("paper", "card"):
        for name in names:
            assert contrast(page.evaluate(colour, name), page.evaluate(colour, ground)) >= 4.5, (name, ground)
    for step in range(5):
        ink = "#ffffff" if step > 2 else page.evaluate(colour, "ink")
        assert contrast(ink, page.evaluate(colour, f"heat{step}")) >= (4.5 if step != 4 else 3), step


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_everything_has_a_name_for_those_who_listen(show: Open) -> None:
    page = show(sample.whole())
    nameless = """() => [...document.querySelectorAll('button, a, input, select, [role=img], [role=region]')]
        .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.getAttribute("aria-labelledby")
            || one.labels?.length || one.getAttribute('title')))
        .map((one) => one.outerHTML.slice(0, 120))"""
    assert page.evaluate(nameless) == []
    assert page.evaluate("[...document.querySelectorAll('table')].filter((one) => !one.caption).length") == 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5')].map((one) => Number(one.tagName[1]))")
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


def test_print_marks_each_sheet(show: Open, tmp_path: Path) -> None:
    page = show(sample.whole(), tlp="TLP:RED")
    assert page.locator(".page-head .tlp").first.is_visible()
    rules = "[...document.styleSheets[0].cssRules].filter((one) => one.type === CSSRule.PAGE_RULE)"
    said = " ".join(page.evaluate(f"{rules}.map((one) => one.cssText)"))
    assert said.count('"TLP:RED"') == 2 and "@top-right" in said and "@bottom-right" in said
    page.emulate_media(media="print")
    assert all(page.locator(f"#{name}").is_visible() for name in PAGES)
    assert page.locator(".page-head .tlp").count() >= len(PAGES)
    page.set_viewport_size({"width": 690, "height": 980})  # an A4 sheet within its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 690


def test_hostile_evidence_is_only_text(show: Open) -> None:
    page = show(hostile(), at="findings")
    page.wait_for_selector("#chart svg")
    assert page.locator("img, iframe, object, embed, [onload], [onerror], a[href^=javascript]").count() == 0
    assert page.locator("script").count() == 3
    page.locator("#query").fill("onerror")
    playwright.expect(page.locator("#shown")).to_have_text("1 finding")
    assert "<img src=x onerror=alert(1)>" in rows(page).first.inner_text()


@pytest.mark.parametrize("at", range(0, len(MADE_UP), 3))
def test_hostile_texts_of_every_stage_are_only_text(show: Open, at: int) -> None:
    """Statements, names, traits, hypotheses, graphs: what later stages say of evidence."""
    page = show(sample.whole(" ".join(["", *MADE_UP[at : at + 3]])))
    assert page.locator("img, iframe, object, embed, [onload], [onerror], a[href^=javascript]").count() == 0
    assert page.locator("script").count() == 3
    links = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")
    assert {link[0] for link in links} == {"#"}
    for name in PAGES:
        page.evaluate(f"location.hash = '#{name}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440, name
    page.evaluate("location.hash = '#overlap'")
    if at == 0:
        assert MADE_UP[0] in page.locator("#overlap").inner_text()


def test_the_skip_link_is_the_first_stop(show: Open) -> None:
    page = show(sample.story())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_one_finding(show: Open) -> None:
    row = sample.finding(1, sample.START, "a", "", "One", "high", "T1059", "execution", {})
    page = show(sample.case([row], [sample.intrusion("e" * 16, [row], 8)], [sample.step("e" * 16, row)]), at="findings")
    page.wait_for_selector("#chart svg")
    assert rows(page).count() == 1
    page.locator(".brand").click()
    assert page.locator("h1").inner_text() == "1 intrusion on 1 host"


@pytest.mark.slow
def test_a_hundred_thousand_findings_open_at_once(show: Open, tmp_path: Path) -> None:
    tables = sample.many()
    began = time.perf_counter()
    page = show(tables, at="findings")
    built = time.perf_counter() - began
    assert (tmp_path / "report.html").stat().st_size < 20_000_000
    began = time.perf_counter()
    page.reload()
    page.wait_for_selector("#table tbody tr")
    opened = time.perf_counter() - began
    assert opened < 5, (built, opened)
    page.locator("#query").fill("jobs\\77777.ps1")
    playwright.expect(page.locator("#shown")).to_have_text("1 finding")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_findings_are_counted_and_told_as_far_as_they_fit(show: Open, tmp_path: Path) -> None:
    page = show(sample.million(), at="findings")
    assert (tmp_path / "report.html").stat().st_size < 20_000_000
    playwright.expect(page.locator("#shown")).to_have_text("120,000 findings", timeout=60_000)
    assert "120,000 of 1,000,000 findings are listed" in page.locator("#findings").inner_text()
    page.evaluate("location.hash = '#coverage'")
    assert "880,000 findings are counted but not listed" in page.locator("#coverage").inner_text()


def singles(count: int) -> sample.Tables:
    """So many intrusions of one finding each."""
    rows = [
        sample.finding(n, sample.START, f"h{n}", "", "Log cleared", "high", "T1070.001", "stealth", {"n": str(n)})
        for n in range(count)
    ]
    names = [f"{n:016}" for n in range(count)]
    return sample.case(
        rows,
        [sample.intrusion(name, [row], 9) for name, row in zip(names, rows, strict=True)],
        [sample.step(name, row) for name, row in zip(names, rows, strict=True)],
    )


def test_filter_by_host_phrase_kind_and_time(show: Open) -> None:
    page = show(sample.story(), at="findings")
    shown = page.locator("#shown")
    page.get_by_text("By technique and by host").click()
    page.locator("[data-host='fs02.corp.example']").click()
    playwright.expect(shown).to_have_text("2 findings")
    assert page.locator("#query").input_value() == ""
    page.get_by_role("button", name="No longer only host fs02.corp.example").click()
    playwright.expect(shown).to_have_text("100 findings")
    for query, count in [
        ('"task 1"', 11),
        ("task 1", 90),
        ("windows/sysmon/1", 100),
        ("2026-03-02 01:12:04", 2),
        ('"2026-03-02 10:12"', 1),
        ("nowhere", 0),
    ]:
        page.locator("#query").fill(query)
        said = (
            f"{count} finding{'' if count == 1 else 's'}" if count else "No finding fits. Clear the filter to see all."
        )
        playwright.expect(shown, query).to_have_text(said)
    page.locator("nav a[href='#appendix']").click()
    page.locator("#rules .find", has_text="Copy of the directory database").click()
    playwright.expect(page.locator("#query")).to_have_value('"Copy of the directory database"')
    playwright.expect(shown).to_have_text("1 finding")


def test_many_intrusions_have_an_index_and_fold(show: Open) -> None:
    page = show(singles(30), at="intrusions")
    assert page.locator(".index tbody tr").count() == 30
    assert page.locator("details.fold").count() == 10
    assert page.locator("#intrusion-25 .timeline").is_hidden()
    page.locator(".index a[href='#intrusion-25']").click()
    playwright.expect(page.locator("#intrusion-25 details.fold")).to_have_attribute("open", "")


def test_links_lead_only_to_intrusions_that_are_shown(show: Open) -> None:
    page = show(singles(205))
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href').slice(1))"
    )
    assert [target for target in set(targets) if page.locator(f"[id='{target}']").count() != 1] == []


def test_print_is_light_short_and_says_what_it_leaves_out(show: Open) -> None:
    page = show(singles(80), scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    drawn = "[...document.querySelectorAll('#chart path[aria-roledescription=bar]')]"
    page.wait_for_selector("#chart svg", state="attached")
    assert set(page.evaluate(drawn + ".map((bar) => getComputedStyle(bar).fill)")) == {"rgb(194, 71, 13)"}
    assert page.locator("#printed").inner_text().startswith("50 of 80 findings")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".intrusion details[open]").count() == 10
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".intrusion details[open]").count() == 3
