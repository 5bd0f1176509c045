"""The score of small stores whose figures are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from judged import DEEDS, FILE, day, event, finding, perfect, store, truth
from syrupy.assertion import SnapshotAssertion

from ringleader.case import KEY
from ringleader.errors import TruthError
from ringleader.scenario import score as scores
from ringleader.scenario.scores.matched import match
from ringleader.schema import subscriber, tables

NEW_TABLES = {
    "campaigns": [("campaign_id", pa.string()), ("intrusion_ids", tables.WORDS)],
    "attributions": [("campaign_id", pa.string()), ("candidate", pa.string()), ("probability", pa.float64())],
    "assessments": [(name, pa.string()) for name in ("subject_kind", "subject_id", "aspect", "data")],
}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose stages write the tables that this one lacks."""
    for name, columns in NEW_TABLES.items():
        monkeypatch.setitem(tables.ALL, name, pa.schema(columns))


def figures(found: Any, section: str) -> Any:
    result = scores.score(found, truth()).sections[section]
    assert result.not_yet is None
    return result.figures


def test_a_perfect_hunt_scores_ones(tmp_path: Path) -> None:
    score = scores.score(perfect(tmp_path), truth())
    named = score.sections["techniques"].figures
    assert (named.everything.steps, named.everything.found, named.everything.named) == (4, 4, 4)
    assert (named.everything.step_recall, named.everything.technique_recall, named.everything.missed) == (1, 1, [])
    assert {one.actor: one.recall.step_recall for one in named.actors} == {"cobra": 1, "mole": 1, "gang": 1}
    found = score.sections["findings"].figures
    every = found.everything
    assert (every.findings, every.true, every.decoy, every.false, every.precision) == (5, 4, 1, 0, 1)
    assert (found.lines.lines, found.lines.found, found.lines.recall) == (8, 4, 0.5)
    assert (found.decoy_lines.lines, found.decoy_lines.found) == (2, 1)
    assert found.noisiest == []
    linked = score.sections["linking"].figures
    by = linked.by_intrusion
    assert (by.items, by.pair_precision, by.pair_recall, by.bcubed_f1, by.ari) == (5, 1, 1, 1, 1)
    assert (linked.by_actor.pair_precision, linked.by_actor.pair_recall) == (1, pytest.approx(1 / 3))
    assert (linked.intrusions, linked.true_intrusions, linked.whole, linked.false) == (4, 4, 4, 0)
    assert linked.split == linked.merged == linked.unlinked == []
    assert [one.share for one in linked.actors] == [1, 1, 1]
    seen = score.sections["seen"].figures
    assert [(one.late_days, one.linked_late_days) for one in seen.actors] == [(0, 0)] * 3
    assert (seen.median_late_days, seen.worst_late_days) == (0, 0)


def test_no_findings_score_nothing_and_divide_by_nothing(tmp_path: Path) -> None:
    score = scores.score(store(tmp_path, [], {}), truth())
    named = score.sections["techniques"].figures.everything
    assert (named.steps, named.found, named.step_recall) == (4, 0, 0)
    assert named.missed == ["T1003", "T1003.001", "T1078", "T1505.003"]
    found = score.sections["findings"].figures
    assert (found.everything.findings, found.everything.precision, found.lines.recall) == (0, None, 0)
    linked = score.sections["linking"].figures
    assert (linked.by_actor.items, linked.by_actor.bcubed_precision, linked.by_actor.ari) == (0, None, None)
    assert [one.share for one in linked.actors] == [None] * 3
    seen = score.sections["seen"].figures
    assert [one.late_days for one in seen.actors] == [None] * 3
    assert seen.median_late_days is None


@pytest.mark.parametrize(
    ("findings", "intrusions", "section", "said"),
    [
        (None, None, "findings", "not yet: no stage has written the table findings of this case"),
        ((), None, "linking", "not yet: no stage has written the table intrusions of this case"),
        ((), {}, "clustering", "not yet: no table campaigns in this version"),
        ((), {}, "attribution", "not yet: no table campaigns in this version"),
        ((), {}, "assessment", "not yet: no table assessments in this version"),
    ],
)
def test_what_no_stage_wrote_scores_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, findings: Any, intrusions: Any, section: str, said: str
) -> None:
    # Not each by itself: put back, they would stand in another order.
    monkeypatch.setattr(tables, "ALL", {name: kind for name, kind in tables.ALL.items() if name not in NEW_TABLES})
    result = scores.score(store(tmp_path, findings, intrusions), truth()).sections[section]
    assert (result.figures, result.not_yet) == (None, said)


def test_a_parent_or_sub_technique_names_a_technique_and_a_sibling_does_not(tmp_path: Path) -> None:
    found = [
        finding("f1", (event(3), 1, ["T1003"])),  # the second line of T1003.001
        finding("f2", (event(4), 2, ["T1003.006", "T1078"])),  # T1003
        finding("f3", (event(0), 0, ["T1505.004"])),  # T1505.003
        finding("f4", (event(7), 3, [])),  # T1078
    ]
    named = figures(store(tmp_path, found, {}), "techniques")
    assert (named.everything.found, named.everything.named) == (4, 2)
    assert named.everything.missed == ["T1078", "T1505.003"]
    rows = {one.technique: (one.steps, one.found, one.named) for one in named.techniques}
    assert rows == {"T1003": (1, 1, 1), "T1003.001": (1, 1, 1), "T1078": (1, 1, 0), "T1505.003": (1, 1, 0)}


def test_steps_without_a_line_in_the_case_are_unseen_and_not_missed(tmp_path: Path) -> None:
    whole = truth()
    lines = tuple(
        line if line.actor != "cobra" else line.model_copy(update={"event_id": "cd" * 8 + f"-{line.line}"})
        for line in whole.lines
    )
    part = type(whole)(whole.story, lines)
    score = scores.score(perfect(tmp_path), part)
    assert (score.lines, score.lines_read) == (10, 4)
    named = score.sections["techniques"].figures
    assert (named.everything.steps, named.everything.unseen) == (1, 3)
    assert named.actors[0].recall.step_recall is None
    assert [one.actor for one in score.sections["seen"].figures.actors] == ["mole", "gang"]


def test_a_technique_is_wanted_only_where_its_line_was_read(tmp_path: Path) -> None:
    whole = truth()
    gone = whole.lines[1].model_copy(update={"event_id": "cd" * 8 + "-1", "technique": "T1190"})
    score = scores.score(perfect(tmp_path), type(whole)(whole.story, (whole.lines[0], gone, *whole.lines[2:])))
    named = score.sections["techniques"].figures.everything
    assert (named.steps, named.named, named.missed) == (4, 4, [])


def test_false_findings_are_counted_by_level_rule_and_host_day(tmp_path: Path) -> None:
    found = [
        finding("f1", (event(0), 0, [])),
        *(finding(f"n{number}", (f"{FILE[:16]}-{number}", 3, []), level="low") for number in range(1, 6)),
        finding("n9", ("ffffffffffffffff-0", 3, []), level="low"),
        finding("m1", ("ffffffffffffffff-1", 3, [])),
    ]
    counted = figures(store(tmp_path, found), "findings")
    assert (counted.everything.false, counted.everything.precision) == (7, 1 / 8)
    assert counted.host_days == 1000
    assert [(one.level, one.false, one.false_per_host_day) for one in counted.levels] == [
        ("high", 1, 0.001),
        ("low", 6, 0.006),
    ]
    assert [(one.rule_id, one.false, one.true) for one in counted.noisiest] == [("r-n", 6, 0), ("r-m", 1, 0)]


def test_a_correlation_is_true_by_any_of_its_events_and_belongs_to_the_one_that_completed_it(tmp_path: Path) -> None:
    cobra, mole = [event(0), event(2)], [event(6), event(7)]
    found = [
        finding("c1", ("ffffffffffffffff-0", 3, ["T1078"]), event_ids=[cobra[0], *mole]),
        finding("c2", (cobra[1], 3, []), event_ids=[cobra[1], *mole]),
        finding("c3", ("ffffffffffffffff-1", 3, []), event_ids=["ffffffffffffffff-2"]),
    ]
    opened = store(tmp_path, found, {"i1": ["c1"], "i2": ["c2"]})
    score = scores.score(opened, truth())
    assert score.sections["findings"].figures.everything.true == 2
    assert score.sections["techniques"].figures.everything.found == 3
    # c1 is mostly the mole's, c2 the cobra's: neither intrusion has two actors.
    linked = score.sections["linking"].figures
    assert linked.merged == []
    assert (linked.by_actor.items, linked.by_actor.bcubed_precision, linked.by_actor.bcubed_recall) == (2, 1, 1)


def test_split_and_merged_intrusions_are_told(tmp_path: Path) -> None:
    found = [
        finding("a", (event(0), 0, [])),
        finding("b", (event(1), 0, [])),
        finding("c", (event(2), 1, [])),
        finding("d", (event(6), 3, [])),
        finding("e", (event(4), 2, [])),
        finding("x", ("ffffffffffffffff-0", 3, [])),
        finding("y", ("ffffffffffffffff-1", 3, [])),
    ]
    # cobra-1 is in i1 and i2, the second with the mole's and a false finding; cobra-2 is a lead; i3 is nobody's.
    linked = figures(store(tmp_path, found, {"i1": ["a", "b"], "i2": ["c", "d", "x"], "i3": ["y"]}), "linking")
    assert [(one.actor, one.intrusion, one.parts, one.largest) for one in linked.split] == [
        ("cobra", "cobra-1", 2, pytest.approx(2 / 3))
    ]
    assert [(one.intrusion_id, one.actors, one.findings) for one in linked.merged] == [("i2", ["cobra", "mole"], 3)]
    assert (linked.unlinked, linked.whole) == (["cobra cobra-2"], 1)
    assert (linked.intrusions, linked.false, linked.false_findings) == (3, 1, 1)
    assert linked.false_per_1000_host_months == pytest.approx(1000 / (1000 / 30.4375))
    shares = {one.actor: (one.found, one.alone, one.share) for one in linked.actors}
    # Of the cobra's three steps the first is alone, the second with the mole's, the third in no intrusion.
    assert shares == {"cobra": (3, 1, pytest.approx(1 / 3)), "mole": (1, 0, 0), "gang": (0, 0, None)}
    by = linked.by_actor
    # Pairs claimed: ab, cd, cx, dx; right: ab. True pairs: six of the cobra's four.
    assert (by.pair_precision, by.pair_recall) == (1 / 4, 1 / 6)
    # a, b: 2/2; c, d: 1/3; e: 1/1, and of four: 2/4, 2/4, 1/4, 1/4; d: 1/1.
    assert by.bcubed_precision == pytest.approx((1 + 1 + 1 / 3 + 1 / 3 + 1) / 5)
    assert by.bcubed_recall == pytest.approx((0.5 + 0.5 + 0.25 + 1 + 0.25) / 5)


def test_a_step_that_is_partly_in_a_merged_intrusion_is_not_in_one_of_its_own(tmp_path: Path) -> None:
    found = [finding("a", (event(0), 0, [])), finding("b", (event(1), 0, [])), finding("d", (event(6), 3, []))]
    linked = figures(store(tmp_path, found, {"i1": ["a"], "i2": ["b", "d"]}), "linking")
    assert (linked.actors[0].found, linked.actors[0].alone) == (1, 0)


def test_a_finding_in_two_intrusions_counts_in_the_first(tmp_path: Path) -> None:
    matched = match(store(tmp_path, [finding("a", (event(0), 0, []))], {"i2": ["a"], "i1": ["a"]}), truth())
    assert [matched.found_ids[number] for number in matched.found] == ["i1"]


def test_leads_alone_are_the_line_to_beat(tmp_path: Path) -> None:
    found = [finding(f"f{index}", (event(2 * index), index, [])) for index in range(len(DEEDS))]
    linked = figures(store(tmp_path, found, {}), "linking")
    assert linked.by_intrusion == linked.alone
    assert (linked.alone.pair_precision, linked.alone.pair_recall, linked.alone.ari) == (None, 0, 0)
    assert linked.unlinked == ["cobra cobra-1", "cobra cobra-2", "mole mole-1", "gang gang-1"]


def test_first_seen_is_told_in_days(tmp_path: Path) -> None:
    found = [
        finding("late", (event(4), 2, [])),
        finding("mole", (event(7), 3.5, [])),
        finding("gang", (event(8), 54, [])),
        finding("x", ("ffffffffffffffff-0", 1, [])),
    ]
    seen = figures(store(tmp_path, found, {"i1": ["late"], "i2": ["mole", "x"]}), "seen")
    late = {one.actor: (one.late_days, one.linked_late_days) for one in seen.actors}
    # The mole's intrusion begins with a false finding, two days before its first line.
    assert late == {"cobra": (2, 2), "mole": (0.5, -2), "gang": (50, None)}
    assert (seen.median_late_days, seen.worst_late_days) == (1.25, 2)
    assert seen.actors[0].first_line == day(0)


def campaigns(**held: list[str]) -> list[dict[str, Any]]:
    return [{"campaign_id": name, "intrusion_ids": list(inside)} for name, inside in held.items()]


def test_campaigns_stand_beside_all_singletons(tmp_path: Path, later: None) -> None:
    held = campaigns(c1=["found-cobra-1", "found-cobra-2"], c2=["found-mole-1"])
    right = figures(perfect(tmp_path, campaigns=held), "clustering")
    assert (right.agreement.items, right.agreement.ari, right.agreement.bcubed_f1) == (4, 1, 1)
    assert (right.alone.ari, right.alone.bcubed_recall) == (0, 0.75)
    assert (right.campaigns, right.false_merges, right.split_actors, right.strangers) == (2, [], [], 0)


def test_intrusions_in_no_campaign_are_campaigns_of_their_own(tmp_path: Path, later: None) -> None:
    loose = figures(perfect(tmp_path, campaigns=[]), "clustering")
    assert loose.agreement == loose.alone


def test_false_merges_of_campaigns_are_told(tmp_path: Path, later: None) -> None:
    held = campaigns(c1=["found-cobra-1", "found-mole-1", "gone"], c2=["found-cobra-2"])
    wrong = figures(perfect(tmp_path, campaigns=held), "clustering")
    assert [(one.campaign_id, one.actors) for one in wrong.false_merges] == [("c1", ["cobra", "mole"])]
    assert wrong.split_actors == ["cobra"]
    assert (wrong.agreement.pair_precision, wrong.agreement.pair_recall) == (0, 0)


def test_attribution_ranks_the_imitated_group_and_unknown_for_the_others(tmp_path: Path, later: None) -> None:
    ranked = [
        ("c1", "G0007", 0.5), ("c1", "G0093", 0.3), ("c1", "unknown", 0.2),
        ("c2", "unknown", 0.9), ("c2", "G0007", 0.1),
        ("c3", "G0007", 1.0),
    ]  # fmt: skip
    opened = perfect(
        tmp_path,
        campaigns=campaigns(c1=["found-cobra-1", "found-cobra-2"], c2=["found-mole-1"], c3=[]),
        attributions=[dict(zip(("campaign_id", "candidate", "probability"), row, strict=True)) for row in ranked],
    )
    likened = figures(opened, "attribution")
    rows = [(one.campaign_id, one.actor, one.right, one.top, one.rank) for one in likened.campaigns]
    assert rows == [("c1", "cobra", "G0093", "G0007", 2), ("c2", "mole", "unknown", "unknown", 1)]
    assert (likened.imitated, likened.top1, likened.top3, likened.abstained) == (1, 0, 1, 0)
    assert (likened.others, likened.unknown_right, likened.false) == (1, 1, 1)


def test_entries_suppliers_targets_and_returns_are_compared(tmp_path: Path, later: None) -> None:
    said = [
        ("found-cobra-1", "entry", {"kind": "exchange-flaw", "supplier": None}),
        ("found-cobra-2", "re-entry", {}),
        ("found-cobra-1", "targets", {"subscribers": ["60170000001", "60170000009"]}),
        ("found-mole-1", "entry", {"kind": "stolen-credential", "supplier": "Acme"}),
        ("nobody", "re-entry", {}),
        ("found-cobra-1", "persistence", {"host": "WS01.example.org", "value": "c:\\web\\x.aspx"}),
        ("found-cobra-1", "persistence", {"host": "ws02", "value": "svc"}),
    ]
    rows = [
        {"subject_kind": "intrusion", "subject_id": name, "aspect": aspect, "data": json.dumps(data)}
        for name, aspect, data in said
    ]
    rows.append({"subject_kind": "case", "subject_id": "x", "aspect": "impact", "data": None})
    compared = figures(perfect(tmp_path, assessments=rows), "assessment")

    def counts(found: Any) -> tuple[int, int, int]:
        return found.true, found.claimed, found.right

    assert counts(compared.entries) == (4, 2, 1)
    assert counts(compared.suppliers) == (1, 1, 1)
    assert counts(compared.targets) == (2, 2, 1)
    assert counts(compared.re_entries) == (1, 2, 1)
    assert counts(compared.left) == (2, 2, 1)
    assert (compared.targets.precision, compared.targets.recall) == (0.5, 0.5)


def test_unknown_claims_nothing_hashes_are_told_apart_and_what_was_cleaned_is_not_left(
    tmp_path: Path, later: None
) -> None:
    key = b"k" * 32
    said = [
        ("found-cobra-1", "entry", {"kind": "unknown", "supplier": None}),
        ("found-cobra-1", "targets", {"subscriber_hashes": [subscriber.hidden(key, "60170000001"), "hmac:other"]}),
        ("found-cobra-1", "persistence", {"host": "WS01", "value": "c:\\web\\x.aspx", "status": "cleaned"}),
        ("found-cobra-1", "persistence", {"host": "ws02", "value": "svc", "status": "in place"}),
    ]
    rows = [
        {"subject_kind": "intrusion", "subject_id": name, "aspect": aspect, "data": json.dumps(data)}
        for name, aspect, data in said
    ]
    opened = perfect(tmp_path, assessments=rows)
    (tmp_path / KEY).write_bytes(key)
    compared = figures(opened, "assessment")
    assert (compared.entries.claimed, compared.left.claimed) == (0, 1)
    assert (compared.targets.claimed, compared.targets.right) == (2, 1)


def test_the_truth_of_another_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match="alpha") as caught:
        scores.score(store(tmp_path, [], {}, files=["ef" * 32]), truth())
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_the_score_is_kept_and_has_the_same_bytes_again(tmp_path: Path) -> None:
    opened = perfect(tmp_path)
    first = scores.keep(scores.score(opened, truth()), tmp_path / "reports")
    before = first.read_bytes()
    scores.keep(scores.score(opened, truth()), tmp_path / "reports")
    assert first.read_bytes() == before
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["score.json"]
    kept = json.loads(before)
    assert kept["synthetic"] is True
    assert set(kept["sections"]) == {section.name for section in scores.SECTIONS}


def shape(value: Any) -> Any:
    """What keys there are and what sort of value each has."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if type(value) in (int, float) else type(value).__name__


def test_json_keeps_its_shape(tmp_path: Path, later: None, snapshot: SnapshotAssertion) -> None:
    """Scripts read this. When the shape is meant to change: ``python -m pytest tests/scenario --snapshot-update``."""
    found = [
        finding("a", (event(0), 0, [])),
        finding("b", (event(2), 1, ["T1003"])),
        finding("d", (event(6), 3, [])),
        finding("x", ("ffffffffffffffff-0", 3, [])),
    ]
    opened = store(
        tmp_path, found, {"i1": ["a"], "i2": ["b", "d", "x"]},
        campaigns=campaigns(c1=["i1", "i2"]),
        attributions=[{"campaign_id": "c1", "candidate": "G0093", "probability": 0.5}],
        assessments=[{"subject_kind": "intrusion", "subject_id": "i1", "aspect": "re-entry", "data": "{}"}],
    )  # fmt: skip
    got = shape(json.loads(scores.as_json(scores.score(opened, truth()))))
    assert json.dumps(got, indent=1) == snapshot
