from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.cli import options, screen
from ringleader.schema import order

ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\t\b\x00\x7f"
BIDI = "\u202egnp.exe\u2066\u200f\u061c\ufeff"


@given(st.text(st.characters(codec=None)))
def test_cleaned_text_is_one_harmless_line(text: str) -> None:
    cleaned = screen.clean(text)
    assert not [char for char in cleaned if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert screen.clean(cleaned) == cleaned
    cleaned.encode()


@pytest.mark.parametrize(
    "char", [*"\x1b\x9b\r\n\t\b\x00\x7f", *"\u202e\u2066\u200f\u061c\ufeff", "\ud800", "\u2028", "\U000e0041"]
)
def test_unsafe_characters_become_visible(char: str) -> None:
    assert char not in screen.clean(f"a{char}b")
    assert screen.clean(f"a{char}b").startswith(("a\\x", "a\\u"))


def test_ordinary_text_stays() -> None:
    for text in ("plain", "Köln", "日本", "C:\\Windows\\x1b", "ελλάς 🙂"):
        assert screen.clean(text) == text


def test_limit() -> None:
    assert screen.clean("abcdef", 4) == "abc…"
    assert screen.clean("abcd", 4) == "abcd"


def test_table_shows_no_escape_and_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(["a", "b"], [(ESCAPES, "[bold]x[/bold]"), (":smile:", BIDI)])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]x[/bold]" in shown
    assert ":smile:" in shown
    assert shown.count("\n") == 3


def test_json_is_ascii_and_takes_any_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen.data({"host": ESCAPES + BIDI + "\udc80", "time": datetime(2021, 3, 4, tzinfo=UTC)})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert json.loads(shown)["host"] == ESCAPES + BIDI + "\udc80"
    assert json.loads(shown)["time"].startswith("2021-03-04T00:00:00")


def test_quiet_silences_talk_but_not_data(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "quiet", True)
    screen.say("talk")
    screen.facts([("name", "value")])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.split() == ["name", "value"]


@pytest.mark.parametrize(
    ("zone", "shown"), [("UTC", "2021-03-04 02:00:00"), ("Asia/Kuala_Lumpur", "2021-03-04 10:00:00 +0800")]
)
def test_times_are_shown_in_the_zone_asked_for(zone: str, shown: str) -> None:
    assert screen.moment(datetime(2021, 3, 4, 2, tzinfo=UTC), zone) == shown


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_times_at_the_ends_of_the_calendar(moment: datetime) -> None:
    assert screen.moment(moment, "America/New_York")
    assert screen.moment(moment, "Asia/Kuala_Lumpur")


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "_PLAIN_EVERY", 0.0)
    with screen.Progress() as progress:
        progress.begin("Reading evidence", 200, "bytes")
        progress.advance(50)
    captured = capsys.readouterr()
    assert captured.err == "Reading evidence: 25%\n"
    assert captured.out == ""


def test_levels_of_the_command_line_are_those_of_rules() -> None:
    assert tuple(options.Level) == order.LEVELS
    assert set(screen.LEVEL_STYLE) == set(order.LEVELS)
