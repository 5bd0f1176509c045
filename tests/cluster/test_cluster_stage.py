"""The stage over a store: what it joins, that ids stay, that order does not matter, that decisions are obeyed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cluster_world import HERON, OTTER, groups, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringleader import cluster
from ringleader.case import Config
from ringleader.cluster import Other, source
from ringleader.cluster.decision import constraints
from ringleader.errors import UsageError
from ringleader.export import Source, share
from ringleader.schema import profiles
from ringleader.schema.profiles import Profiles
from ringleader.store import Store

NOW = datetime(2026, 11, 25, tzinfo=UTC)
TWO = {"heron-1": HERON, "otter-1": OTTER, "heron-2": HERON, "otter-2": OTTER}
APART = [["heron-1", "heron-2"], ["otter-1", "otter-2"]]


def test_two_actors_make_two_campaigns_with_a_bridge_each(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    summary = cluster.run(store)
    assert groups(store) == APART
    assert (summary.intrusions, summary.campaigns, summary.single, summary.changes) == (4, 2, 0, [])
    for row in store.read("campaigns").to_pylist():
        bridge = json.loads(row["weakest_bridge"])
        assert {bridge["left_id"], bridge["right_id"]} == set(row["intrusion_ids"])
        assert bridge["parts"] == [1, 1] and bridge["probability"] > 0.5
        assert bridge["because"][0]["weight"] >= bridge["because"][-1]["weight"]
        assert row["anchors"] == sorted(f"f-{one}" for one in row["intrusion_ids"])


def test_every_pair_of_campaigns_has_its_row(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    (row,) = [row for row in Store.open(tmp_path).read("pairs").to_pylist() if row["owner_kind"] == "campaign"]
    assert row["left_id"] < row["right_id"]
    assert 0 <= row["p_value"] <= row["q_value"] <= 1
    told = json.loads(row["hypotheses"])
    names = {one["name"] for one in told["hypotheses"]}
    assert names == {"one-actor", "one-tasking", "shared-supplier", "coincidence"}
    assert sum(one["weight"] for one in told["hypotheses"]) == pytest.approx(1, abs=0.01)
    assert told["hypotheses"][0]["name"] != "one-actor"
    assert any(one["for"] for one in told["hypotheses"]) and any(one["against"] for one in told["hypotheses"])
    assert told["would_change"]


def test_what_can_be_copied_joins_nothing(tmp_path: Path) -> None:
    """A service's name, a hash and a domain, planted by somebody who works otherwise."""
    planted = {
        "service": ["winhelpsvc"],
        "file-hash": ["sha256:aa"],
        "domain": ["c2.example"],
        "path": ["c:\\x\\y.exe"],
    }
    store = write(tmp_path, {"a": {**HERON, **planted}, "b": {**planted, "technique": ["T1560.001", "T1003.003"]}})
    cluster.run(store)
    assert groups(store) == [["a"], ["b"]]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.permutations(list(TWO)))
def test_the_order_of_rows_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    days = {name: 10 * number for number, name in enumerate(TWO)}
    bytes_of = []
    for names in (list(TWO), order):
        store = write(tmp_path_factory.mktemp("order"), {name: TWO[name] for name in names}, days=days)
        cluster.run(store)
        store.refresh()
        rows = [store.read(table).to_pylist() for table in ("campaigns", "pairs")]
        for row in rows[0]:
            row.pop("first_time"), row.pop("last_time")
        bytes_of.append(json.dumps(rows, default=str, sort_keys=True))
    # Hosts are numbered by the order in which they are written, which only co-location sees.
    assert bytes_of[0] == bytes_of[1]


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    store.refresh()
    before = [(file.path, file.sha256) for table in ("pairs", "campaigns") for file in store.entries(table)]
    assert cluster.run(store).changes == []
    store.refresh()
    assert before == [(file.path, file.sha256) for table in ("pairs", "campaigns") for file in store.entries(table)]


def test_a_new_intrusion_joins_and_another_founds(tmp_path: Path) -> None:
    days = {"heron-0": -5, "heron-1": 0, "heron-2": 20, "otter-1": 30}
    cluster.run(write(tmp_path, {"heron-1": HERON, "heron-2": HERON}, days=days))
    (before,) = Store.open(tmp_path).read("campaigns").to_pylist()
    # An earlier intrusion than any known: the campaign keeps its id and name all the same.
    store = write(tmp_path, {"heron-0": HERON, "heron-1": HERON, "heron-2": HERON, "otter-1": OTTER}, days=days)
    changes = cluster.run(store).changes
    store.refresh()
    after = {row["campaign_id"]: row for row in store.read("campaigns").to_pylist()}
    assert after[before["campaign_id"]]["intrusion_ids"] == ["heron-0", "heron-1", "heron-2"]
    assert after[before["campaign_id"]]["name"] == before["name"]
    assert [(one.what, one.intrusions) for one in changes] == [("joins", ("heron-0",)), ("founds", ("otter-1",))]


def test_an_intrusion_that_grew_is_known_again(tmp_path: Path) -> None:
    store = write(tmp_path, {"heron-1": HERON})
    cluster.run(store)
    before = Store.open(tmp_path).read("campaigns").to_pylist()[0]["campaign_id"]
    grown = write(tmp_path, {"grown": HERON})
    # The same earliest finding under another intrusion's id.
    table = grown.read("steps").to_pylist()
    with grown.transaction() as tx:
        import pyarrow as pa

        from ringleader.schema import tables

        row = {**grown.read("findings").to_pylist()[0], "finding_id": "f-heron-1"}
        tx.write("findings", "old", pa.Table.from_pylist([row], tables.FINDINGS))
        tx.write("steps", "old", pa.Table.from_pylist([{**table[0], "finding_id": "f-heron-1"}], tables.STEPS))
    grown.refresh()
    assert cluster.run(grown).changes == []
    grown.refresh()
    assert [row["campaign_id"] for row in grown.read("campaigns").to_pylist()] == [before]


def test_a_bridge_is_told(tmp_path: Path) -> None:
    cluster.run(write(tmp_path, {"heron-1": HERON, "otter-1": OTTER}))
    both = {kind: [*HERON.get(kind, ()), *OTTER.get(kind, ())] for kind in {*HERON, *OTTER}}
    store = write(tmp_path, {"heron-1": HERON, "otter-1": OTTER, "both": both})
    cluster.decide(store, "same", "heron-1", "otter-1", note="one operator", who="tester", time=NOW)
    changes = cluster.run(store).changes
    assert [one.what for one in changes] == ["bridges"] and len(changes[0].others) == 2


def test_decisions_are_kept_obeyed_and_taken_back(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    store.refresh()
    made = cluster.decide(store, "different", "heron-1", "heron-2", note="other team", who="ann", time=NOW)
    cluster.run(store)
    assert groups(store) == [["heron-1"], ["heron-2"], ["otter-1", "otter-2"]]
    other = cluster.decide(store, "same", "heron-1", "otter-2", note="", who="ann", time=NOW)
    cluster.run(store)
    assert ["heron-1", "otter-1", "otter-2"] in groups(store)
    assert {one.decision_id for one in cluster.decisions(store)} == {made.decision_id, other.decision_id}
    for one in (made, other):
        cluster.undo(store, one.decision_id[:6])
    cluster.run(store)
    assert groups(store) == APART


def test_a_contradiction_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    store.refresh()
    first = cluster.decide(store, "same", "heron-1", "otter-1", note="", who="a", time=NOW)
    cluster.decide(store, "same", "otter-1", "otter-2", note="", who="a", time=NOW)
    with pytest.raises(UsageError, match="contradict") as told:
        cluster.decide(store, "different", "heron-1", "otter-2", note="", who="a", time=NOW)
    assert first.decision_id in str(told.value)
    assert len(cluster.decisions(store)) == 2


def test_decisions_that_came_to_contradict_each_other_are_told_and_stop_nothing(tmp_path: Path) -> None:
    before = write(tmp_path / "before", TWO)
    cluster.run(before)
    made = [
        cluster.decide(before, "same", "heron-1", "otter-1", note="", who="a", time=NOW),
        cluster.decide(before, "different", "heron-1", "otter-2", note="", who="a", time=NOW),
    ]
    found = source.intrusions(before)
    # New evidence shows that two of them are one intrusion.
    merged = replace(found[1], findings=found[1].findings | found[3].findings)
    assert {found[1].id, found[3].id} == {"otter-1", "otter-2"}
    told = constraints(made, [found[0], merged, found[2]])
    assert (told.same, told.different) == (((0, 1),), ())
    assert made[1].decision_id in told.notes[0] and "not obeyed" in told.notes[0]


def test_a_campaign_is_split_at_its_weakest_bridge(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    store.refresh()
    name = next(row["name"] for row in store.read("campaigns").to_pylist() if "heron-1" in row["intrusion_ids"])
    made = cluster.decide(store, "split", name, None, note="", who="a", time=NOW)
    assert {made.left_id, made.right_id} == {"heron-1", "heron-2"}
    cluster.run(store)
    assert ["heron-1"] in groups(store)
    store.refresh()
    with pytest.raises(UsageError, match="no common campaign"):
        cluster.decide(store, "split", "heron-1", "otter-1", note="", who="a", time=NOW)


@pytest.mark.parametrize("name", ["nobody", "he", "", "heron"])
def test_what_is_not_there_or_not_one_is_refused(tmp_path: Path, name: str) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    with pytest.raises(UsageError, match="called"):
        cluster.decide(store, "same", name, "otter-1", note="", who="a")


def test_a_decision_about_what_is_gone_is_told_and_not_fatal(tmp_path: Path) -> None:
    store = write(tmp_path, TWO)
    cluster.run(store)
    store.refresh()
    cluster.decide(store, "same", "heron-1", "otter-1", note="", who="a", time=NOW)
    summary = cluster.run(write(tmp_path, {"heron-2": HERON}))
    assert len(summary.notes) == 1 and "not there any more" in summary.notes[0]


def test_two_cases_are_compared_and_ids_do_not_collide(tmp_path: Path) -> None:
    first = write(tmp_path / "a", {"one": HERON, "two": OTTER})
    second = write(tmp_path / "b", {"one": HERON, "two": {"technique": ["T1190"]}})
    cluster.run(first, others=[Other("b", store=second)])
    assert groups(first) == [["b:one", "one"], ["b:two"], ["two"]]
    assert second.rows("campaigns") == 0


def test_results_can_go_to_a_case_of_their_own(tmp_path: Path) -> None:
    first = write(tmp_path / "a", {"one": HERON})
    out = Store.open(tmp_path / "c", create=True)
    cluster.run(first, out=out)
    assert groups(out) == [["one"]]
    assert first.rows("campaigns") == 0


def test_nothing_to_cluster(tmp_path: Path) -> None:
    store = write(tmp_path, {})
    summary = cluster.run(store)
    assert (summary.intrusions, summary.campaigns) == (0, 0)
    assert groups(store) == []


def test_shared_profiles_are_compared(tmp_path: Path) -> None:
    store = write(tmp_path, {"one": HERON})
    theirs = write(tmp_path / "theirs", {"x": HERON})
    cluster.run(store, others=[Other("them", shared=shared(theirs, tmp_path))])
    assert groups(store) == [["one", "them:x"]]


def test_hashed_profiles_are_compared_by_who_holds_the_key(tmp_path: Path) -> None:
    store = write(tmp_path, {"one": HERON})
    key = b"the key of the group"
    theirs = shared(write(tmp_path / "theirs", {"x": HERON}), tmp_path, key)
    summary = cluster.run(store, others=[Other("them", shared=theirs)], key=key)
    assert groups(store) == [["one", "them:x"]]
    assert not summary.notes
    summary = cluster.run(store, others=[Other("them", shared=theirs)])
    assert groups(store) == [["one"], ["them:x"]]
    assert "key" in summary.notes[0]
    # Two of them are like each other even for who does not hold it; how rare a hashed command is cannot be told.
    cluster.run(store, others=[Other("them", shared=theirs), Other("and", shared=theirs)])
    pairs = [row for row in store.read("pairs").to_pylist() if {row["left_id"], row["right_id"]} == {"and:x", "them:x"}]
    assert pairs and pairs[0]["log_lr"] > 5
    with pytest.raises(UsageError, match="another key"):
        cluster.run(store, others=[Other("them", shared=theirs)], key=b"the key of others")


def shared(store: Store, tmp_path: Path, key: bytes | None = None) -> Profiles:
    """What ``ringleader share`` would write of it, read again."""
    path = tmp_path / "shared.json"
    with path.open("w") as out:
        share(Source(store, Config()), out, key=key)
    return profiles.read(path)
