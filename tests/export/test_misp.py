"""MISP events, loaded back by PyMISP."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from pymisp import MISPEvent
from test_exporters import written

from ringleader.errors import UsageError
from ringleader.export import BY_NAME, Options, Source
from ringleader.export.formats import misp
from ringleader.schema.tlp import Tlp

MISP = BY_NAME["misp"]


def events(source: Source, **options: Any) -> list[MISPEvent]:
    found = []
    for entry in json.loads(written(MISP, source, Options(**options))[0])["response"]:
        event = MISPEvent(strict_validation=True)
        event.load(entry, validate=True)
        found.append(event)
    return found


@pytest.mark.parametrize("name", ["whole", "hostile", "alone", "empty"])
@pytest.mark.parametrize("victims", [False, True])
def test_pymisp_loads_what_was_written(name: str, victims: bool, request: pytest.FixtureRequest) -> None:
    source = request.getfixturevalue(name)
    found = events(source, victims=victims, outside=1000)
    assert len(found) == len(source.material.subjects)
    ids = [one.uuid for event in found for one in (event, *event.attributes, *event.objects)]
    ids += [attribute.uuid for event in found for made in event.objects for attribute in made.attributes]
    assert len(set(ids)) == len(ids)


def test_tags_say_techniques_and_only_an_allowed_actor(whole: Source) -> None:
    first, second = events(whole)
    tags = {tag.name for tag in first.tags}
    assert 'misp-galaxy:mitre-attack-pattern="Web Shell - T1505.003"' in tags
    assert 'misp-galaxy:threat-actor="GALLIUM"' in tags
    assert 'estimative-language:likelihood-probability="likely"' in tags
    assert not [tag.name for tag in second.tags if "threat-actor" in tag.name], "consistent with is not an attribution"
    assert any("Threat Group-3390" in attribute.value for attribute in second.attributes), "but it is told"


@pytest.mark.parametrize("tlp", list(Tlp))
def test_marking_and_distribution_agree(tlp: Tlp, whole: Source) -> None:
    for event in events(whole, tlp=tlp):
        assert f"tlp:{tlp.value}" in {tag.name for tag in event.tags}
        assert int(event.distribution) == misp.DISTRIBUTION[tlp]


def test_indicators_are_attributes_and_objects(whole: Source) -> None:
    first = events(whole, outside=1000)[0]
    assert any(a.type == "windows-service-name" and a.value == "qzupd" and a.to_ids for a in first.attributes)
    files = [made for made in first.objects if made.name == "file"]
    assert {a.value for made in files for a in made.attributes if a.object_relation == "sha256"} >= {"ef" * 32}


def test_without_the_library_it_says_what_to_install(whole: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymisp", None)
    with pytest.raises(UsageError) as caught:
        written(MISP, whole)
    assert "ringleader[misp]" in str(caught.value.hint)
