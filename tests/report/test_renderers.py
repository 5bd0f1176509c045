"""One model, three forms: what each says, and that evidence speaks through none of them."""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

sys.path.insert(0, str(Path(__file__).parent))
import sample
from test_report import HOSTILE, hostile

from ringleader.report import RENDERERS, Model, from_tables
from ringleader.report.model import Moment
from ringleader.report.renderers import Html, Json, Markdown
from ringleader.report.renderers.html import NAME_BUDGET, embedded, script_json
from ringleader.report.renderers.json import NAME, published, schema
from ringleader.report.renderers.markdown import cell, code, plain

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference"
MADE_UP = [text for text in HOSTILE if text != "\ud800"]


def whole(said: str = "", **more: object) -> Model:
    return from_tables(sample.whole(said), "Asia/Kuala_Lumpur", [], sample.config(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.name)
@pytest.mark.parametrize("tables", [sample.whole, sample.story, hostile, sample.empty], ids=lambda each: each.__name__)
def test_each_renderer_tells_each_case_and_the_same_twice(renderer: object, tables: object) -> None:
    told = renderer.render(from_tables(tables(), config=sample.config()))
    assert told == renderer.render(from_tables(tables(), config=sample.config()))
    assert told.decode()
    assert renderer.file.startswith("report.")


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.name)
def test_the_order_of_rows_changes_no_byte(renderer: object) -> None:
    tables = sample.whole()
    order = random.Random(3)
    names = [name for name in tables.__dataclass_fields__ if name not in ("kinds", "hosts", "fetch")]
    shuffled = {
        name: table.take(order.sample(range(table.num_rows), table.num_rows))
        for name in names
        if (table := getattr(tables, name)).num_rows
    }
    one, other = (from_tables(each, "UTC", [], sample.config()) for each in (tables, replace(tables, **shuffled)))
    assert renderer.render(one) == renderer.render(other)


def test_the_schema_in_the_docs_is_that_of_the_model() -> None:
    assert (DOCS / NAME).read_text(encoding="utf-8") == published(), "run `make docs` and look at the difference"
    described = schema()["$defs"]["Jewel"]
    assert "role of hosts" in described["description"]
    assert schema()["$defs"]["Trait"]["properties"]["grade"]["description"].startswith("Admiralty")


@pytest.mark.parametrize("tables", [sample.whole, sample.story, hostile, sample.empty], ids=lambda each: each.__name__)
def test_json_keeps_to_its_schema_and_is_the_model(tables: object) -> None:
    model = from_tables(tables(), config=sample.config())
    told = json.loads(Json().render(model))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(told)
    assert len(told["findings"]) == model.headline.findings
    assert told["headline"]["intrusions"] == model.headline.intrusions
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**told, "format": "one"}, schema())


def test_markdown_as_people_read_it(snapshot: object) -> None:
    assert Markdown().render(whole()).decode() == snapshot


ALLOWED = {"h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td"}


def elements(content: str) -> set[str]:
    made = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(content)
    return set(re.findall(r"<([a-z0-9]+)", made))


@pytest.mark.parametrize("text", [*MADE_UP, *[
    "[click](javascript:alert(1))", "![x](https://evil.example/x.png)", "<https://evil.example>", "# heading", "- item",
    "1. item", "> quote", "```\nfence", "| a | b |", "a\\|b", "a\\\\|b", "x`y``z", "`", "~~gone~~", "*bold* _it_ __b__",
    "[^1]: note", "===", "---", "&lt;script&gt;", "https://evil.example www.evil.example", "\\", "$x$", "{{ 7*7 }}",
    "line\nbreak\r\n# forged", "+ item", "<!-- x", "a@evil.example",
]])  # fmt: skip
def test_markdown_makes_nothing_of_what_evidence_says(text: str) -> None:
    for wrapped in (f"- {plain(text)}", f"Before {plain(text)} after", f"{code(text)}", f"- {code(text)} after"):
        assert elements(wrapped) <= ALLOWED - {"h1", "h2", "h3", "ol", "strong", "em"}, wrapped
        assert "\n" not in wrapped
    row = f"| a | b |\n| --- | --- |\n| {cell(text)} | {plain(text)} |\n"
    made = MarkdownIt("commonmark").enable("table").render(row)
    assert made.count("<td>") == 2
    assert elements(row) <= ALLOWED - {"h1", "h2", "h3", "ol", "ul", "strong", "em"}


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.example", "a@evil.example"])
def test_markdown_leaves_nothing_that_becomes_a_link_by_itself(text: str) -> None:
    """GitHub makes links of bare addresses; a backslash in them stops it."""
    assert not re.search(r"https?://|www\.|\w@\w", plain(text))


@pytest.mark.parametrize("text", MADE_UP)
def test_hostile_texts_in_every_field_of_every_table(text: str) -> None:
    model = whole(f" {text}")
    told = Markdown().render(model).decode()
    assert elements(told) <= ALLOWED
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e\u2028]", told)
    page = Html().render(model).decode()
    outside = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"<(img|svg onload|iframe|object)", outside)
    assert page.count("<script") == page.count("</script>") == 3
    jsonschema.validate(json.loads(Json().render(model)), schema())
    for content in (told, page, Json().render(model).decode()):
        assert "never shown" not in content and "unknown key" not in content


def test_statements_come_through_whatever_their_aspect_or_data() -> None:
    tables = sample.whole()
    rows = tables.assessments.to_pylist()
    for row, data in zip(
        rows, ["{", "[]", "null", '{"hosts": 3}', "1e999", '{"nodes": [1, {}]}', "[" * 5000], strict=False
    ):
        row["data"] = data
    broken = replace(tables, assessments=tables.assessments.from_pylist(rows, tables.assessments.schema))
    model = from_tables(broken, config=sample.config())
    for renderer in RENDERERS:
        told = re.sub(r"\\(.)", r"\1", renderer.render(model).decode()).replace("&#39;", "'")
        assert [row["statement"] for row in rows if row["statement"] not in told] == []


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.name)
def test_the_marking_is_on_it(renderer: object) -> None:
    assert b"TLP:" not in renderer.render(whole())
    told = renderer.render(whole(tlp="TLP:AMBER+STRICT")).decode()
    assert "TLP:AMBER+STRICT" in told
    if renderer.name == "html":
        heads = told.count('<header class="page-head">')
        assert heads >= 12
        assert told.count('<p class="tlp amber-strict"') == heads + 1  # and the foot


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ("campaigns", "Intrusions were not grouped"),
        ("attributions", "No campaign was held beside the known groups"),
        ("assessments", "were not assessed"),
        ("pairs", "Nothing was held beside anything else"),
        ("traits", "characteristic of each intrusion was not worked out"),
    ],
)
def test_what_was_not_done_is_said_with_what_would_do_it(missing: str, word: str) -> None:
    tables = sample.whole()
    less = replace(tables, **{missing: getattr(tables, missing).slice(0, 0)})
    for renderer in RENDERERS:
        assert word in renderer.render(from_tables(less, config=sample.config())).decode()
        assert word not in renderer.render(whole()).decode()


def test_each_question_has_an_answer_or_says_why_not() -> None:
    for tables in (sample.whole(), sample.story(), sample.empty(), sample.case([])):
        answers = from_tables(tables).answers
        assert len(answers) == 7
        assert [answer.key for answer in answers if not (answer.statements or answer.gaps)] == []
    first = whole().answers[0]
    assert "earliest trace is of 2026-03-02 09:12:04" in first.statements[0].text
    assert first.statements[1].confidence == "moderate" and first.statements[1].findings


def test_coverage_names_the_silent_hosts_and_the_missing_telemetry() -> None:
    coverage = whole().coverage
    assert [silent.host for silent in coverage.silent or ()] == ["hlr01.corp.example"]
    names = {blind.name for blind in coverage.blind}
    assert "Databases" in names and "Windows processes" not in names and "Exchange" not in names
    assert from_tables(sample.whole()).coverage.silent is None


def test_a_campaign_has_its_parts() -> None:
    first = whole().campaigns[0]
    assert first.name == "Amber Heron" and first.intrusions == [1] and first.findings == 9
    assert {t.id: t.name for t in first.matrix}["T1003.001"] == "LSASS Memory"
    assert first.hours[1:3] == [4, 1] and first.zone == "UTC+08:00"
    assert first.attribution and first.attribution.candidates[0].words == "unlikely"
    assert first.attribution.candidates[0].contributions[0].value == "S0020 China Chopper"
    assert {node.role for node in first.graph.nodes} == {"", "mail", "billing"}
    assert any(edge.source == "h:mail01.corp.example" for edge in first.graph.edges)
    kinds = [trait.kind for trait in first.traits]
    assert kinds.count("file-name") == 8 and first.traits_left_out == 3


def test_the_reach_has_layers_from_what_is_held() -> None:
    [impact] = whole().assessment.impact
    assert {node.label: node.layer for node in impact.graph.nodes} == {
        "ex01.corp.example": 0, "CORP\\svc-acme": 0, "bil01.corp.example": 1, "voice": 2,
    }  # fmt: skip
    assert impact.paths[0][-1] == "voice" and impact.cuts[0].removes == "2"


def heavy(rows: int = 60, characters: int = 600) -> Model:
    """As many intrusions as are told, each with rows of long values that are nobody else's."""
    model = whole()
    one = model.intrusions[0]

    def moment(number: int, row: int) -> Moment:
        values = [(f"Field{n}", f"<{number} {row} {n}>".ljust(characters, "漢")) for n in range(12)]
        return replace(one.moments[0], number=row, values=values)

    intrusions = [
        replace(one, number=number, findings=rows, moments=[moment(number, row) for row in range(1, rows + 1)])
        for number in range(1, 201)
    ]
    return replace(model, intrusions=intrusions, headline=replace(model.headline, intrusions=200))


@pytest.mark.slow
def test_the_page_stays_below_its_limit_and_says_what_is_left_out() -> None:
    told = Html().render(heavy())
    assert 1_000_000 < len(told) < 20_000_000
    words = re.sub(r"<[^>]+>", "", told.decode())
    assert re.search(r"\d+ further intrusions with lower scores are not shown here", words)
    assert re.search(r"\d+ intrusions with the lowest scores", words)


def test_texts_of_findings_keep_to_their_budget() -> None:
    one = whole().findings[0]
    findings = [
        replace(one, id=f"f{n}", host=f"{n}".ljust(200, "漢"), values=[("a", f"{n}".ljust(500, "<"))])
        for n in range(2_000)
    ]
    columns, without = embedded(findings, {"f7"}, 500_000)
    size = len(script_json(columns["texts"]).encode())
    assert size < 500_000 + NAME_BUDGET and 0 < without < 2_000
    assert columns["ids"] == {"f7": 7}
    kept = [columns["texts"][at] for at in columns["values"]]
    assert sum(text == "" for text in kept) == without
