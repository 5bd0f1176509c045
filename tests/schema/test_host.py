from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.schema import host


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("WS01", "ws01"),
        (" WS01.Example.ORG. ", "ws01.example.org"),
        ("ws01\x00\r\n", "ws01"),
        ("ws\u202e01\x1b", "ws01"),
        ("", None),
        (" . ", None),
        (None, None),
        ("x" * 9999, "x" * 255),
    ],
)
def test_normal(raw: str | None, normal: str | None) -> None:
    assert host.normal(raw) == normal


@settings(deadline=None)
@given(st.text())
def test_normal_is_short_and_harmless(raw: str) -> None:
    once = host.normal(raw)
    assert once is None or (0 < len(once) <= host.LONGEST and "\x1b" not in once)


def test_short() -> None:
    assert host.short("ws01.example.org") == host.short("ws01") == "ws01"
    assert host.short("10.0.0.7") == "10.0.0.7" and host.short("fe80::1") == "fe80::1"
