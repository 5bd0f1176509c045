from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from bundle import OBJECTS, ONE, bundle, thing, uses
from hypothesis import given
from hypothesis import strategies as st

from ringleader.errors import KnowledgeError
from ringleader.knowledge import BUILT_IN, Knowledge, addition, base
from ringleader.knowledge.build import OVERLAY, assemble, build
from ringleader.knowledge.stix import parse


def made(objects: list[dict[str, Any]] | None = None) -> Knowledge:
    return assemble(parse(OBJECTS if objects is None else objects, "x"), [], [])


def test_revoked_and_deprecated_are_left_out_with_their_relations() -> None:
    knowledge = made()
    assert [group.id for group in knowledge.of_kind("group")] == ["G0001", "G0002"]
    assert not knowledge.related("software", "G0002")


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("packed", [False, True])
def test_either_version_plain_or_in_gzip(tmp_path: Path, version: str, packed: bool) -> None:
    path = tmp_path / "bundle"
    content = json.dumps(bundle(version=version)).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    built = build(path)
    assert {name: table.to_pylist() for name, table in built.tables.items()} == {
        name: table.to_pylist() for name, table in made().tables.items()
    }


@given(st.permutations(OBJECTS))
def test_the_order_of_the_bundle_does_not_matter(objects: list[dict[str, Any]]) -> None:
    assert all(made(objects).tables[name].equals(table) for name, table in made().tables.items())


def test_what_is_saved_is_what_is_loaded_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    made().save(tmp_path / "a")
    loaded = Knowledge.load(tmp_path / "a")
    assert loaded.relations == made().relations
    loaded.save(tmp_path / "b")
    for name in loaded.tables:
        assert (tmp_path / "a" / f"{name}.parquet").read_bytes() == (tmp_path / "b" / f"{name}.parquet").read_bytes()


def test_one_address_is_one_report() -> None:
    knowledge = made()
    [relation] = [r for r in knowledge.relations if (r.source, r.target) == ("G0001", "T1002")]
    report = knowledge.reports[relation.reports[0]]
    assert {report.name, *report.also} == {"One 2019", "One again"}
    assert report.when == "2019-03-04"


def test_a_relation_without_a_report_is_kept() -> None:
    [(technique, relation)] = [pair for pair in made().related("technique", "G0002") if not pair[1].reports]
    assert technique.id == "T1002"
    assert relation.origin == "attack"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b'{"type": "bundle"}', b'{"type": "bundle", "objects": [1]}', b"\x1f\x8b broken",
        json.dumps(bundle([])).encode(), json.dumps(bundle([uses("G0001", "S0001", ONE)])).encode(),
        json.dumps(bundle([{"type": "relationship", "id": "x"}])).encode(),
        json.dumps(bundle([{**thing("G0001", "A"), "name": None, "aliases": 3}])).encode(),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_one_way(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(content)
    with pytest.raises(KnowledgeError):
        build(path)


def test_a_gzip_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ringleader.knowledge import stix

    monkeypatch.setattr(stix, "MOST_BYTES", 1000)
    path = tmp_path / "bundle.json.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(KnowledgeError, match="larger than"):
        build(path)


OWN = """
reports:
  - {name: CERT note 7, date: 2023-04-05}
actors:
  - {id: OWN-1, name: Grey Heron, aliases: [Cluster 7], uses: [T1001, S0002], reports: [CERT note 7]}
  - {id: OWN-C1, kind: campaign, name: Spring, group: OWN-1, uses: [T1002], reports: [CERT note 7]}
relations:
  - {source: G0001, uses: S0002, reports: [Two]}
"""


def test_own_groups_campaigns_and_relations_are_added(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(bundle()))
    (tmp_path / "ours.yml").write_text(OWN)
    knowledge = build(tmp_path / "bundle.json", additions=[tmp_path / "ours.yml"])
    [group] = knowledge.find("cluster 7")
    assert (group.id, group.origin) == ("OWN-1", "ours")
    assert [entity.id for entity, _ in knowledge.related("campaign", "OWN-1")] == ["OWN-C1"]
    [(_, relation)] = knowledge.related("software", "OWN-1")
    assert knowledge.reports[relation.reports[0]].when == "2023-04-05"
    assert [entity.id for entity, _ in knowledge.related("group", "S0002")] == ["G0001", "OWN-1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("actors: [{id: G0001, name: X}]", "two entities"),
        ("actors: [{id: X, name: X, uses: [T9999]}]", "T9999"),
        ("actors: [{id: X, name: X, reports: [No such], uses: [T1001]}]", "No such"),
        ("actors: [{id: X}]", "name"),
        ("actorz: []", "actorz"),
        ("a: &a [1]\nb: *a", "alias"),
        ("[1, 2]", "ours"),
        (": : :", "cannot be read"),
        ("!!python/object/apply:os.system [x]", "cannot be read"),
    ],
)
def test_an_unusable_file_of_ones_own_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(bundle()))
    (tmp_path / "ours.yml").write_text(text)
    with pytest.raises(KnowledgeError, match=said):
        build(tmp_path / "bundle.json", additions=[tmp_path / "ours.yml"])


def test_the_overlay_counts_in_the_built_in_knowledge_and_names_where_it_was_read() -> None:
    lines = addition.read(OVERLAY).relations
    knowledge = Knowledge.load()
    added = {(r.source, r.target): r for r in knowledge.relations if r.origin == "overlay"}
    assert set(added) == {(line.source, line.uses) for line in lines}
    assert ("G0027", "S0072") in added
    assert all(r.reports and r.read_in in (r.source, r.target) for r in added.values())


def test_the_notice_stands_beside_the_built_in_knowledge() -> None:
    notice = (BUILT_IN / "NOTICE.txt").read_text(encoding="utf-8")
    assert "The MITRE Corporation. This work is reproduced and distributed with the permission" in notice


def test_the_built_in_knowledge_is_what_the_bundle_gives(shared: Path) -> None:
    attack = shared / "attack"
    built = build(attack / "enterprise-attack-18.1.json.gz", attack / "misp-galaxy-threat-actor.json")
    here = Knowledge.load()
    assert all(built.tables[name].equals(table) for name, table in here.tables.items())
    kinds = {kind: len(here.of_kind(kind)) for kind in ("group", "software", "technique", "campaign")}
    assert kinds == {"group": 172, "software": 784, "technique": 691, "campaign": 52}


def test_no_sentence_of_a_description_is_in_it() -> None:
    longest = max(
        len(value)
        for table in Knowledge.load().tables.values()
        for column in table.columns
        if str(column.type) == "string"
        for value in column.to_pylist()
        if value and not value.startswith("http")
    )
    assert longest < 150


@pytest.mark.slow
def test_it_loads_in_a_tenth_of_a_second() -> None:
    import time

    def once() -> float:
        start = time.perf_counter()
        base.Knowledge.load()
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.1


@pytest.mark.parametrize("damage", ["missing", "other", "broken"])
def test_what_is_no_knowledge_base_is_refused(tmp_path: Path, damage: str) -> None:
    if damage != "missing":
        made().save(tmp_path)
        (tmp_path / "reports.parquet").write_bytes(
            b"PAR1" if damage == "broken" else (tmp_path / "aliases.parquet").read_bytes()
        )
    with pytest.raises(KnowledgeError):
        Knowledge.load(tmp_path)
