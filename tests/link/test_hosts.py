"""Whose an address is, at what time."""

from __future__ import annotations

from ringleader.link.hosts import HOUR, Hosts

DAY = 24 * HOUR


def test_an_address_that_is_lent_belongs_to_who_had_it_then() -> None:
    hosts = Hosts(["a", "b"], [("10.0.0.7", "a", 0), ("10.0.0.7", "a", 2 * HOUR), ("10.0.0.7", "b", 30 * HOUR)])
    assert hosts.of_address("10.0.0.7", HOUR) == "a"
    assert hosts.of_address("10.0.0.7", 29 * HOUR) == "b"
    assert hosts.of_address("::ffff:10.0.0.7", 29 * HOUR) == "b"


def test_nobody_knows_whose_a_stale_or_timeless_one_is() -> None:
    hosts = Hosts(["a", "b"], [("10.0.0.7", "a", 0), ("10.0.0.7", "b", 30 * HOUR)])
    assert hosts.of_address("10.0.0.7", 30 * HOUR + 2 * DAY) is None
    assert hosts.of_address("10.0.0.7") is None


def test_an_address_that_hundreds_have_at_once_is_nobodys() -> None:
    hosts = Hosts([], [("192.0.2.1", f"h{number}", number * 1_000_000) for number in range(300)])
    assert hosts.of_address("192.0.2.1", 150_000_000) is None


def test_an_address_of_one_host_is_its_own_at_all_times() -> None:
    hosts = Hosts([], [("10.0.0.1", "dc", 0), ("10.0.0.1", "dc", 900 * DAY)])
    assert hosts.of_address("10.0.0.1") == hosts.of_address("10.0.0.1", 400 * DAY) == "dc"
