"""STIX as its receivers see it: OASIS's library, validator and pattern matcher, and OpenCTI's rules of sameness."""

from __future__ import annotations

import json
import re
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import exported
import pytest
import stix2
from stix2matcher import matcher
from stix2validator import ValidationOptions, validate_string
from test_exporters import written

from ringleader.export import BY_NAME, Options, Source
from ringleader.export.formats.stix import ATTRIBUTABLE
from ringleader.export.tlp import marking_id
from ringleader.schema.tlp import Tlp

STIX = BY_NAME["stix"]
Objects = list[dict[str, Any]]


def bundle(source: Source, **options: Any) -> Objects:
    text, _ = written(STIX, source, Options(**options))
    return json.loads(text)["objects"]


def of(objects: Objects, kind: str) -> Objects:
    return [one for one in objects if one["type"] == kind]


def match(pattern: str, objects: Objects) -> bool:
    bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": objects}
    return bool(matcher.match(pattern, [bundle], stix_version="2.1"))


def problems(text: str) -> list[str]:
    return [str(error) for error in validate_string(text, ValidationOptions(version="2.1")).errors or ()]


@pytest.mark.parametrize("name", ["whole", "hostile", "empty", "alone"])
@pytest.mark.parametrize("victims", [False, True])
def test_the_validator_and_the_library_accept_it(name: str, victims: bool, request: pytest.FixtureRequest) -> None:
    text, _ = written(STIX, request.getfixturevalue(name), Options(victims=victims, outside=1000))
    assert not problems(text)
    parsed = stix2.parse(text, allow_custom=False)
    assert len({one.id for one in parsed.objects}) == len(parsed.objects), "an id is used twice"


def test_every_reference_leads_somewhere(whole: Source) -> None:
    objects = bundle(whole)
    known = {one["id"] for one in objects}
    for one in objects:
        for name, value in one.items():
            if name.endswith("_ref"):
                assert value in known, one
            if name.endswith("_refs"):
                assert set(value) <= known, one


def test_it_has_what_a_campaign_is_made_of(whole: Source) -> None:
    kinds = {one["type"] for one in bundle(whole)}
    assert kinds >= {
        "identity", "marking-definition", "intrusion-set", "campaign", "incident", "sighting", "observed-data",
        "indicator", "attack-pattern", "relationship", "note", "opinion", "report", "tool",
    }  # fmt: skip


def test_patterns_match_what_was_observed(whole: Source) -> None:
    objects = bundle(whole)
    by_id = {one["id"]: one for one in objects}
    indicators = of(objects, "indicator")
    assert {i["pattern"].partition(":")[0] for i in indicators} >= {"[file", "[process"}
    tested = 0
    for sighting in of(objects, "sighting"):
        for reference in sighting.get("observed_data_refs", ()):
            observed = dict(by_id[reference])
            seen = [by_id[key] for key in observed["object_refs"]]
            pattern = by_id[sighting["sighting_of_ref"]]["pattern"]
            assert match(pattern, [observed, *seen])
            others = [i["pattern"] for i in indicators if i["pattern"] != pattern]
            assert not all(match(other, [observed, *seen]) for other in others)
            tested += 1
    assert tested >= 3


@pytest.mark.parametrize("text", [*exported.HOSTILE, "\\", "'", "\\'", "x\\"])
def test_any_text_in_a_pattern_is_only_a_text(text: str) -> None:
    from ringleader.export.pattern import pattern

    found = pattern("service", text)
    assert found is not None

    def service(name: str) -> Objects:
        seen = {
            "type": "process",
            "spec_version": "2.1",
            "id": f"process--{uuid.uuid4()}",
            "extensions": {"windows-service-ext": {"service_name": name}},
        }
        observed = {
            "type": "observed-data",
            "spec_version": "2.1",
            "id": f"observed-data--{uuid.uuid4()}",
            "first_observed": "2026-01-01T00:00:00Z",
            "last_observed": "2026-01-01T00:00:00Z",
            "number_observed": 1,
            "object_refs": [seen["id"]],
        }
        return [observed, seen]  # fmt: skip

    assert match(found, service(text))
    assert not match(found, service(text + "x"))


def test_no_known_group_is_named_as_the_actor_unless_the_verdict_allows_it(whole: Source, tmp_path: Path) -> None:
    objects = bundle(whole)
    known = {one["id"]: one["name"] for one in of(objects, "intrusion-set") if "external_references" in one}
    assert list(known.values()) == ["GALLIUM"]
    said = [
        r for r in of(objects, "relationship") if r["relationship_type"] == "attributed-to" and r["target_ref"] in known
    ]
    assert [r["confidence"] for r in said] == [70]
    assert [n for n in of(objects, "note") if "Threat Group-3390" in n["content"]], "told, but not related"
    assert "consistent with" not in ATTRIBUTABLE


def test_rival_hypotheses_are_notes_with_opinions(whole: Source) -> None:
    objects = bundle(whole)
    notes = {n["id"]: n for n in of(objects, "note") if n["abstract"].endswith(("One actor", "Chance"))}
    assert len(notes) == 2
    opinions = {
        notes[o["object_refs"][0]]["abstract"][-6:]: o["opinion"]
        for o in of(objects, "opinion")
        if o["object_refs"][0] in notes
    }
    assert opinions == {" actor": "agree", "Chance": "disagree"}
    assert all("host-0" in n["content"] or "Chance" in n["abstract"] for n in notes.values()), "names are pseudonyms"


def test_pairs_that_have_nothing_in_common_are_only_counted(tmp_path: Path) -> None:
    source = exported.case(tmp_path)
    rows = source.store.read("pairs").to_pylist()
    exported.write(source.store, "pairs", [{**rows[0], "q_value": 0.6, "probability": 0.01}])
    text, summary = written(STIX, exported.opened(tmp_path))
    assert "One actor" not in text and "related-to" in text
    assert "1 pair of campaigns without notable overlap left out" in summary.notes


def test_tlp_marks_everything(whole: Source) -> None:
    for tlp in Tlp:
        objects = bundle(whole, tlp=tlp)
        marked = [one.get("object_marking_refs") for one in objects if one["type"] not in _UNMARKED]
        assert all(refs == [marking_id(tlp)] for refs in marked)
        (definition,) = of(objects, "marking-definition")
        assert definition["name"] == f"TLP:{tlp.value.upper()}"


_UNMARKED = ("marking-definition", "file", "directory", "process", "domain-name", "ipv4-addr", "ipv6-addr")


def test_a_later_export_replaces_an_earlier_one(whole: Source) -> None:
    from datetime import UTC, datetime

    before, after = bundle(whole), bundle(whole, as_of=datetime(2030, 1, 1, tzinfo=UTC))
    assert [o["id"] for o in before] == [o["id"] for o in after]
    changed = {o["id"]: o["modified"] for o in after if "modified" in o and o.get("created", "") > "2022"}
    assert changed
    assert set(changed.values()) == {"2030-01-01T00:00:00.000Z"}


def test_markdown_and_markup_from_evidence_mean_nothing(hostile: Source) -> None:
    """OpenCTI renders descriptions and contents."""
    found = 0
    for one in bundle(hostile, victims=True, outside=1000):
        for name in ("description", "content", "abstract", "explanation"):
            told = re.sub(r"`[^`]*`", "", one.get(name, ""))
            assert not re.search(r"<[a-z/!]|\]\(|!\[", told, re.IGNORECASE), told
            found += "alert" in told
    assert found, "the hostile texts are there"


# OpenCTI: what it takes for the same thing. Its documentation ("Deduplication") and its schema (identifier.js) say from
# what it makes its own id; a name or alias that is in use for one thing of a kind is that thing.

_NAMED = ("campaign", "infrastructure", "intrusion-set", "malware", "tool")


def opencti_keys(one: dict[str, Any]) -> set[str]:
    """By what OpenCTI finds an object again. Two objects that share one become one."""
    kind = one["type"]
    names = {name.lower().strip() for name in (one.get("name", ""), *one.get("aliases", ())) if name}
    if kind in _NAMED:
        return {f"{kind} {name}" for name in names}
    if kind == "incident":
        return {f"{kind} {name} {one['created']}" for name in names} | {f"{kind} {name}" for name in names}
    if kind == "attack-pattern":
        return {f"{kind} {r['external_id']}" for r in one.get("external_references", ())} or {
            f"{kind} {n}" for n in names
        }
    if kind == "identity":
        return {f"{kind} {name} {one['identity_class']}" for name in names}
    if kind == "indicator":
        return {f"{kind} {one['pattern']}"}
    if kind == "note":
        return {f"{kind} {one['content']} {one['created']}"}
    if kind == "opinion":
        return {f"{kind} {one['opinion']} {one['created']}"}
    if kind == "report":
        return {f"{kind} {name} {one['published']}" for name in names}
    if kind == "observed-data":
        return {f"{kind} {sorted(one['object_refs'])}"}
    if kind == "relationship":
        return {f"{kind} {one['relationship_type']} {one['source_ref']} {one['target_ref']}"}
    if kind == "sighting":
        seen = one["sighting_of_ref"], one["where_sighted_refs"], one.get("first_seen"), one.get("last_seen")
        return {f"{kind} {seen}"}
    return {one["id"]}


def merged(objects: Objects) -> list[set[str]]:
    """Sets of ids that OpenCTI would make one."""
    by_key: dict[str, set[str]] = defaultdict(set)
    for one in objects:
        for key in opencti_keys(one):
            by_key[key].add(one["id"])
    return [ids for ids in by_key.values() if len(ids) > 1]


def test_a_value_of_two_subjects_is_one_indicator_and_one_observation(tmp_path: Path) -> None:
    source = exported.case(tmp_path, campaigns=False)
    objects = bundle(source)
    assert not merged(objects)
    (found,) = [i for i in of(objects, "indicator") if "qzupd" in i["pattern"]]
    targets = [r for r in of(objects, "relationship") if r["source_ref"] == found["id"]]
    assert len(targets) == 2, "it indicates both intrusions"
    sightings = [s for s in of(objects, "sighting") if s["sighting_of_ref"] == found["id"]]
    assert [s["count"] for s in sightings] == [1, 1]
    (observed,) = {s["observed_data_refs"][0] for s in sightings}
    assert {o["id"]: o for o in objects}[observed]["number_observed"] == 2


@pytest.mark.parametrize("name", ["whole", "hostile", "alone"])
def test_opencti_keeps_all_things_of_a_case_apart(name: str, request: pytest.FixtureRequest) -> None:
    objects = bundle(request.getfixturevalue(name), outside=1000)
    assert not merged(objects)
    names = [o["name"].lower().strip() for o in objects if o["type"] in _NAMED]
    assert len(set(names)) == len(names), "one version of OpenCTI compared names across kinds"


def test_opencti_merges_of_two_cases_only_what_is_the_same(whole: Source, tmp_path: Path) -> None:
    """A second operator with another actor, whose campaigns carry the same easy names."""
    made = exported.story()
    made.members = {"0" + name[1:]: members for name, members in made.members.items()}
    text = exported.CASE.replace("Example Telecom", "Other Telecom")
    other = exported.case(tmp_path, text, made, campaigns=False)
    exported.write(
        other.store,
        "campaigns",
        [{"campaign_id": "0dd0000000000001", "name": "amber heron 1", "intrusion_ids": ["0" + exported.FIRST[1:]]}],
    )
    ours, theirs = bundle(whole), bundle(exported.opened(tmp_path))
    assert {o["id"] for o in ours} & {o["id"] for o in theirs} <= {o["id"] for o in ours if o["type"] in _UNMARKED}, (
        "ids belong to whoever makes the object"
    )
    kinds = {key.partition("--")[0] for ids in merged(ours + theirs) for key in ids}
    assert kinds <= {"attack-pattern", "tool", "malware", "indicator", "observed-data"}
    assert "indicator" in kinds, "the same pattern is the same indicator"


def test_a_round_trip_through_opencti_keeps_everything(whole: Source) -> None:
    """Import twice, and import what an export of the platform would give: its own ids, all references rewritten."""
    objects = bundle(whole)

    def imported(some: Objects, known: dict[str, str]) -> set[str]:
        for one in some:
            keys = opencti_keys(one)
            there = next((known[key] for key in sorted(keys) if key in known), None)
            mine = there or f"{one['type']}--{uuid.uuid5(uuid.NAMESPACE_URL, min(keys))}"
            known.update(dict.fromkeys(keys, mine))
        return set(known.values())

    platform: dict[str, str] = {}
    first = imported(objects, platform)
    assert len(first) == len(objects)
    assert imported(objects, platform) == first, "nothing is new the second time"
