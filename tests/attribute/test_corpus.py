"""Leaks: what is taken out is out of everything. Fast removal equals building without it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.attribute import features
from ringleader.attribute.corpus import Corpus
from ringleader.attribute.features import Evidence
from ringleader.attribute.observation import Observation, View, example, observations, removed
from ringleader.knowledge import Knowledge


def without(knowledge: Knowledge, reports: set[int], group: str | None = None) -> Knowledge:
    """The slow way: the knowledge as if ``reports`` and all relations that rest on them alone had never been."""
    relations = []
    for r in knowledge.relations:
        left = tuple(row for row in r.reports if row not in reports)
        if (r.reports and not left) or (group in (r.source, r.target) and group):
            continue
        relations.append(dataclasses.replace(r, reports=left))
    changed = Knowledge(knowledge.tables)
    changed.__dict__["relations"] = relations
    return changed


def same(fast: features.Matrix, slow: features.Matrix) -> None:
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=1e-5)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_taking_reports_out_equals_never_having_had_them(
    data: st.DataObject, knowledge: Knowledge, corpus: Corpus
) -> None:
    found = observations(corpus)
    seen = data.draw(st.sampled_from(found))
    reports = set(seen.reports) | data.draw(st.sets(st.sampled_from(range(corpus.uncited)), max_size=5))
    slow = Corpus.of(without(knowledge, reports)).standing()
    fast = corpus.standing(reports)
    assert (fast.technique == slow.technique).all()
    assert (fast.software == slow.software).all()
    assert (fast.reports == slow.reports).all()
    evidence = Evidence.of(seen.techniques, seen.software)
    same(features.table(fast, evidence), features.table(slow, evidence))


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_an_unknown_is_a_world_in_which_the_group_never_was(
    data: st.DataObject, knowledge: Knowledge, corpus: Corpus
) -> None:
    """Not a group whose score is deleted while its profile still counts in frequencies and uniqueness."""
    seen = data.draw(st.sampled_from(observations(corpus)))
    made = example(corpus, seen, View())
    world = without(knowledge, set(seen.reports), corpus.groups[seen.group])
    campaigns = {
        r.source for r in knowledge.relations if (r.type, r.target) == ("attributed-to", corpus.groups[seen.group])
    }
    world.__dict__["relations"] = [r for r in world.relations if r.source not in campaigns]
    slow = Corpus.of(world).standing()
    same(made.table_without, features.table(slow, Evidence.of(seen.techniques, seen.software)))
    assert not made.known_without[seen.group]
    assert (made.known_without == slow.known).all()


def test_a_report_on_several_groups_goes_from_all_of_them(corpus: Corpus) -> None:
    shared = [o for o in observations(corpus) if (corpus.pair_report == o.reports[0]).sum() > 1]
    assert shared
    for seen in shared:
        reports, pairs = removed(corpus, seen, View())
        standing = corpus.standing(reports, pairs)
        assert not standing.kept[corpus.pair_report == seen.reports[0]].any()


def test_what_a_tool_is_said_to_do_by_the_report_goes_too(corpus: Corpus) -> None:
    told = {int(report) for report in corpus.implied[:, 2]}
    seen = next(o for o in observations(corpus) if o.reports[0] in told)
    standing = corpus.standing(seen.reports)
    rows = corpus.implied[corpus.implied[:, 2] == seen.reports[0]]
    for software, technique, _ in rows:
        mine = (corpus.implied[:, 0] == software) & (corpus.implied[:, 1] == technique)
        others = {int(report) for report in corpus.implied[mine, 2]} - set(seen.reports)
        assert (standing.implied_reports[software, technique] > 0) == bool(others)


def test_a_campaign_that_cites_the_report_does_not_stand_again_on_the_group(corpus: Corpus) -> None:
    mixed = (corpus.pair_technique > 0) & ~corpus.own_technique
    pair = int(np.flatnonzero(mixed.any(1) & corpus.own_technique.any(1))[0])
    standing = corpus.standing([int(corpus.pair_report[pair])])
    assert not standing.kept[pair]


def test_what_is_said_without_a_source_goes_with_the_group_that_is_looked_for(corpus: Corpus) -> None:
    uncited = np.flatnonzero(corpus.pair_report == corpus.uncited)
    assert len(uncited)
    for pair in uncited:
        seen = Observation(int(corpus.pair_group[pair]), (0,), np.arange(5), np.arange(0), 1)
        assert pair in removed(corpus, seen, View())[1]


def test_within_the_window_nothing_about_the_group_stands_and_nothing_undated(corpus: Corpus) -> None:
    for seen in observations(corpus)[::25]:
        if seen.day < 0:
            continue
        reports, pairs = removed(corpus, seen, View(window=90))
        left = corpus.standing(reports, pairs).kept & (corpus.pair_group == seen.group)
        for report in corpus.pair_report[left]:
            assert corpus.first_day[report] >= 0
            assert corpus.last_day[report] < seen.day - 90 or corpus.first_day[report] > seen.day + 90


def test_forward_in_time_only_what_had_certainly_appeared_stands(corpus: Corpus) -> None:
    for seen in observations(corpus)[::25]:
        if seen.day < 0:
            continue
        standing = corpus.standing(*removed(corpus, seen, View(past=True)))
        kept = corpus.pair_report[standing.kept]
        assert (corpus.last_day[kept] < seen.day).all()
        assert (corpus.first_day[kept] >= 0).all()


@pytest.mark.parametrize("view", [View(), View(software=False), View(thinned=True), View(window=90)])
def test_examples_are_the_same_each_time(corpus: Corpus, view: View) -> None:
    seen = next(o for o in observations(corpus) if o.day > 0)
    one, again = example(corpus, seen, view, 3), example(corpus, seen, view, 3)
    assert (one.table == again.table).all()
    if not view.software:
        assert one.software == 0
