"""Layers by the rules of the Navigator's own format page, as a schema (layer.schema.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_exporters import written

from ringleader.export import BY_NAME, Options, Source

SCHEMA = json.loads((Path(__file__).parent / "layer.schema.json").read_text(encoding="utf-8"))


def layers(source: Source, **options: Any) -> list[dict[str, Any]]:
    found = json.loads(written(BY_NAME["navigator"], source, Options(**options))[0])
    for layer in found:
        jsonschema.validate(layer, SCHEMA)
        assert layer["gradient"]["maxValue"] > layer["gradient"]["minValue"]
        techniques = [entry["techniqueID"] for entry in layer["techniques"]]
        assert len(set(techniques)) == len(techniques)
    return found


@pytest.mark.parametrize("name", ["whole", "hostile", "empty", "alone"])
def test_layers_keep_the_rules_of_the_format(name: str, request: pytest.FixtureRequest) -> None:
    layers(request.getfixturevalue(name), victims=True)


def test_one_for_each_campaign_and_one_of_the_overlap(whole: Source) -> None:
    first, second, overlap = layers(whole)
    assert [first["name"], second["name"]] == [
        "amber heron 1 (RL-c0ffee0000000001)", "amber heron 2 (RL-c0ffee0000000002)",
    ]  # fmt: skip
    scores = {entry["techniqueID"]: entry["score"] for entry in first["techniques"]}
    assert scores["T1560.001"] == 2, "once in each of two intrusions"
    both = {e["techniqueID"] for e in first["techniques"]} & {e["techniqueID"] for e in second["techniques"]}
    assert {entry["techniqueID"] for entry in overlap["techniques"]} == both
    assert all(entry["score"] == 2 for entry in overlap["techniques"])


def test_one_campaign_has_no_overlap(alone: Source) -> None:
    assert len(layers(alone)) == 1
