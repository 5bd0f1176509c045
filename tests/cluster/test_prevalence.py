from __future__ import annotations

from pathlib import Path

import pytest
from made import Made

from ringleader.cluster import prevalence
from ringleader.cluster.prevalence import Holders, plain
from ringleader.compare import Seen

DAY = 1440


def made() -> Made:
    world = Made()
    for day in range(5):
        for host in ("a.corp.example", "b.corp.example"):
            world.event("windows/sysmon/1", day * DAY, host, Image="C:\\Windows\\System32\\whoami.exe",
                        CommandLine='"C:\\Windows\\System32\\whoami.exe" /all')  # fmt: skip
    world.event("windows/sysmon/1", 0, "a.corp.example", Image="C:\\T\\bare.exe", CommandLine="C:\\T\\bare.exe -x")
    world.event("windows/sysmon/1", 3 * DAY, "b.corp.example", Image="C:\\T\\are.exe", Hashes="SHA256=AB12,MD5=cd34")
    return world


FIRST = prevalence._day(__import__("made").START)
NOBODY = Holders(frozenset(), 0, -1)


@pytest.mark.parametrize(
    ("key", "holders", "seen"),
    [
        (("command-template", "whoami /all"), NOBODY, Seen(10, 10)),
        # Where the intruder was, while he was there and a day to either side, does not count.
        (("command-template", "whoami /all"), Holders(frozenset({"a"}), FIRST, FIRST), Seen(8, 8)),
        (("file-name", "are.exe"), NOBODY, Seen(1, 10)),  # no part of a longer word
        (("file-hash", "sha256:ab12"), NOBODY, Seen(1, 10)),
        (("file-hash", "md5:cd34"), NOBODY, Seen(1, 10)),
        (("command-template", "<temp>\\<program> -x"), NOBODY, None),  # nothing to look for
        # Network sensors see an address wherever: none of these days counts.
        (("address", "203.0.113.99"), Holders(frozenset({"a"}), FIRST, FIRST + 1), Seen(0, 4)),
    ],
)
def test_host_days(tmp_path: Path, key: tuple[str, str], holders: Holders, seen: Seen | None) -> None:
    store, _ = made().store(tmp_path)
    assert prevalence.telemetry(store, {key: holders}).get(key) == seen


def test_texts_and_values_are_held_together_in_one_form() -> None:
    assert plain('"C:\\A\\Net.exe" group "Domain Admins"') == plain("c:\\a\\net group domain_admins")


def test_without_events_nothing_is_known(tmp_path: Path) -> None:
    store, _ = Made().store(tmp_path)
    assert prevalence.telemetry(store, {("service", "x"): NOBODY}) == {}


def test_a_sample_is_taken_of_many_host_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prevalence, "UNITS", 4)
    store, _ = made().store(tmp_path)
    key = ("command-template", "whoami /all")
    assert prevalence.telemetry(store, {key: NOBODY}) == {key: Seen(4, 4)}
