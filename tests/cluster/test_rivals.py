from __future__ import annotations

import pytest

from ringleader.cluster.rivals import Evidence, _file, weighed

KINDS = _file().evidence


@pytest.mark.parametrize(("kind", "grade"), [(kind, grade) for kind, grades in KINDS.items() for grade in grades])
def test_each_item_of_evidence_moves_something(kind: str, grade: str) -> None:
    before, after = weighed([]), weighed([Evidence(kind, grade, "told")])
    same = {one["name"]: one["weight"] for one in before["hypotheses"]}
    nats = KINDS[kind][grade]
    moved = any(abs(same[one["name"]] - one["weight"]) > 0.01 for one in after["hypotheses"])
    assert moved == (max(nats) > min(nats))


def test_strong_private_evidence_makes_one_actor_likeliest_and_none_unlikely() -> None:
    strong = weighed([Evidence("private", "strong", "p"), Evidence("tools", "strong", "t")])
    assert strong["hypotheses"][0]["name"] == "one-actor"
    assert {"text": "p", "strength": "strong"} in strong["hypotheses"][0]["for"]
    tools = weighed([Evidence("private", "none", "p"), Evidence("tools", "strong", "t")])
    assert tools["hypotheses"][0]["name"] == "shared-supplier"
    nothing = weighed([Evidence("private", "none", "p"), Evidence("tools", "none", "t")])
    assert nothing["hypotheses"][0]["name"] == "coincidence"


@pytest.mark.parametrize(
    ("timing", "targets", "tasked"),
    [
        ("strong", "strong", True),
        ("none", "strong", True),
        ("strong", "few", True),
        ("none", "few", False),
        ("none", "none", False),
    ],
)
def test_timing_and_targets_tell_tasking_from_coincidence(timing: str, targets: str, tasked: bool) -> None:
    told = weighed(
        [Evidence("private", "none", "p"), Evidence("timing", timing, "x"), Evidence("targets", targets, "y")]
    )
    weight = {one["name"]: one["weight"] for one in told["hypotheses"]}
    assert (weight["one-tasking"] > weight["coincidence"]) == tasked
