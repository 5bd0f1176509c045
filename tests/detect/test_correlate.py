from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.detect import correlate, window
from ringleader.detect.assemble import correlations
from ringleader.detect.correlate import Correlator, Hit, Row
from ringleader.detect.correlation import Correlation, Reference
from ringleader.detect.rules import Loaded, LogSource, Rule, load

BASE = "title: {0}\nname: {0}\nlogsource: {{product: test}}\ndetection: {{a: {{X: {0}}}, condition: a}}\n"


def _load(folder: Path, *sections: dict[str, Any], bases: str = "abc") -> Loaded:
    texts = [BASE.format(name) for name in bases]
    for number, section in enumerate(sections):
        top = {key: section.pop(key) for key in ("name",) if key in section}
        texts.append(
            yaml.safe_dump({"title": f"correlation {number}", **top, "correlation": {"timespan": "10s", **section}})
        )
    (folder / "rules.yml").write_text("---\n".join(texts))
    return load([folder])


def _run(loaded: Loaded, *events: tuple[float, str, dict[str, Any]]) -> list[Hit]:
    """Events as (seconds, letters of the base rules that match, fields)."""
    assert not loaded.problems
    found, problems = correlations(loaded.rules)
    assert not problems
    digests = {each.rule.name: each.rule.digest for each in loaded.rules}
    rows = [
        Row(int(at * 1_000_000), [digests[letter] for letter in letters], f"e{number}", fields)
        for number, (at, letters, fields) in enumerate(events)
    ]
    return list(Correlator(found).run(rows))


def _ids(hits: Sequence[Hit]) -> list[tuple[str, ...]]:
    return [hit.event_ids for hit in hits]


def test_enough_events_of_a_group_in_time(tmp_path: Path) -> None:
    loaded = _load(tmp_path, {"type": "event_count", "rules": ["a"], "group-by": ["User"], "condition": {"gte": 3}})
    u, v = {"User": "Ann"}, {"User": "bob"}
    hits = _run(loaded, (0, "a", u), (1, "a", v), (5, "a", {"User": "ANN"}), (6, "b", u), (10, "a", u), (10, "a", {}))
    assert _ids(hits) == [("e0", "e2", "e4")]
    assert (hits[0].group, hits[0].value, hits[0].time, hits[0].first_time) == ({"User": "Ann"}, 3, 10_000_000, 0)
    assert not _run(loaded, (0, "a", u), (1, "a", u), (10.000001, "a", u))


def test_a_lasting_flood_gives_one_hit_per_timespan_and_a_pause_another(tmp_path: Path) -> None:
    loaded = _load(tmp_path, {"type": "event_count", "rules": "a", "group-by": ["User"], "condition": {"gt": 2}})
    flood = [(second, "a", {"User": "u"}) for second in range(30)]
    assert [hit.time // 1_000_000 for hit in _run(loaded, *flood)] == [2, 13, 24]
    burst = [(second, "a", {"User": "u"}) for second in (0, 1, 2, 3, 13, 13, 13, 14)]
    assert [hit.time // 1_000_000 for hit in _run(loaded, *burst)] == [2, 13]


@pytest.mark.parametrize(
    ("condition", "counts"),
    [({"gt": 1, "lte": 3}, {2, 3}), ({"eq": 2}, {2}), ({"lt": 2}, {1}), ({"neq": 2}, {1, 3, 4}), ({"lte": 1}, {1})],
)
def test_what_only_a_whole_window_can_tell(tmp_path: Path, condition: dict[str, int], counts: set[int]) -> None:
    loaded = _load(tmp_path, {"type": "event_count", "rules": ["a"], "group-by": ["User"], "condition": condition})
    events = [(second, "a", {"User": f"u{user}"}) for second in range(4) for user in range(1, 5) if second < user]
    hits = _run(loaded, *events)
    assert {hit.events for hit in hits} == counts
    assert all(hit.events == int(hit.group["User"][1:]) for hit in hits)
    later = _run(loaded, *events, (100, "a", {"User": "u2"}))
    assert len(later) == len(hits) + (1 in counts)


def test_distinct_values(tmp_path: Path) -> None:
    section = {"type": "value_count", "rules": ["a"], "group-by": ["Host"], "condition": {"gte": 3, "field": "User"}}
    loaded = _load(tmp_path, section)
    users = ["a", "A", "b", None, "c", "d"]
    hits = _run(loaded, *((n, "a", {"Host": "h", "User": user}) for n, user in enumerate(users)))
    assert [(hit.time, hit.value, hit.events) for hit in hits] == [(4_000_000, 3, 5)]
    assert _run(loaded, (0, "a", {"Host": "h", "User": ["x", "y", "z"]}))


def test_temporal_and_ordered(tmp_path: Path) -> None:
    section = {"rules": ["a", "b", "c"], "group-by": ["User"]}
    anyhow = _load(tmp_path, {"type": "temporal", **section})
    h = {"User": "u"}
    backwards = [(0, "c", h), (1, "b", h), (2, "b", h), (3, "a", h)]
    assert _ids(_run(anyhow, *backwards)) == [("e0", "e1", "e2", "e3")]
    assert _run(anyhow, (0, "abc", h)), "one event may be all of it"
    ordered = _load(tmp_path, {"type": "temporal_ordered", **section})
    assert not _run(ordered, *backwards)
    assert not _run(ordered, (0, "abc", h), (1, "ab", h))
    assert _run(ordered, (0, "abc", h), (0, "ab", h), (0, "c", h))
    assert _run(ordered, (0, "a", h), (1, "c", h), (9, "b", h), (10, "c", h))
    assert not _run(ordered, (0, "a", h), (1, "c", h), (9, "b", h), (10.1, "c", h)), "a is too long ago"
    assert not _run(anyhow, (0, "a", {"User": "u"}), (1, "b", {"User": "v"}), (2, "c", {"User": "u"}))
    two = _load(tmp_path, {"type": "temporal", "condition": {"gte": 2}, **section})
    assert _ids(_run(two, (0, "a", h), (1, "c", h))) == [("e0", "e1")]


def test_expressions(tmp_path: Path) -> None:
    both = _load(tmp_path, {"type": "temporal", "group-by": ["U"], "condition": "a and (b or c)"})
    assert not _run(both, (0, "b", {"U": 1}), (1, "c", {"U": 1}))
    assert _ids(_run(both, (0, "b", {"U": 1}), (1, "c", {"U": "1"}), (2, "a", {"U": 1}))) == [("e0", "e1", "e2")]
    absent = _load(tmp_path, {"type": "temporal", "group-by": ["U"], "condition": "a and not b"})
    assert [hit.group for hit in _run(absent, (0, "a", {"U": 1}), (1, "b", {"U": 1}), (1, "a", {"U": 2}))] == [
        {"U": "2"}
    ]
    ordered = _load(tmp_path, {"type": "temporal_ordered", "group-by": ["U"], "condition": "b and a"})
    assert [bool(_run(ordered, (0, x, {"U": 1}), (1, y, {"U": 1}))) for x, y in ("ab", "ba")] == [False, True]
    unclear = _load(tmp_path, {"type": "temporal_ordered", "group-by": ["U"], "condition": "b or a"})
    assert [problem.code for problem in correlations(unclear.rules)[1]] == ["unsupported"]


def test_aliases_join_fields_of_different_names(tmp_path: Path) -> None:
    aliases = {"ip": {"a": "Source", "b": "Target"}}
    loaded = _load(tmp_path, {"type": "temporal", "rules": ["a", "b"], "group-by": ["ip"], "aliases": aliases})
    found, _ = correlations(loaded.rules)
    digests = {each.rule.digest: each.rule.name for each in loaded.rules}
    needs = Correlator(found).needs()
    assert {digests[key]: fields for key, fields in needs.items()} == {"a": {"Source"}, "b": {"Target"}}
    hits = _run(
        loaded, (0, "a", {"Source": "1.1.1.1", "Target": "2.2.2.2"}), (1, "b", {"Source": "x", "Target": "1.1.1.1"})
    )
    assert [hit.group for hit in hits] == [{"ip": "1.1.1.1"}]


def test_numbers(tmp_path: Path) -> None:
    def values(kind: str, *numbers: Any, **condition: Any) -> list[float]:
        section = {"type": kind, "rules": ["a"], "group-by": ["U"], "condition": {"field": "N", **condition}}
        return [h.value for h in _run(_load(tmp_path, section), *((0, "a", {"U": 1, "N": n}) for n in numbers))]

    assert values("value_sum", 1, "2.5", "x", None, "nan", 7, gte=10) == [10.5]
    assert values("value_avg", 1, 2, 6, gt=2) == [3]
    assert values("value_avg", 100, 2, 6, gt=50) == [], "the first alone is no average"
    assert values("value_median", 1, 9, 2, lte=2) == [2]
    assert values("value_percentile", *range(1, 101), percentile=95, gte=95) == [95.05]
    assert values("value_median", "x", None, gte=0) == []


def test_chains_and_silence(tmp_path: Path) -> None:
    many = {"name": "many", "type": "event_count", "rules": ["a"], "group-by": ["Host"], "condition": {"gte": 2}}
    then = {"type": "temporal_ordered", "rules": ["many", "b"], "group-by": ["User"], "timespan": "1h"}
    loaded = _load(tmp_path, many, then)
    assert {r.rule.title: r.emits for r in loaded.rules} == {
        "a": False, "b": False, "c": True, "correlation 0": False, "correlation 1": True,
    }  # fmt: skip
    found, _ = correlations(loaded.rules)
    names = {each.rule.digest: each.rule.name for each in loaded.rules}
    needs = {names[key]: fields for key, fields in Correlator(found).needs().items()}
    assert needs == {"a": {"Host", "User"}, "b": {"User"}}
    f = {"Host": "h", "User": "u"}
    hits = _run(loaded, (0, "a", f), (1, "a", f), (2, "b", {"User": "v"}), (3, "b", {"User": "U"}))
    assert [(hit.correlation.rule.title, hit.event_ids) for hit in hits] == [("correlation 1", ("e0", "e1", "e3"))]
    both = _load(tmp_path, {**many, "name": "many"}, {**then, "generate": True})
    assert [hit.correlation.rule.title for hit in _run(both, (0, "a", f), (1, "a", f))] == ["correlation 0"]


def test_a_whole_window_inside_another_comes_when_it_is_known(tmp_path: Path) -> None:
    exactly = {"name": "two", "type": "event_count", "rules": ["a"], "group-by": ["U"], "condition": {"eq": 2}}
    then = {"type": "temporal_ordered", "rules": ["two", "b"], "group-by": ["U"], "timespan": "20s"}
    loaded = _load(tmp_path, exactly, then)
    u = {"U": "u"}
    assert not _run(loaded, (0, "a", u), (1, "a", u), (2, "b", u)), "not known before second 10"
    assert _ids(_run(loaded, (0, "a", u), (1, "a", u), (11, "b", u))) == [("e0", "e1", "e2")]
    assert not _run(loaded, (0, "a", u), (1, "a", u), (2, "a", u), (11, "b", u))


def test_many_paths_through_a_chain_cost_no_more_than_its_rules(tmp_path: Path) -> None:
    layers: list[dict[str, Any]] = []
    for number in range(40):
        inner = [f"l{number - 1}x", f"l{number - 1}y"] if number else ["a"]
        layers += [
            {
                "name": f"l{number}{side}",
                "type": "event_count",
                "rules": inner,
                "group-by": ["U"],
                "condition": {"gte": 1},
            }
            for side in "xy"
        ]
    loaded = _load(tmp_path, *layers)
    hits = _run(loaded, (0, "a", {"U": "u"}))
    assert [hit.correlation.rule.name for hit in hits] == ["l39x", "l39y"]
    found, _ = correlations(loaded.rules)
    assert [*Correlator(found).needs().values()] == [{"U"}]


def test_rows_out_of_order_are_refused(tmp_path: Path) -> None:
    loaded = _load(tmp_path, {"type": "event_count", "rules": ["a"], "group-by": ["U"], "condition": {"gte": 1}})
    with pytest.raises(ValueError, match="order of time"):
        _run(loaded, (1, "a", {}), (0, "a", {}))


def test_floods_stay_within_bounds_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlate, "MAX_GROUPS", 10)
    monkeypatch.setattr(correlate, "MAX_HELD", 50)
    monkeypatch.setattr(window, "MAX_ITEMS", 20)
    many = _correlation("event_count", 1, bounds=(("gte", 3.0),), timespan=10**9)
    keys = Correlator([many])
    assert not list(keys.run(Row(n, ["r0"], str(n), {"g": str(n)}) for n in range(1000)))
    assert keys.forgotten["c"] == 990
    one = Correlator([many])
    assert [hit.event_ids[-1] for hit in one.run(Row(n, ["r0"], str(n), {"g": "x"}) for n in range(1000))] == ["2"]
    assert one.forgotten["c"] == 980
    held = Correlator([many])
    list(held.run(Row(n, ["r0"], str(n), {"g": str(n % 5)}) for n in range(1000)))
    assert held.forgotten["c"] > 0
    high = Correlator([_correlation("event_count", 1, bounds=(("gte", 150.0),), timespan=10**9)])
    assert [hit.events for hit in high.run(Row(n, ["r0"], str(n), {"g": "x"}) for n in range(200))] == [150]
    out_of_reach = Correlator([_correlation("event_count", 1, bounds=(("gte", 500.0),), timespan=10**9)])
    assert not list(out_of_reach.run(Row(n, ["r0"], str(n), {"g": "x"}) for n in range(600)))
    assert out_of_reach.forgotten["c"] == 400


# The same by brute force: each window from all rows, each order of events tried.


def _correlation(kind: str, rules: int, **given: Any) -> Correlation:
    rule = Rule("id", "t", "low", "", (), (), (), (), LogSource(), "p", "", "c")
    refs = tuple(Reference(f"r{n}", ("g",), ("v",) if kind.startswith("value") else ()) for n in range(rules))
    return Correlation(rule, True, kind, refs, ("g",), **{"bounds": (("gte", float(rules)),), "timespan": 10, **given})


def _measure(c: Correlation, rows: Sequence[Row]) -> float | None:
    numbers = [float(row.fields["v"]) for row in rows if row.fields.get("v") is not None]
    wanted = [reference.rule for reference in c.references]
    match c.type:
        case "event_count":
            return len(rows)
        case "value_count":
            return len(set(numbers))
        case "temporal":
            return sum(any(rule in row.rules for row in rows) for rule in wanted)
        case "temporal_ordered":
            return max(
                size
                for size in range(len(wanted) + 1)
                for rules in itertools.combinations(wanted, size)
                for chosen in itertools.combinations(rows, size)
                if all(rule in row.rules for rule, row in zip(rules, chosen, strict=True))
            )
    if not numbers:
        return None
    if c.type == "value_percentile":
        return float(np.percentile(numbers, c.percentile))
    return {"value_sum": sum, "value_avg": statistics.mean, "value_median": statistics.median}[c.type](numbers)


def _met(c: Correlation, rows: Sequence[Row]) -> bool:
    measured = _measure(c, rows)
    compare = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__", "eq": "__eq__", "neq": "__ne__"}
    return measured is not None and all(getattr(float(measured), compare[op])(bound) for op, bound in c.bounds)


def _brute(c: Correlation, rows: Sequence[Row]) -> set[tuple[str, ...]]:
    found = set()
    for group in {row.fields["g"] for row in rows if "g" in row.fields}:
        mine = [row for row in rows if row.fields.get("g") == group and any(r.rule in row.rules for r in c.references)]
        if c.at_once:
            hit_at = None
            for place, row in enumerate(mine):
                before = [r for r in mine[:place] if r.time >= row.time - c.timespan]
                if hit_at is not None and (hit_at < row.time - c.timespan or not _met(c, before)):
                    hit_at = None
                if hit_at is None and _met(c, [*before, row]):
                    hit_at = row.time
                    found.add((*(r.event_id for r in before), row.event_id))
        else:
            while mine:
                window = [row for row in mine if row.time <= mine[0].time + c.timespan]
                if _met(c, window):
                    found.add(tuple(row.event_id for row in window))
                mine = mine[len(window) :]
    return found


_rows = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sets(st.sampled_from(["r0", "r1", "r2", "other"]), min_size=1),
        st.sampled_from(["x", "y", None]),
        st.sampled_from([1, 2, 5, -3, None]),
    ),
    max_size=12,
)
_bounds = st.lists(
    st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]), st.integers(0, 6).map(float)),
    min_size=1,
    max_size=2,
).map(tuple)
_kinds = ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_median"]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([*_kinds, "value_percentile"]), st.integers(1, 3), _bounds, st.integers(1, 15), _rows)
def test_equals_brute_force(kind: str, rules: int, bounds: Any, timespan: int, steps: list[Any]) -> None:
    c = _correlation(kind, rules, bounds=bounds, timespan=timespan, percentile=70.0)
    times = itertools.accumulate(step for step, *_ in steps)
    rows = [
        Row(at, sorted(matched), f"e{n}", {k: v for k, v in (("g", group), ("v", number)) if v is not None})
        for n, (at, (_, matched, group, number)) in enumerate(zip(times, steps, strict=True))
    ]
    hits = [hit.event_ids for hit in Correlator([c]).run(rows)]
    assert len(hits) == len(set(hits))
    assert set(hits) == _brute(c, rows)
