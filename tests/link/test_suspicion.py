"""An intrusion that grows stays one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.link.background import Days
from ringleader.link.bundle import DAY, gather
from ringleader.link.entities import Key, vocabulary
from ringleader.link.finding import Finding
from ringleader.link.graph import Vertex
from ringleader.link.model import model
from ringleader.link.suspicion import FEATURES, GROWING, LEVELS, Suspicion, log_odds

Fired = tuple[int, str, str, str]
"""A rule, its level, the host and the account."""

ATTACK = 50
"""The day."""
FIRED = st.tuples(
    st.integers(0, 40), st.sampled_from(LEVELS), st.sampled_from("abcdef"), st.sampled_from(["", "x", "y"])
)


def scores(background: list[tuple[int, Fired]], parts: list[list[Fired]]) -> list[float]:
    """The log odds of an intrusion of the first of ``parts``, of the first two, and so on; each of them in evidence
    that holds no more of it."""
    out = []
    for count in range(1, len(parts) + 1):
        mine = [fired for part in parts[:count] for fired in part]
        told = [(ATTACK, fired) for fired in mine] + background
        rows: dict[str, Finding] = {}
        vertices = []
        for number, (day, (rule, level, host, account)) in enumerate(told):
            name = f"f{number:04}"
            rows[name] = Finding(
                finding_id=name, rule_id=f"r{rule}", level=level, event_id=f"e{number:04}", event_ids=(), host=host,
                evidence_id=None, account=account, time=day * DAY + number, tactics=(f"t{rule % 7}",), techniques=(),
                alert=False,
            )  # fmt: skip
            vertices.append(Vertex(name, day * DAY + number, host, name, True, {Key("event", name): "member"}))
        ask = Suspicion(vertices, rows, Days((), range(100)), vocabulary().entities)
        (bundle,) = gather([0] * len(mine), vertices[: len(mine)], rows, vocabulary().entities)
        out.append(log_odds(model().group, ask.features([bundle])))
    return out


@given(
    st.lists(st.tuples(st.integers(0, 99), FIRED), max_size=40),
    st.lists(FIRED, min_size=1, max_size=10),
    st.lists(FIRED, min_size=1, max_size=10),
)
def test_findings_of_further_rules_and_hosts_never_make_a_lead_of_an_intrusion(
    background: list[tuple[int, Fired]], first: list[Fired], more: list[Fired]
) -> None:
    levels = {rule: level for rule, level, _, _ in [*first, *more]}  # a rule has one level
    first, more = ([(rule, levels[rule], *rest) for rule, _, *rest in some] for some in (first, more))
    before, after = scores(background, [first, more])
    assert after >= before - 1e-9


def test_a_large_intrusion_over_many_hosts_is_more_suspicious_than_a_part_of_it() -> None:
    parts = [[(rule, ("high", "critical")[rule % 2], f"h{host}", "x") for rule in range(6)] for host in range(40)]
    found = scores([(day, (30, "low", "a", "y")) for day in range(100)], parts)
    assert found == sorted(found) and found[-1] > model().worthy


@pytest.mark.parametrize("weights", [model().suspicion, model().group])
def test_no_weight_of_what_grows_is_below_nothing(weights: dict[str, float]) -> None:
    assert set(weights) == set(FEATURES)
    assert all(weights[name] >= 0 for name in GROWING)
