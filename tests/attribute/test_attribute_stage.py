"""The stage over a store: which traits count for which campaign, what it writes, that a second run changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from ringleader import cli
from ringleader.attribute import stage, told
from ringleader.attribute.campaign import campaigns
from ringleader.case import Case
from ringleader.errors import UsageError
from ringleader.knowledge import Knowledge
from ringleader.schema import tables
from ringleader.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GALLIUM = ("T1505.003", "T1003.001", "T1018", "T1047", "T1036.003", "T1560.001")
runner = CliRunner()


def a_case(
    folder: Path,
    traits: Mapping[str, Sequence[tuple[str, str, str]]],
    campaigns: Mapping[str, Sequence[str]] = {},
    levels: Sequence[tuple[str, str, str]] = (),
) -> Store:
    """``traits``: kind, value and grade by intrusion; ``levels``: intrusion, technique and level of a finding."""
    store = Store.open(folder, create=True)
    rows = [
        {"owner_kind": "intrusion", "owner_id": owner, "kind": kind, "value": value, "grade": grade, "count": 1}
        for owner, found in traits.items()
        for kind, value, grade in found
    ]
    intrusions = [{"intrusion_id": key, "first_time": NOW, "score": float(n)} for n, key in enumerate(traits)]
    grouped = [{"campaign_id": key, "name": f"Name {key}", "intrusion_ids": list(of)} for key, of in campaigns.items()]
    findings = [
        {"finding_id": f"f{n}", "techniques": [technique], "level": level, "time": NOW}
        for n, (_, technique, level) in enumerate(levels)
    ]
    steps = [{"intrusion_id": owner, "finding_id": f"f{n}"} for n, (owner, _, _) in enumerate(levels)]
    with store.transaction() as tx:
        for name, content in (
            ("traits", rows), ("intrusions", intrusions), ("campaigns", grouped), ("findings", findings),
            ("steps", steps),
        ):  # fmt: skip
            if content:
                tx.write(name, name, pa.Table.from_pylist(content, tables.ALL[name]))
    return store


def techniques(*values: str, grade: str = "A2") -> list[tuple[str, str, str]]:
    return [("technique", value, grade) for value in values]


def test_a_campaign_has_the_traits_of_its_intrusions_each_once_and_the_best_graded(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    store = a_case(
        tmp_path,
        {
            "i1": [*techniques("T1505.003"), ("software", "S0020", "A4"), ("domain", "x.example", "A2")],
            "i2": [*techniques("T1505.003", "T1018"), ("software", "S0020", "A2")],
            "i3": techniques("T1047"),
        },
        {"c1": ["i1", "i2"], "c2": ["i3"]},
    )
    one, other = campaigns(store, knowledge)
    assert (one.id, one.intrusions, other.id) == ("c1", 2, "c2")
    assert [(t.value, t.grade) for t in one.profile] == [("S0020", "A2"), ("T1018", "A2"), ("T1505.003", "A2")]


def test_without_campaigns_each_intrusion_counts_and_that_is_said(tmp_path: Path) -> None:
    store = a_case(tmp_path, {"i1": techniques(*GALLIUM), "i2": techniques("T1047")})
    summary = stage.run(store)
    assert (summary.campaigns, summary.grouped) == (2, False)
    found = told.campaigns(store)
    assert [one.campaign_id for one in found] == ["i2", "i1"], "the gravest first"
    assert all(stage.ALONE in one.answer.notes for one in found)
    grouped = a_case(tmp_path / "other", {"i1": techniques("T1047")}, {"c": ["i1"]})
    assert stage.run(grouped).grouped
    assert stage.ALONE not in told.campaigns(grouped)[0].answer.notes


def test_a_technique_is_as_credible_as_its_most_serious_rule(tmp_path: Path, knowledge: Knowledge) -> None:
    store = a_case(
        tmp_path,
        {"i1": techniques("T1047", "T1018", "T1105", grade="A3"), "i2": techniques("T1018", grade="B3")},
        {"c": ["i1"], "d": ["i2"]},
        [
            ("i1", "T1047", "low"), ("i1", "T1047", "high"), ("i1", "T1018", "informational"),
            ("i2", "T1018", "critical"),
        ],
    )  # fmt: skip
    one, other = campaigns(store, knowledge)
    assert {t.value: t.grade for t in one.profile} == {"T1047": "A2", "T1018": "A5", "T1105": "A3"}
    assert {t.value: t.grade for t in other.profile} == {"T1018": "B2"}, "the source stays what it is"


def test_tools_without_an_id_count_where_their_name_means_one(tmp_path: Path, knowledge: Knowledge) -> None:
    store = a_case(
        tmp_path, {"i": [("software", value, "A3") for value in ("mimikatz", "Wevtutil", "winrar", "S0020")]}
    )
    [one] = campaigns(store, knowledge)
    assert one.profile.values("software") == ["S0002", "S0020", "S0645"]
    assert one.unknown == ("winrar",)
    stage.run(store)
    [answer] = told.campaigns(store)
    assert any("winrar" in note for note in answer.answer.notes)


def test_rows_are_a_ranking_that_sums_to_one(tmp_path: Path) -> None:
    store = a_case(
        tmp_path, {"i": [*techniques(*GALLIUM), *(("software", s, "A2") for s in ("S0020", "S0013", "S0062"))]}
    )
    stage.run(store)
    rows = store.read("attributions").to_pylist()
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert sum(row["probability"] for row in rows) == pytest.approx(1)
    assert [row["probability"] for row in rows] == sorted((row["probability"] for row in rows), reverse=True)
    assert "unknown" in {row["candidate"] for row in rows}
    assert [row["detail"] is not None for row in rows] == [True] + [False] * (len(rows) - 1)
    detail = json.loads(rows[0]["detail"])
    assert {"band", "confidence", "without_kind", "planted", "leads", "notes"} <= set(detail)
    for row in rows:
        lines = json.loads(row["contributions"])
        if row["verdict"] != "not indicated" or row["rank"] <= stage.EXPLAINED:
            assert lines
        assert all(set(line) == {"kind", "value", "weight", "reason"} for line in lines)


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    store = a_case(tmp_path, {"i1": techniques(*GALLIUM), "i2": techniques("T1047")})
    stage.run(store)
    before = [(file.path, file.sha256) for file in store.entries("attributions")]
    stage.run(store)
    assert [(file.path, file.sha256) for file in Store.open(tmp_path).entries("attributions")] == before


def test_a_case_with_nothing_in_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    assert stage.run(store).campaigns == 0
    assert told.campaigns(store) == []
    empty = a_case(tmp_path / "other", {"i": [("domain", "x.example", "A2")]}, {"c": ["i"], "d": []})
    empty.refresh()
    stage.run(empty)
    for one in told.campaigns(empty):
        assert one.answer.candidates[0].id == "unknown"
        assert any("nothing to compare" in note for note in one.answer.notes)


def test_hostile_values_are_kept_as_they_are(tmp_path: Path) -> None:
    nasty = '</script>\x1b[2J\u202e"=1+1'
    store = a_case(tmp_path, {"i": [("software", nasty, "A3"), ("technique", nasty, "A3"), *techniques("T1047")]})
    stage.run(store)
    [one] = told.campaigns(store)
    assert any(nasty in note for note in one.answer.notes)


def test_one_is_found_by_the_beginning_of_its_id_or_its_name(tmp_path: Path) -> None:
    store = a_case(tmp_path, {"i1": techniques("T1047"), "i2": techniques("T1018")}, {"ca": ["i1"], "cb": ["i2"]})
    stage.run(store)
    found = told.campaigns(store)
    assert told.find(found, "ca")[0].campaign_id == "ca"
    assert told.find(found, "Name cb")[0].campaign_id == "cb"
    for text in ("c", "x", ""):
        with pytest.raises(UsageError):
            told.find(found, text)


# The verb


def run(*arguments: object, code: int = 0) -> Result:
    done = runner.invoke(cli.app, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def case(tmp_path: Path) -> Path:
    Case.create(tmp_path / "case")
    software = [("software", value, "A2") for value in ("S0020", "S0013", "winrar\x1b[2J")]
    a_case(tmp_path / "case", {"aa": techniques("T1047"), "bb": [*techniques(*GALLIUM), *software]})
    return tmp_path / "case"


def test_a_case_is_told_campaign_by_campaign(case: Path) -> None:
    done = run("attribute", case)
    for part in ("2 campaigns, the gravest first", "Intrusion aa", "Intrusion bb", stage.ALONE, "were planted",
                 "Why ", "Look for next", "winrar"):  # fmt: skip
        assert part in done.stdout, part
    assert "\x1b" not in done.output
    only = run("attribute", case, "--campaign", "b").stdout
    assert "Intrusion bb" in only and "Intrusion aa" not in only


def test_a_case_as_json(case: Path) -> None:
    data = json.loads(run("attribute", case, "--json").stdout)
    assert [one["campaign_id"] for one in data["campaigns"]] == ["bb", "aa"]
    for one in data["campaigns"]:
        assert sum(c["probability"] for c in one["candidates"]) == pytest.approx(1)
        assert {"id", "name", "probability", "verdict", "contributions"} <= set(one["candidates"][0])
        assert one["band"]["word"]


@pytest.mark.parametrize("arguments", [[], ["CASE", "--traits", "T1047"], ["--traits", "T1047", "--campaign", "x"]])
def test_one_of_case_and_traits_is_needed(case: Path, arguments: list[str]) -> None:
    run("attribute", *[str(case) if a == "CASE" else a for a in arguments], code=2)


def test_knowledge_is_remembered_and_checked_first(case: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    base = Knowledge.load()
    base.save(own)
    run("attribute", case, "--knowledge", own, code=8)
    from ringleader.attribute import Model
    from ringleader.knowledge import BUILT_IN

    Model.load(BUILT_IN).save(own)
    run("attribute", case, "--knowledge", own)
    assert "Knowledge as in the last run" in run("attribute", case).stderr
    for file in own.iterdir():
        file.unlink()
    own.rmdir()
    assert "the knowledge of the last run is gone" in run("attribute", case, code=2).stderr
    run("attribute", case, "--knowledge", "builtin")
    assert "Knowledge as in" not in run("attribute", case).stderr


def test_an_own_group_is_ranked_like_any_other(tmp_path: Path, knowledge: Knowledge) -> None:
    from ringleader.attribute import Model
    from ringleader.knowledge import BUILT_IN

    uses = [*GALLIUM, "S0590", "T1583.004"]
    entities = knowledge.tables["entities"].to_pylist()
    like = next(row for row in entities if row["id"] == "G0093")
    entities.append({**like, "id": "OWN-1", "name": "Grey Heron", "origin": "ours"})
    reports = knowledge.tables["reports"].to_pylist()
    reports.append({**reports[0], "name": "CERT note 7", "also": [], "url": None})
    relations = knowledge.tables["relations"].to_pylist()
    relations += [
        {**relations[0], "source": "OWN-1", "type": "uses", "target": use, "reports": [len(reports) - 1],
         "origin": "ours", "read_in": None}
        for use in uses
    ]  # fmt: skip
    changed = {"entities": entities, "reports": reports, "relations": relations}
    found = {
        name: pa.Table.from_pylist(changed[name], table.schema) if name in changed else table
        for name, table in knowledge.tables.items()
    }
    Knowledge(found).save(tmp_path / "k")
    Model.load(BUILT_IN).save(tmp_path / "k")
    software = [("software", "S0590", "A2")]
    store = a_case(tmp_path / "case", {"i": [*techniques(*GALLIUM, "T1583.004"), *software]})
    stage.run(store, tmp_path / "k")
    [one] = told.campaigns(store)
    assert one.answer.groups[0].id == "OWN-1"
    assert one.answer.groups[0].name == "Grey Heron"
    assert "CERT note 7" in {line.value for line in one.answer.groups[0].contributions}


def test_much_evidence_says_no_more_than_the_model_was_fitted_on(tmp_path: Path, knowledge: Knowledge) -> None:
    many = [e.id for e in knowledge.of_kind("technique")][:120]
    store = a_case(tmp_path, {"i": techniques(*many, grade="A1")})
    stage.run(store)
    [one] = told.campaigns(store)
    assert any("together they count as 30" in note for note in one.answer.notes)
    assert sum(c.probability for c in one.answer.candidates) == pytest.approx(1)
