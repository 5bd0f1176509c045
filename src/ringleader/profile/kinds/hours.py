"""Hours in which somebody works, as a histogram, and the time zone that they suggest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ringleader.profile import facts
from ringleader.profile.circular import Zone, zone
from ringleader.profile.gather import Gathered
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000


class WorkingHour(Plain):
    name = "working-hour"
    what = "hour of the day, UTC, in which somebody worked; count is on how many days"
    most = 100_000
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        yield from _bins(sighting, "derived")

    def whole(self, found: Mapping[str, Gathered]) -> dict[str, Gathered]:
        out: dict[str, Gathered] = {}
        for text, one in found.items():
            hour = f"{int(text) % 24:02}"
            known = out.setdefault(hour, Gathered())
            days = known.count + 1
            known.join(one)
            known.count = days
        return out


class TimeZone(Plain):
    name = "time-zone"
    what = (
        "offset from UTC at which these hours would be a working day; its uncertainty, the method and what it rests on "
        "are in detail"
    )
    most = 100_000
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        yield from _bins(sighting, "guessed")

    def whole(self, found: Mapping[str, Gathered]) -> dict[str, Gathered]:
        estimate = zone(int(text) for text in found)
        if estimate is None:
            return {}
        all_of_it = Gathered()
        for one in found.values():
            all_of_it.join(one)
        all_of_it.detail = json.dumps(_detail(estimate), sort_keys=True)
        return {f"UTC{estimate.offset:+03d}:00": all_of_it}


def _detail(estimate: Zone) -> dict[str, object]:
    return {
        "method": "mean direction of sessions on the 24 hour circle, Rayleigh test, standard error by circular"
        " dispersion (Fisher, Statistical Analysis of Circular Data, 1993, 4.4);"
        " a working day's middle is taken to be day_centre",
        "sessions": estimate.sessions,
        "hours": estimate.hours,
        "mean_hour_utc": round(estimate.mean, 2),
        "resultant_length": round(estimate.length, 3),
        "p_rayleigh": float(f"{estimate.p:.2g}"),
        "uncertainty_hours_95": round(estimate.uncertainty, 1),
        "day_centre": facts.habits().day_centre,
    }


def _bins(sighting: Sighting, basis: facts.Basis) -> Iterator[Mark]:
    if sighting.time is not None and by_hand(sighting):
        yield Mark(str(sighting.time // HOUR), basis)


def by_hand(sighting: Sighting) -> bool:
    """Whether somebody sat there, as far as fields.yml can tell."""
    entry = _hands(sighting.kind)
    if entry is None or any(_is(sighting, slot, texts) for slot, texts in entry.unless.items()):
        return False
    return all(_is(sighting, slot, texts) for slot, texts in entry.only.items())


@lru_cache(maxsize=4096)
def _hands(kind: str) -> facts.Hands | None:
    return next(iter(facts.covering(facts.fields().hands, kind)), None)


def _is(sighting: Sighting, slot: str, texts: list[str]) -> bool:
    return any(value.replace("/", "\\").rpartition("\\")[2].lower() in texts for value in sighting.all(slot))


def hour_of(text: str) -> datetime:
    """The beginning of an hour as it is gathered: a number since 1970."""
    return _EPOCH + timedelta(hours=int(text))
