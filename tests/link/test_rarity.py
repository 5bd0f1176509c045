"""Alerts of other products: what is rare on its host and comes together is an intrusion, what is there every day is
not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.link import link
from ringleader.link.rarity import HOUR, Sighting, surprises
from ringleader.schema import tables

NOISE = [Sighting("s", "h", "noise", hour * HOUR) for hour in range(100)]


def test_what_fires_every_hour_is_no_surprise_and_what_never_did_is_one() -> None:
    found = surprises([*NOISE, Sighting("s", "h", "new", 60 * HOUR)], 3, 24)
    assert found[60] < 0.5 and found[-1] > 4


def test_a_sensors_first_day_says_nothing() -> None:
    found = surprises([*NOISE, Sighting("s", "h", "new", 3 * HOUR)], 3, 24)
    assert found[-1] == 0


def test_the_past_alone_does_not_know_what_comes() -> None:
    later = [Sighting("s", "h", "late", hour * HOUR) for hour in range(50, 100)]
    first = surprises([*NOISE, *later], 3, 24, past=True)[100]
    assert first > surprises([*NOISE, *later], 3, 24)[100]


def table(rows: list[Sighting]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "finding_id": f"{number:06}", "evidence_id": one.source, "detector": "alert", "rule_id": one.rule,
                "rule_title": one.rule, "level": "medium", "techniques": [], "tactics": [], "software": [], "groups":
                [], "event_id": f"{number:06}", "event_ids": [], "kind": "alert/generic", "time": one.time, "host":
                one.host, "account": None, "values": [],
            }
            for number, one in enumerate(rows)
        ],
        schema=tables.FINDINGS,
    )  # fmt: skip


def test_many_rare_rules_within_the_hour_are_an_intrusion_and_the_noise_is_not() -> None:
    attack = [Sighting("s", f"h{n % 3}", f"rare {n}", 60 * HOUR + n * 60_000_000) for n in range(12)]
    intrusions, steps = link(table([*NOISE, *attack]), [])
    assert intrusions["findings"].to_pylist() == [12]
    assert {row["entity_kind"] for row in steps.to_pylist()} == {"first", "rare-alerts"}


def test_two_sources_at_one_time_are_two_intrusions() -> None:
    rows = [Sighting(f"s{part}", "h", f"noise {hour % 3}", hour * HOUR) for part in "ab" for hour in range(100)]
    rows += [Sighting(f"s{p}", f"h{n}", f"rare {n}", 60 * HOUR + n * 60_000_000) for p in "ab" for n in range(10)]
    intrusions, _ = link(table(rows), [])
    assert intrusions["findings"].to_pylist() == [10, 10]


@pytest.mark.parametrize("count", [2_000])
def test_a_flood_of_one_rule_is_no_intrusion(count: int) -> None:
    flood = [Sighting("s", "h", "flood", 60 * HOUR + n * 1_000_000) for n in range(count)]
    intrusions, _ = link(table([*NOISE, *flood]), [])
    assert intrusions.num_rows == 0


@given(st.permutations(range(40)))
def test_order_does_not_matter(order: list[int]) -> None:
    rows = [Sighting("s", f"h{n % 2}", f"r{n % 5}", n * 7 * HOUR) for n in range(40)]
    expected = surprises(rows, 3, 24)
    again = surprises([rows[n] for n in order], 3, 24)
    assert [again[order.index(n)] for n in range(40)] == expected
