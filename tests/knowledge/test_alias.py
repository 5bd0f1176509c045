from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bundle import OBJECTS, stix_id

from ringleader.errors import KnowledgeError
from ringleader.knowledge import Knowledge
from ringleader.knowledge.alias import Alias, aliases, read
from ringleader.knowledge.stix import parse


def named(*actors: dict[str, Any]) -> set[tuple[str, str, bool]]:
    found = aliases(parse(OBJECTS, "x").entities, actors)
    return {(a.id, a.alias, a.agreed) for a in found if a.source == "misp-galaxy"}


def actor(value: str, *synonyms: str, group: str | None = None) -> dict[str, Any]:
    related = [{"dest-uuid": stix_id("intrusion-set", group).partition("--")[2]}] if group else []
    return {"value": value, "meta": {"synonyms": list(synonyms)}, "related": related}


def test_names_come_over_where_the_actors_own_name_or_id_agrees() -> None:
    assert named(actor("RED-FOX", "Ruby")) == {("G0001", "Ruby", True)}
    assert named(actor("Ruby", "Vulpes", group="G0001")) == {("G0001", "Ruby", True), ("G0001", "Vulpes", True)}
    assert named(actor("Ruby", "G0001")) == {("G0001", "Ruby", True)}
    assert named(actor("Ruby", "Red Fox", "tg1")) == {("G0001", "Ruby", True)}


def test_a_single_synonym_is_not_enough_and_both_views_are_kept() -> None:
    assert named(actor("Ghost", "Red Fox", "Other")) == {("G0001", "Ghost", False), ("G0001", "Other", False)}


def test_an_actor_that_spans_two_groups_is_in_dispute_at_both() -> None:
    assert named(actor("Red Fox", "Blue Owl")) == {("G0001", "Blue Owl", False), ("G0002", "Red Fox", False)}
    assert named(actor("Red Fox", "Ruby", group="G0002")) >= {("G0001", "Ruby", False), ("G0002", "Ruby", False)}


def test_actors_that_lead_nowhere_add_nothing() -> None:
    assert not named(actor("Ghost", "Other"), {"value": "Bare"})


def test_salt_typhoon_shows_both_views() -> None:
    names = Knowledge.load().names("G1045")
    assert Alias("G1045", "GhostEmperor", "misp-galaxy", agreed=False, actor="GhostEmperor") in names


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"values": [{}]}', '{"values": 3}', "[" * 100_000])
def test_what_is_no_galaxy_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "g.json").write_text(content)
    with pytest.raises(KnowledgeError):
        read(tmp_path / "g.json")
