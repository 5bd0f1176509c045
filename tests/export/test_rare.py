"""Which events count as inside and outside, against a plain count over all events, one by one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import exported
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import START, Made

from ringleader.export import Options, Source, indicator, rare

HOSTS = ["ex01.corp.example", "ex01", "10.1.0.4", "ws01.corp.example", None]
MAIL = {"ex01.corp.example", "ex01", "10.1.0.4"}
"""Names of one host: the case file says so."""
DOMAINS = ["a.example", "b.example"]
events = st.lists(
    st.tuples(st.integers(-3000, 3000), st.sampled_from(HOSTS), st.sampled_from(DOMAINS)), min_size=1, max_size=25
)


def store_of(root: Path, some: list[tuple[int, str | None, str]], found: set[int]) -> Source:
    """An intrusion of the events in ``found`` with the trait a.example."""
    made = Made()
    for number, (minute, host, domain) in enumerate(some):
        event = made.event("windows/sysmon/22", minute, host, QueryName=domain.upper() + ".")
        if number in found:
            made.find(exported.FIRST, event, "r")
    store, config = made.store(root)
    rows = [
        {"owner_kind": "intrusion", "owner_id": exported.FIRST, "kind": "domain", "value": "a.example", "grade": "A3",
         "count": 1, "hosts": []}
    ]  # fmt: skip
    exported.write(store, "traits", rows)
    return Source(store, config)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(events, st.data())
def test_counts_are_those_of_a_plain_loop(some: list[tuple[int, str | None, str]], data: Any) -> None:
    found = data.draw(st.sets(st.integers(0, len(some) - 1), min_size=1, max_size=3))
    with TemporaryDirectory() as folder:
        count = store_of(Path(folder), some, found).history.of("domain", "a.example")
    times = [some[number][0] for number in found]
    low, high = min(times) - 60, max(times) + 60
    hosts = {some[number][1] for number in found} - {None}
    if hosts & MAIL:
        hosts |= MAIL
    inside = outside = 0
    for number, (minute, host, domain) in enumerate(some):
        if domain == "a.example":
            near = low <= minute <= high and (host is None or host in hosts)
            inside += near or number in found
            outside += not (near or number in found)
    assert count is not None
    assert (count.inside, count.outside) == (inside, outside)


def test_what_is_everyday_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rare, "GIVE_UP", 3)
    source = store_of(tmp_path, [(0, "ex01", "a.example")] + [(9000 + n, "ws01", "a.example") for n in range(9)], {0})
    subject = source.material.subjects[0]
    ((one, reason),) = indicator.judged(subject, source, Options())
    assert reason == "seen outside the intrusions that have it"
    assert "more than 3 matches" in one.false_positives


@pytest.mark.parametrize(
    ("kind", "field", "content", "value"),
    [
        ("file-hash", "Hashes", f"MD5={'AB' * 16},IMPHASH={'CD' * 16}", f"imphash:{'cd' * 16}"),
        ("file-hash", "Hashes", "AB" * 32, f"sha256:{'ab' * 32}"),
        ("path", "Image", r"\??\C:\Users\B.Lee\a.exe", r"c:\users\*\a.exe"),
        ("path", "exe", "/" + "home/lee/x", r"\home\*\x"),
        ("scheduled-task", "TaskName", r"\Sys\Upd", r"sys\upd"),
        ("named-pipe", "PipeName", r"\PSEXESVC", "psexesvc"),
        ("user-agent", "cs-user-agent", "Mozilla/5.0+(X)", "Mozilla/5.0 (X)"),
        ("domain", "host", "A.Example:443", "a.example"),
        ("address", "src_ip", "192.0.2.1:55480", "192.0.2.1"),
        ("address", "src_ip", "::ffff:192.0.2.1", "192.0.2.1"),
        ("address", "src_ip", "2001:DB8::1%eth0", "2001:db8::1"),
    ],
)
def test_fields_are_read_as_profile_writes_traits(kind: str, field: str, content: str, value: str) -> None:
    assert field in {name for place in rare.places()[kind] for names in place.fields.values() for name in names}
    assert value in set(rare._how()[kind](content))


def test_every_log_source_means_the_events_that_are_counted() -> None:
    """A rule that is drafted for a place must not match other kinds than those that were counted there."""
    from ringleader.detect import logsource
    from ringleader.schema.kind import covers

    for some in rare.places().values():
        for place in some:
            if place.sigma is None:
                continue
            told = place.sigma
            meant = logsource.resolve(told.get("product"), told.get("category"), told.get("service")).kinds
            for event_kind in place.fields:
                assert any(covers(prefix, event_kind) for prefix in meant), (place.trait, event_kind)


def test_times_that_cannot_be_right_break_nothing(tmp_path: Path) -> None:
    made = Made()
    event = made.event("windows/sysmon/22", 0, "ex01", QueryName="a.example")
    made.events[0]["time"] = START - timedelta(days=700_000)
    made.find(exported.FIRST, event, "r")
    store, config = made.store(tmp_path)
    source = Source(store, config)
    from test_exporters import written

    from ringleader.export import EXPORTERS

    for exporter in EXPORTERS:
        written(exporter, source)
