"""The comparison of kernel and oracle on a case's own events: what it asks about, and that it can fail."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ringleader.detect import check, ruleset
from ringleader.detect import stage as detect
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.errors import CheckFailed
from ringleader.ingest import run as ingest
from ringleader.store import File, Store


def unit(number: int, **samples: int) -> check.Unit:
    file = File(f"events/{number}.parquet", "", 0, sum(samples.values()))
    return check.Unit("rules", (), {}, "store", file, samples)


def asked(units: list[check.Unit]) -> Counter[str]:
    return sum((Counter(each.samples) for each in units), Counter())


def test_what_is_within_the_bound_stays_as_it_is() -> None:
    units = [unit(1, a=60, b=1), unit(2, a=30)]
    assert check.bounded(units, 1000) == units


def test_each_kind_has_its_share_spread_over_its_files() -> None:
    units = [unit(number, common=3, **{f"rare{number % 7}": 1}) for number in range(300)]
    kept = check.bounded(units, 80)
    counts = asked(kept)
    assert counts.total() <= 80
    assert min(counts.values()) >= 1 and len(counts) == 8
    places = [
        place for place, each in enumerate(units) if any(each.file == k.file and k.samples["common"] for k in kept)
    ]
    assert places[0] < 60 and places[-1] > 240


def test_more_kinds_than_the_bound_are_asked_about_once_each() -> None:
    assert set(asked(check.bounded([unit(1, **{f"k{n}": 5 for n in range(50)})], 10)).values()) == {1}


class Here(Local):
    """Works in this process, where it can be tampered with."""

    def map(self, kernel: Any, units: Any, **_: object) -> Any:
        return ((unit, kernel(unit)) for unit in units)


class Told(Silent):
    said = ""

    def say(self, text: str) -> None:
        self.said += text


def test_it_says_how_much_was_compared_and_fails_when_they_differ(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path / "case", create=True)
    ingest.ingest(store, [demo], engine=Local(1), progress=Silent())
    told = Told()
    detect.run(store, [ruleset.BUILTIN], engine=Here(1), progress=told, check=True)
    assert f" of {store.rows('events'):,} events, " in told.said
    monkeypatch.setattr(check.Oracle, "matches", lambda *_: False)
    with pytest.raises(CheckFailed, match="only the kernel matches"):
        detect.run(store, [ruleset.BUILTIN], engine=Here(1), check=True)
