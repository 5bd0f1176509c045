from __future__ import annotations

import pytest

from ringleader.errors import UsageError
from ringleader.knowledge import Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load()


def test_related_looks_in_both_directions(knowledge: Knowledge) -> None:
    used = {entity.id for entity, _ in knowledge.related("software", "G0093")}
    assert "S0020" in used
    assert all("G0093" in {e.id for e, _ in knowledge.related("group", key)} for key in used)


def test_related_is_what_a_plain_search_finds(knowledge: Knowledge) -> None:
    for key in ("G0093", "S0020", "T1505.003", "C0012"):
        for kind in ("group", "software", "technique", "campaign"):
            plain = [
                (other, r)
                for r in knowledge.relations
                if key in (r.source, r.target)
                for other in {r.source, r.target} - {key}
                if knowledge.entities[other].kind == kind
            ]
            assert sorted((e.id, r.type) for e, r in knowledge.related(kind, key)) == sorted(
                (other, r.type) for other, r in plain
            )


def test_names_are_found_whatever_their_case_and_signs(knowledge: Knowledge) -> None:
    for text in ("gallium", "G0093", "Granite  Typhoon", "granite-typhoon", "g0093"):
        assert [entity.id for entity in knowledge.find(text)] == ["G0093"]
    assert {entity.id for entity in knowledge.find("Thrip")} >= {"G0076", "G0030"}


def test_an_unknown_name_is_answered_with_near_ones(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError) as caught:
        knowledge.need("galium")
    assert "GALLIUM" in (caught.value.hint or "")


def test_every_relation_leads_to_known_entities_and_reports(knowledge: Knowledge) -> None:
    for relation in knowledge.relations:
        assert {relation.source, relation.target} <= set(knowledge.entities)
        assert all(0 <= row < len(knowledge.reports) for row in relation.reports)
