from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from ringleader.schema import shown


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "a\0b"])
def test_a_zone_that_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        shown.zone(name)


def test_times_beyond_the_calendar_stay() -> None:
    for time in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert len(shown.moment(shown.local(time, shown.zone("Asia/Tokyo")))) == 19


def test_every_control_and_mark_of_direction_is_hidden() -> None:
    for number in range(0x110000):
        char = chr(number)
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(char) in (
            "LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"
        ):  # fmt: skip
            assert shown.HIDDEN.match(char), hex(number)
