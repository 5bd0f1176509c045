"""When people and machines do things: hours, week, seasons, the day of the updates.

Times are microseconds since 1970 in UTC, as everywhere; days are counted since 1970.
"""

from __future__ import annotations

import bisect
import math
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Share of an office's work in each hour of the local day, before the week and the season.
_OFFICE = (1, 1, 1, 1, 1, 2, 4, 18, 60, 95, 100, 92, 50, 70, 96, 98, 90, 62, 22, 10, 7, 5, 3, 2)
_WEEK = (1.0, 1.04, 1.02, 0.98, 0.88, 0.12, 0.07)


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours in a zone: ``week`` the share of each day from Monday, ``hours`` that of each hour."""

    zone: str
    hours: tuple[float, ...] = _OFFICE
    week: tuple[float, ...] = _WEEK

    def moment(self, day: int, chance: random.Random) -> int:
        """A moment of the local ``day``."""
        hour = bisect.bisect(_summed(self.hours), chance.random() * sum(self.hours))
        return midnight(day, self.zone) + min(hour, 23) * HOUR + int(chance.random() * HOUR)


def between(zone: str, first: int, last: int, days: tuple[int, ...] = (0, 1, 2, 3, 4)) -> Hours:
    """Evenly from the hour ``first`` up to ``last``, on ``days`` (0 is Monday). May run over midnight."""
    inside = [hour for hour in range(24) if (first <= hour < last if first < last else hour >= first or hour < last)]
    return Hours(
        zone,
        tuple(1.0 if hour in inside else 0.0 for hour in range(24)),
        tuple(1.0 if day in days else 0.0 for day in range(7)),
    )


@lru_cache(maxsize=64)
def _summed(hours: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(accumulate(hours))


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day + 3) % 7


def season(day: int) -> float:
    """Busier before the end of a quarter, quiet at the turn of the year."""
    of_year = date.fromordinal(day + _EPOCH).timetuple().tm_yday
    quiet = 0.45 if of_year > 357 or of_year < 3 else 1.0
    return quiet * (1 + 0.12 * math.sin(of_year / 91.3 * 2 * math.pi))


_EPOCH = date(1970, 1, 1).toordinal()


def day_of(time: int) -> int:
    return time // DAY


def day_number(when: date) -> int:
    return when.toordinal() - _EPOCH


@lru_cache(maxsize=1024)
def patch_day(day: int, after: int = 0) -> int:
    """The last day before or at ``day`` that is ``after`` days after the day of the updates: the Wednesday that follows
    a month's second Tuesday."""
    first = date.fromordinal(day - after + _EPOCH).replace(day=1)
    found = first.toordinal() - _EPOCH + (1 - first.weekday()) % 7 + 8
    return found + after if found + after <= day else patch_day(first.toordinal() - _EPOCH - 1 + after, after)


@lru_cache(maxsize=4096)
def midnight(day: int, zone: str) -> int:
    """The start of the local day that bears the date ``day``."""
    local = datetime.combine(date.fromordinal(day + _EPOCH), datetime.min.time(), ZoneInfo(zone))
    return round(local.timestamp()) * SECOND


def stamp(time: int) -> datetime:
    return _START + timedelta(microseconds=time)


_START = datetime(1970, 1, 1, tzinfo=UTC)


def iso(time: int) -> str:
    """``2021-03-04T02:11:07.123Z``"""
    minute, rest = divmod(time, MINUTE)
    return f"{_minutes(minute)[0]}{rest // SECOND:02d}.{rest // 1000 % 1000:03d}Z"


def spaced(time: int) -> str:
    """``2021-03-04 02:11:07.123``"""
    minute, rest = divmod(time, MINUTE)
    return f"{_minutes(minute)[1]}{rest // SECOND:02d}.{rest // 1000 % 1000:03d}"


def traditional(time: int) -> str:
    """``Mar  4 02:11:07``, as syslog has it."""
    minute, rest = divmod(time, MINUTE)
    return f"{_minutes(minute)[2]}{rest // SECOND:02d}"


@lru_cache(maxsize=1 << 13)
def _minutes(minute: int) -> tuple[str, str, str]:
    """The start of each form up to the seconds: a day has few minutes, and formatting a date is slow."""
    day, rest = divmod(minute, 24 * 60)
    plain, traditional = _days(day)
    clock = f"{rest // 60:02d}:{rest % 60:02d}:"
    return f"{plain}T{clock}", f"{plain} {clock}", traditional + clock


@lru_cache(maxsize=1024)
def _days(day: int) -> tuple[str, str]:
    when = date.fromordinal(day + _EPOCH)
    return when.isoformat(), f"{when:%b} {when.day:2d} "
