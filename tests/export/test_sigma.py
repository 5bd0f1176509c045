"""Drafted rules, parsed by pySigma and matched by Ringleader's own stage on the case's events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import exported
import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.types import SigmaString, SpecialChars
from test_exporters import written

from ringleader.detect import stage
from ringleader.engines import Local
from ringleader.export import BY_NAME, Options, Source
from ringleader.export.formats.sigma import escaped, spelled
from ringleader.export.rare import places

SIGMA = BY_NAME["sigma"]


def drafted(source: Source, **options: Any) -> tuple[str, list[dict[str, Any]]]:
    text, _ = written(SIGMA, source, Options(**options))
    return text, [one for one in yaml.safe_load_all(text) if one]


@pytest.mark.parametrize("name", ["whole", "hostile", "alone", "empty"])
def test_pysigma_parses_every_rule(name: str, request: pytest.FixtureRequest) -> None:
    text, plain = drafted(request.getfixturevalue(name), victims=True, outside=1000)
    collection = SigmaCollection.from_yaml(text) if plain else SigmaCollection([])
    assert not collection.errors
    assert len(collection.rules) == len(plain)
    assert not [rule.errors for rule in collection.rules if rule.errors]
    assert len({str(rule.id) for rule in collection.rules}) == len(plain)


def test_rules_match_as_often_as_they_say(whole: Source, tmp_path: Path) -> None:
    """On the same events, in a store of its own."""
    text, plain = drafted(whole)
    assert {rule["logsource"].get("category") or rule["logsource"]["service"] for rule in plain} == {
        "process_creation", "system",
    }  # fmt: skip
    (tmp_path / "drafted.yml").write_text(text, encoding="utf-8")
    store, _ = exported.story().store(tmp_path / "again")
    with store.transaction() as tx:
        for table in ("findings", "intrusions", "steps"):
            tx.drop_table(table)
    store.refresh()
    stage.run(store, [tmp_path / "drafted.yml"], engine=Local(1))
    store.refresh()
    matched: dict[str, int] = {}
    for row in store.read("findings", ["rule_id"]).to_pylist():
        matched[row["rule_id"]] = matched.get(row["rule_id"], 0) + 1
    for rule in plain:
        numbers = re.search(r"([\d,]+) matches outside the intrusions, ([\d,]+) inside", rule["falsepositives"][0])
        assert numbers is not None
        outside, inside = (int(number.replace(",", "")) for number in numbers.groups())
        assert outside == 0
        assert matched[rule["id"]] == inside + outside


def test_what_is_everyday_is_drafted_only_when_asked_and_says_its_false_positives(whole: Source) -> None:
    assert "CDCDCD" not in drafted(whole)[0].upper()
    _, plain = drafted(whole, outside=1000)
    rule = next(r for r in plain if "cdcdcd" in str(r["detection"]))
    assert "20 matches outside the intrusions, 2 inside" in rule["falsepositives"][0]
    assert rule["level"] == "low"


@pytest.mark.parametrize("text", [*exported.HOSTILE, "\\", "\\\\x", "a\\*b", "\\\\*", "x\\", "*", "a?\\?"])
def test_a_value_means_exactly_itself(text: str) -> None:
    parsed = SigmaString(escaped(text))
    assert not parsed.contains_special()
    assert "".join(map(str, parsed.s)) == text


def test_a_persons_folder_is_a_wildcard() -> None:
    place = places()["path"][0]
    (value,) = spelled(place, "c:\\users\\*\\appdata\\a?.exe")
    assert list(SigmaString(value).s) == ["c:\\users\\", SpecialChars.WILDCARD_MULTI, "\\appdata\\a?.exe"]
