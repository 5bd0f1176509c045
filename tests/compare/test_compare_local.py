"""Comparing intrusions: local kinds, artefacts, ordinary programs, hours, evictions; quick sums are the slow ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.compare import (
    Local,
    Profile,
    Quick,
    Seen,
    Trait,
    by_family,
    characteristic,
    compare,
    contributions,
    kinds,
)
from ringleader.compare.comparison import BURNT, CAP
from ringleader.compare.hours import MOST, likeness

WORLD = Local({("service", "common"): Seen(300, 1000)}, {("technique", "T1003"): 0.4, ("software", "S0002"): 0.3})
START = datetime(2026, 1, 1, tzinfo=UTC)
VALUES = {
    "technique": ["T1003", "T1003.001", "T1003.002", "T1560.001"], "software": ["S0002", "odd"],
    "file-hash": ["sha256:a", "sha256:b"], "path": ["c:\\t\\a.exe"], "service": ["x", "common"],
    "command-template": ["whoami", "rar a -r -hp<secret> -m5 -v<number>m <file>"], "domain": ["c2.example"],
    "working-hour": ["01", "02", "14"], "host-hour": ["h 2026-01-01T01"], "account": ["bob"], "unheard-of": ["z"],
}  # fmt: skip
TRAITS = st.sampled_from(sorted((kind, value) for kind, some in VALUES.items() for value in some)).flatmap(
    lambda key: st.builds(
        Trait, st.just(key[0]), st.just(key[1]), st.sampled_from(["A1", "A2", "A4", "C3", "F6"]), st.integers(1, 9),
        st.frozensets(st.sampled_from(["f1", "f2", "f3"])),
        st.integers(0, 5).map(lambda d: START + timedelta(days=d)),
        st.integers(6, 9).map(lambda d: START + timedelta(days=d)),
    )
)  # fmt: skip
PROFILES = st.lists(TRAITS, max_size=14).map(lambda some: Profile.of("p", some))
IMPLIED = {"S0002": ("T1003.001",)}


@given(PROFILES, PROFILES, st.lists(st.integers(0, 12).map(lambda d: START + timedelta(days=d, hours=1)), max_size=2))
def test_quick_sums_are_those_of_the_lines(a: Profile, b: Profile, evictions: list[datetime]) -> None:
    lines = contributions(a, b, WORLD, IMPLIED, evictions)
    quick = Quick([a, b], WORLD, IMPLIED, evictions).sums(0, 1)
    slow = by_family(lines)
    assert {k: v for k, v in quick.families.items() if v} == pytest.approx({k: v for k, v in slow.items() if v})
    own = [line.weight for line in lines if kinds().own(line.kind) and line.weight > 0]
    assert quick.best == pytest.approx(max(own, default=0.0))
    assert sum(quick.own.values()) == pytest.approx(sum(own))


@given(PROFILES, PROFILES)
def test_it_is_symmetric(a: Profile, b: Profile) -> None:
    one, other = compare(a, b, WORLD, IMPLIED), compare(b, a, WORLD, IMPLIED)
    assert one.contributions == other.contributions and one.total == other.total
    assert all(weight <= CAP for weight in one.by_family().values())


def trait(kind: str, value: str, *findings: str, **more: object) -> Trait:
    return Trait(kind, value, findings=frozenset(findings), **more)  # type: ignore[arg-type]


def test_a_file_by_name_path_and_hash_counts_once() -> None:
    one = [trait("file-hash", "sha256:a", "f1"), trait("path", "c:\\t\\a.exe", "f1"), trait("file-name", "a.exe", "f1")]
    other = [trait(t.kind, t.value, "g1") for t in one]
    together = compare(Profile.of("a", one), Profile.of("b", other), WORLD)
    alone = compare(Profile.of("a", one[:1]), Profile.of("b", other[:1]), WORLD)
    assert together.total == pytest.approx(alone.total)
    assert [line.weight > 0 for line in together.contributions] == [True, False, False]
    assert "the same thing as file-hash sha256:a" in together.contributions[1].reason
    # Two files are two.
    apart = [trait("file-hash", "sha256:a", "f1"), trait("path", "c:\\t\\b.exe", "f2")]
    assert compare(Profile.of("a", apart), Profile.of("b", apart), WORLD).total > alone.total


def test_host_and_hour_say_nothing_by_themselves() -> None:
    one = Profile.of("a", [trait("host-hour", "h 2026-01-01T01")])
    assert compare(one, one, WORLD).contributions == ()


def test_telemetry_only_makes_a_thing_commoner() -> None:
    assert WORLD.share("service", "common") == pytest.approx(0.294, abs=0.001)
    assert WORLD.share("service", "x") == kinds().of("service").prior
    quiet = Local({("command-template", "whoami"): Seen(0, 10_000)}, {})
    assert quiet.share("command-template", "whoami") == kinds().prior("command-template", "whoami")
    assert "300 of 1,000" in WORLD.reason("service", "common") and "40%" in WORLD.reason("technique", "T1003")


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [
        ("net group domain_admins /domain", "net view"),
        ("rar a -r -hp<secret> -m5", "rar a -r <file> <file>"),
        ("whoami /all", "cmd /c whoami"),
    ],
)
def test_the_longer_a_command_the_rarer(longer: str, shorter: str) -> None:
    assert kinds().prior("command-template", longer) < kinds().prior("command-template", shorter)


def test_programs_of_the_system_say_nothing() -> None:
    cmd = [trait("path", "c:\\windows\\system32\\cmd.exe", "f1"), trait("file-name", "cmd.exe", "f1")]
    hashed = [trait("file-hash", "sha256:cmd", "f1")]
    assert characteristic([*cmd, *hashed]) == []
    # The same name in a folder of the intruder's is no program of the system.
    own = [trait("path", "c:\\temp\\cmd.exe", "f1"), trait("file-hash", "sha256:own", "f1")]
    assert characteristic(own) == own
    tool = [trait("file-hash", "sha256:rar", "f1"), trait("software", "winrar", "f1")]
    assert [t.kind for t in characteristic(tool)] == ["software"], "which public tool it is says the tool"


def test_what_was_known_since_an_eviction_says_less() -> None:
    early = trait("domain", "c2.example", first_time=START, last_time=START + timedelta(days=1))
    late = trait("domain", "c2.example", first_time=START + timedelta(days=9), last_time=START + timedelta(days=9))
    a, b = Profile.of("a", [early]), Profile.of("b", [late])
    (plain,) = compare(a, b, WORLD).contributions
    (aged,) = compare(a, b, WORLD, evictions=[START + timedelta(days=5)]).contributions
    assert aged.weight == pytest.approx(BURNT * plain.weight) and "2026-01-06" in aged.reason
    assert compare(a, b, WORLD, evictions=[START + timedelta(days=20)]).contributions == (plain,)
    habit = [trait("command-template", "rar a -r -hp<secret> -m5", first_time=t.first_time, last_time=t.last_time)
             for t in (early, late)]  # fmt: skip
    sides = [Profile.of("p", [one]) for one in habit]
    assert compare(*sides, WORLD, evictions=[START + timedelta(days=5)]) == compare(*sides, WORLD)


@given(st.dictionaries(st.integers(0, 23), st.integers(1, 50)), st.dictionaries(st.integers(0, 23), st.integers(1, 50)))
def test_hours_are_symmetric_and_bounded(a: dict[int, int], b: dict[int, int]) -> None:
    assert likeness(a, b) == likeness(b, a)
    assert -MOST <= likeness(a, b) <= MOST
    assert likeness(a, a) >= 0
    assert likeness(a, {}) == 0
