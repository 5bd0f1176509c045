"""The built-in rules: each is well formed, and decides its own test events as its author meant (tests/detect/pack)."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from ringleader.detect import logsource
from ringleader.detect.assemble import correlations
from ringleader.detect.correlate import Correlator, Row
from ringleader.detect.oracle import Oracle
from ringleader.detect.rules import Loaded, Parsed, load
from ringleader.schema.batch import Batch

PACK = Path(str(files("ringleader.detect").joinpath("pack")))
CASES = Path(__file__).parent / "pack"
FILES = sorted(PACK.rglob("*.yml"))
Engine = Callable[[Sequence[SigmaRule], Batch], set[tuple[int, int]]]
TAG = re.compile(r"attack\.([a-z]+(-[a-z]+)*|t\d{4}(\.\d{3})?|s\d{4}|g\d{4})")


@cache
def pack() -> Loaded:
    return load([PACK])


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def cases(stem: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = yaml.safe_load((CASES / f"{stem}.yml").read_text())
    return found


def of_file(path: Path) -> list[Parsed]:
    ids = {document["id"] for document in documents(path)}
    return [each for each in pack().rules if each.rule.id in ids]


def test_every_rule_can_be_used() -> None:
    assert pack().problems == []
    assert len(pack().rules) == sum(len(documents(path)) for path in FILES)
    assert len(FILES) >= 50


def test_names_and_ids_are_unique() -> None:
    ids = [document["id"] for path in FILES for document in documents(path)]
    assert all(str(uuid.UUID(each)) == each for each in ids)
    assert len(set(ids)) == len(ids)
    assert len({path.stem for path in FILES}) == len(FILES)


def test_every_rule_has_cases_and_every_case_a_rule() -> None:
    assert {path.stem for path in CASES.glob("*.yml")} == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_metadata(path: Path) -> None:
    for document in documents(path):
        assert all(document.get(key) for key in ("title", "status", "description", "author", "tags", "level")), path
        assert document["falsepositives"] and document["references"]
        assert all(each.startswith("https://attack.mitre.org/") for each in document["references"])
        assert all(TAG.fullmatch(tag) for tag in document["tags"]), document["tags"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cases(path: Path, engine: Engine) -> None:
    rules = of_file(path)
    expected = cases(path.stem)
    assert expected["match"] and expected["no_match"]
    if len(rules) == 1:
        events = [*expected["match"], *expected["no_match"]]
        batch = Batch([e["kind"] for e in events], [e["event"] for e in events], list(range(len(events))))
        assert isinstance(rules[0].sigma, SigmaRule)
        found = {place for _, place in engine([rules[0].sigma], batch)}
        assert found == set(range(len(expected["match"])))
    else:
        for sequence in expected["match"]:
            assert correlated(rules, sequence, engine), sequence
        for sequence in expected["no_match"]:
            assert not correlated(rules, sequence, engine), sequence


def correlated(rules: list[Parsed], sequence: list[dict[str, Any]], engine: Engine) -> bool:
    """Whether the file's own correlation, the one that reports, comes true over a sequence of events."""
    plain = [(each.rule.digest, each.sigma) for each in rules if isinstance(each.sigma, SigmaRule)]
    found, problems = correlations(rules)
    assert not problems
    batch = Batch([e["kind"] for e in sequence], [e["event"] for e in sequence], list(range(len(sequence))))
    matched = defaultdict(list)
    for number, place in engine([sigma for _, sigma in plain], batch):
        matched[place].append(plain[number][0])
    rows = []
    for place, each in enumerate(sequence):
        time = int(dt.datetime.fromisoformat(each["time"]).timestamp() * 1_000_000)
        rows.append(Row(time, matched[place], str(place), each["event"]))
    return any(hit.correlation.emits for hit in Correlator(found).run(rows))


def test_only_the_correlation_of_a_file_reports() -> None:
    for path in FILES:
        reporting = [each for each in of_file(path) if each.emits]
        assert len(reporting) == 1, path
        assert len(of_file(path)) == 1 or isinstance(reporting[0].sigma, SigmaCorrelationRule)


def test_log_sources_are_known() -> None:
    """A misspelt log source would match nothing for ever: each rule's own cases must be of kinds that it means."""
    for path in FILES:
        (first, *others) = of_file(path)
        if others:
            continue
        assert isinstance(first.sigma, SigmaRule)
        source = first.sigma.logsource
        assert logsource.resolve(source.product, source.category, source.service).kinds
        assert any(Oracle(first.sigma).matches(e["kind"], e["event"]) for e in cases(path.stem)["match"])


@pytest.fixture(scope="session")
def attack(shared: Path) -> tuple[dict[str, set[str]], set[str], set[tuple[str, str]]]:
    """Technique id to its tactics; all ids in use; which group or software uses which technique or software."""
    file = shared / "attack" / "enterprise-attack-18.1.json.gz"
    if not file.is_file():
        pytest.skip(f"no ATT&CK bundle at {file}")
    objects = orjson.loads(gzip.decompress(file.read_bytes()))["objects"]
    live = [each for each in objects if not each.get("revoked") and not each.get("x_mitre_deprecated")]
    names: dict[str, str] = {}
    tactics: dict[str, set[str]] = {}
    for each in live:
        if each["type"] not in ("attack-pattern", "malware", "tool", "intrusion-set"):
            continue
        number = next(r["external_id"] for r in each["external_references"] if r["source_name"] == "mitre-attack")
        names[each["id"]] = number
        if each["type"] == "attack-pattern":
            tactics[number] = {phase["phase_name"] for phase in each["kill_chain_phases"]}
    uses = {
        (names[each["source_ref"]], names[each["target_ref"]])
        for each in live
        if each["type"] == "relationship"
        and each["relationship_type"] == "uses"
        and each["source_ref"] in names
        and each["target_ref"] in names
    }
    return tactics, set(names.values()), uses


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_tags_agree_with_attack(path: Path, attack: tuple[dict[str, set[str]], set[str], set[tuple[str, str]]]) -> None:
    tactics, known, uses = attack
    for document in documents(path):
        tags = [tag.removeprefix("attack.") for tag in document["tags"]]
        ids = {tag.upper() for tag in tags if re.fullmatch(r"[tsg]\d.*", tag)}
        techniques = {each for each in ids if each.startswith("T")}
        assert techniques and ids <= known, ids - known
        allowed = set().union(*(tactics[each] for each in techniques))
        assert {tag for tag in tags if tag.upper() not in ids} <= allowed, allowed
        for owner in ids - techniques:
            used = {target for source, target in uses if source == owner}
            with_parents = used | {target.partition(".")[0] for target in used}
            assert with_parents & (ids - {owner}), f"ATT&CK does not say that {owner} does any of this"
