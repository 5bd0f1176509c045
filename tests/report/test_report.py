"""What the report says, and that evidence cannot speak through it."""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import sample

from ringleader.errors import UsageError
from ringleader.report import build, from_tables
from ringleader.report.renderers.html import page as render
from ringleader.report.renderers.html import script_json
from ringleader.report.text import clock, visible
from ringleader.schema import tables


def plain(html: str) -> str:
    """The words of the body, without scripts and marks."""
    body = re.sub(r"<script.*?</script>|<style.*?</style>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def embedded(html: str) -> dict[str, list]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def test_the_story_in_plain_words() -> None:
    words = plain(render(from_tables(sample.story())))
    assert "2 intrusions on 4 hosts" in words
    assert "2026-03-02 01:12:04" in words and "over 9 h" in words
    assert "90 findings are part of no intrusion" in words
    assert "3 records or files could not be read" in words
    assert "joined to 5 by remote logon mail01.corp.example as svc-backup weight 4.2" in words
    assert "Initial access Persistence Discovery" not in words  # the chain is in the order of tactics:
    assert "Initial access Execution Persistence Credential access Discovery Lateral movement Collection" in words


def test_timezone_moves_what_is_shown() -> None:
    html = render(from_tables(sample.story(), "Asia/Tokyo"))
    assert "2026-03-02 10:12:04" in plain(html) and "times in Asia/Tokyo" in html
    assert embedded(html)["time"][0] == sample.START.timestamp()
    with pytest.raises(UsageError):
        from_tables(sample.story(), "Nowhere/At_all")


@pytest.mark.parametrize(
    ("tables", "title"),
    [(sample.empty(), "Nothing was read"), (sample.case([]), "No rule fired")],
    ids=["nothing", "no findings"],
)
def test_without_findings_it_says_what_that_means(tables: sample.Tables, title: str) -> None:
    assert title in plain(render(from_tables(tables)))


def test_the_same_rows_in_any_order_give_the_same_bytes() -> None:
    tables = sample.story()
    order = random.Random(7)
    names = ("findings", "intrusions", "steps", "evidence", "rejects")
    shuffled = {}
    for name in names:
        table = getattr(tables, name)
        shuffled[name] = table.take(order.sample(range(table.num_rows), table.num_rows))
    assert render(from_tables(replace(tables, **shuffled))) == render(from_tables(tables))


def test_nothing_may_be_loaded_and_only_known_scripts_may_run() -> None:
    html = render(from_tables(sample.story()))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert "default-src &#39;none&#39;" in policy and "unsafe" not in policy and "http" not in policy
    assert not re.search(r"\s(src|srcset|action|formaction|onclick|onload)=", html.split("<script", 1)[0])
    assert all(link.startswith("#") for link in re.findall(r'<a [^>]*href="([^"]*)"', html))
    assert " style=" not in html.split("<script", 1)[0]


def renamed(rows: list[dict], *numbers: int, host: str = "10.20.1.15") -> list[dict]:
    for number in numbers:
        rows[number]["host"] = host
    return rows


@pytest.mark.parametrize("entity", ["203.0.113.77", "hlp.aspx on mail01.corp.example"])
def test_an_address_is_shown_as_the_host_that_link_found_it_to_be(entity: str) -> None:
    """By what is left over when no other host is possible, or by what a join says."""
    story = sample.story()
    rows = renamed(story.findings.to_pylist(), 1, 2)
    alone = sample.intrusion("c" * 16, [rows[1] | {"host": sample.MAIL}], 5)
    steps = story.steps.to_pylist()
    if " on " in entity:
        steps[2]["entity"] = entity
        tables = sample.case(rows, story.intrusions.to_pylist(), steps)
    else:
        rows.append(rows[1] | {"finding_id": "extra", "event_id": "extra"})
        tables = sample.case(rows, [*story.intrusions.to_pylist(), alone], [*steps, sample.step("c" * 16, rows[-1])])
    model = from_tables(tables)
    assert "10.20.1.15" not in {host.name for host in model.hosts}
    assert model.intrusions[0].lanes.names == model.intrusions[0].hosts
    assert {moment.host for moment in model.intrusions[0].moments[:3]} == {sample.MAIL}


def test_a_host_that_nobody_knows_has_a_lane_of_its_own() -> None:
    story = sample.story()
    rows = renamed(story.findings.to_pylist(), 5)
    found = from_tables(sample.case(rows, story.intrusions.to_pylist(), story.steps.to_pylist())).intrusions[0]
    assert found.lanes.names == [*found.hosts, "10.20.1.15"]
    assert [tick.level for tick in found.lanes.ticks if tick.lane == 3] == ["high"]


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{ 7*7 }}",
    "<!--<script>",
    "\x00\x1b[31mred\u202egnp.exe",
    "\u2028alert(1)//",
    "=cmd|' /C calc'!A0",
    "\ud800",
]


def hostile() -> sample.Tables:
    rows = []
    for number, text in enumerate(HOSTILE):
        safe = text.encode("utf-8", "replace").decode()
        rows.append(sample.finding(number, sample.START, safe, safe, safe, "high", safe, safe, {safe: safe}))
    rows.append(sample.finding(99, None, "big", "", "Big", "high", "T1", "impact", {"x": "A" * 1_000_000}))
    first = rows[:3]
    steps = [sample.step("c" * 16, row, "lineage", HOSTILE[0], first[0]["finding_id"]) for row in first]
    return sample.case(rows, [sample.intrusion("c" * 16, first, 9)], steps, path=HOSTILE[0])


class Elements(HTMLParser):
    """What a parser makes of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_hostile_texts_are_shown_and_do_nothing() -> None:
    html = render(from_tables(hostile()))
    page = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    assert (
        "alert(1)</script>" not in page
        and "<img" not in page
        and "onload=alert" not in re.sub(r"&[^;]+;", "", page).replace("svg onload=alert(1)", "")
    )
    assert "␀␛[31mred⟨U+202E⟩gnp.exe" in page
    assert "\x00" not in page and "\u202e" not in page and "\u2028" not in page
    assert "(1,000,000 characters)" in page and "A" * 1000 not in page
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|>49<", page)
    assert HOSTILE[0] in embedded(html)["texts"]


def test_json_in_a_script_cannot_end_it() -> None:
    encoded = script_json({"a": "</ScRiPt><!--&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(encoded)
    assert json.loads(encoded) == {"a": "</ScRiPt><!--&\u2028\u2029"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\tb\r\n", "a␉b␍␊"),
        ("\x7f", "␡"),
        ("x\u200by", "x⟨U+200B⟩y"),
        (None, ""),
        ("é漢\U0001f600", "é漢\U0001f600"),
        ("ab", "a… (2 characters)"),
    ],
)
def test_hidden_characters_are_spelled_out(raw: str | None, shown: str) -> None:
    assert visible(raw, 1 if raw == "ab" else 600) == shown


@dataclass
class Problem:
    path: str = "rules/<b>.yml"
    line: int | None = 7
    code: str = "condition"
    message: str = "no such item <i>"


def test_rules_that_could_not_be_used_are_named() -> None:
    assert "This report was not told" in render(from_tables(sample.story()))
    assert "This report was not told" not in render(from_tables(sample.story(), problems=[]))
    html = render(from_tables(sample.story(), problems=[Problem()]))
    assert "rules/&lt;b&gt;.yml:7" in html and "no such item &lt;i&gt;" in html


def test_a_rule_that_could_not_be_used_is_listed_once() -> None:
    story, problem = sample.story(), Problem()
    rule = {
        "stage": "detect", "path": problem.path, "offset": problem.line, "code": problem.code, "detail": "no such item"
    }  # fmt: skip
    both = pa.Table.from_pylist([rule, rule | {"code": "not-matched", "offset": -1}], schema=tables.REJECTS)
    story = replace(story, rejects=pa.concat_tables([story.rejects, both]))
    assert {reject.code for reject in from_tables(story).coverage.rejects if reject.stage == "detect"} == {
        "condition",
        "not-matched",
    }
    told = from_tables(story, problems=[problem])
    assert [reject.code for reject in told.coverage.rejects if reject.stage == "detect"] == ["not-matched"]
    assert len(told.coverage.problems or ()) == 1


def test_one_loud_rule_is_cut_and_says_so(tmp_path: Path) -> None:
    model = from_tables(sample.many(12_000, rules=1))
    assert len(model.findings) == 5_000 and model.omissions[0].count == 7_000
    assert model.headline.findings == model.rules[0].findings == 12_000
    assert "5,000 of 12,000 findings are listed: of one rule at most 5,000" in plain(render(model))


def test_repetitions_are_one_row_of_a_timeline() -> None:
    rows = sample.many(50, rules=1)
    listed = rows.findings.to_pylist()
    for row in listed:
        row.update(host="a", account="b", level="high")
    tables = sample.case(
        listed, [sample.intrusion("d" * 16, listed, 8)], [sample.step("d" * 16, row) for row in listed]
    )
    [found] = from_tables(tables).intrusions
    assert [moment.times for moment in found.moments] == [50]


def test_times_that_cannot_be_are_not_drawn() -> None:
    rows = sample.story().findings.to_pylist()
    rows[0]["time"] = rows[0]["time"].replace(year=1601)
    rows[1]["time"] = rows[1]["time"].replace(year=9999)
    assert "2 findings carry a time before 1990" in plain(render(from_tables(sample.case(rows))))


def test_a_failed_write_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build(from_tables(sample.story()), tmp_path / "reports" / "report.html")
    old = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        build(from_tables(sample.empty()), path)
    assert path.read_bytes() == old and [p.name for p in path.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (None, ""),
        ("{}", ""),
        ('{"a": 0}', ""),
        ('{"ws117": 3600}', "ws117: 1 h added to every time"),
        ('{"b": -90, "a": 14400, "c": 14400}', "b: 1 min 30 s taken from every time; a, c: 4 h added to every time"),
        ("[1]", "[1]"),
        ("{", "{"),
        ('{"a": 1e999}', '{"a": 1e999}'),
    ],
)
def test_a_corrected_clock_is_told_in_words(raw: str | None, words: str) -> None:
    told = clock(raw)
    assert sorted(told.split("; ")) == sorted(words.split("; "))


def test_reasons_for_not_reading_are_told_apart() -> None:
    tables = sample.story()
    rejects = tables.rejects.to_pylist()
    rejects += [rejects[0] | {"code": code} for code in ("unknown-format", "duplicate", "duplicate")]
    words = plain(
        render(from_tables(replace(tables, rejects=tables.rejects.from_pylist(rejects, tables.rejects.schema))))
    )
    assert "4 records or files could not be read (3 damaged or refused, 1 of unknown format)" in words
    assert "2 files were given twice and are counted once" in words


def test_a_join_to_a_later_row_is_worded_as_one() -> None:
    story = sample.story()
    steps = story.steps.to_pylist()
    steps[0].update(entity_kind="address", entity="203.0.113.77", joined_to=steps[1]["finding_id"])
    words = plain(render(from_tables(replace(story, steps=story.steps.from_pylist(steps, story.steps.schema)))))
    assert "joined with 2 by address 203.0.113.77" in words
    assert "joined to 5 by remote logon" in words


def test_a_technique_shows_each_level_of_its_findings() -> None:
    found = {technique.id: technique.levels for technique in from_tables(sample.story()).techniques}
    assert found["T1505.003"] == {"critical": 1, "high": 1}
