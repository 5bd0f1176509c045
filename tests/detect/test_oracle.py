"""What Sigma means, as cases: a rule, events that it matches, events that it does not. See cases/*.yml."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.rule import SigmaRule

from ringleader.detect import placeholders
from ringleader.detect.oracle import Oracle
from ringleader.detect.regexes import POLICY
from ringleader.schema.batch import Batch

CASES = Path(__file__).parent / "cases"
Engine = Callable[[list[SigmaRule], Batch], set[tuple[int, int]]]


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yml")):
        for case in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def rule(detection: dict[str, Any], source: dict[str, str] | None = None) -> SigmaRule:
    return SigmaRule.from_dict(
        {"title": "case", "logsource": source or {"product": "test", "service": "log"}, "detection": detection},
        policy=POLICY,
    )


@pytest.mark.parametrize("case", _cases())
def test_case(case: dict[str, Any], engine: Engine) -> None:
    unknown = set(case) - {"name", "rule", "logsource", "kind", "match", "miss", "renames", "expansions"}
    assert not unknown and case["match"] is not None and case["miss"] is not None
    parsed = rule(case["rule"], case.get("logsource"))
    placeholders.expand(parsed, case.get("expansions", {}))
    events = [*case["match"], *case["miss"]]
    batch = Batch([case.get("kind", "test/log")] * len(events), events, list(range(len(events))), [])
    batch.renames = case.get("renames", {})
    hits = {place for _, place in engine([parsed], batch)}
    wrong = [event for place, event in enumerate(events) if (place in hits) != (place < len(case["match"]))]
    assert not wrong, f"{'/'.join(case['rule'])} is wrong on {wrong}"


def test_kinds_that_the_rule_is_not_about_never_match(engine: Engine) -> None:
    parsed = rule({"a": {"X": "*"}, "condition": "a or not a"}, {"product": "windows", "category": "process_creation"})
    seen = ["windows/sysmon/1", "windows/security/4688", "windows/sysmon/11", "windows/sysmon/10", "linux/sysmon/1"]
    hits = engine([parsed], Batch(seen, [{"Y": "1"} for _ in seen], list(range(len(seen))), []))
    assert {place for _, place in hits} == {0, 1}


# Seconds of this process alone: what else the machine does is no fault of an expression.
def test_an_expression_that_takes_too_long_is_reported_and_is_no_match() -> None:
    slow: list[str] = []
    asked = Oracle(rule({"a": {"X|re": r"^(?!b)(a|aa)+$"}, "condition": "a"}), slow.append)
    start = time.process_time()
    assert not asked.matches("test/log", {"X": "a" * 5000 + "!"})
    assert time.process_time() - start < 5
    assert slow


def test_a_regular_expression_that_would_explode_elsewhere_is_quick() -> None:
    start = time.process_time()
    assert not Oracle(rule({"a": {"X|re": r"^(a+)+$"}, "condition": "a"})).matches("test/log", {"X": "a" * 5000 + "!"})
    assert time.process_time() - start < 1


def test_wildcards_that_would_explode_elsewhere_are_quick(engine: Engine) -> None:
    parsed = rule({"a": {"X": "*".join("a" * 30) + "b"}, "condition": "a"})
    start = time.process_time()
    assert not engine([parsed], Batch(["test/log"], [{"X": "a" * 3000}], [0], []))
    assert time.process_time() - start < 2
