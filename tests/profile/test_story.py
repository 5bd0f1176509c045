"""The story of an intrusion, as data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from made import START, Made, tale

from ringleader import profile
from ringleader.errors import UsageError
from ringleader.profile.story import Story, find, story

SOURCE = "aa11bb22cc33dd44"


@pytest.fixture
def told(tmp_path: Path) -> Story:
    store, config = tale().store(tmp_path)
    profile.run(store, tmp_path, config)
    return story(store, config, SOURCE)


def test_entry_comes_first(told: Story) -> None:
    assert [step.rule for step in told.entry] == ["POST to a page among static files"]
    assert told.entry[0].host == "ex01.corp.example", "the web server's address is the host's"
    assert not told.early


def test_phases_are_in_the_order_of_their_beginning(told: Story) -> None:
    assert [phase.tactic for phase in told.phases] == ["persistence", "execution", "collection"]
    assert told.phases[0].techniques == ["T1505.003"] and told.phases[0].findings == 2


def test_hosts_have_roles_and_accounts_suppliers(told: Story) -> None:
    assert [(host.name, host.role) for host in told.hosts] == [
        ("ex01.corp.example", "mail"), ("bil01.corp.example", "billing"),
    ]  # fmt: skip
    assert {one.name: one.supplier for one in told.accounts}["CORP\\svc-acme"] == "Acme Billing"


def test_gaps_are_told(told: Story) -> None:
    mail, billing = told.hosts
    assert mail.missing == [] and billing.missing == ["process starts", "logons"]
    ((since, until),) = mail.silent
    assert since == START + timedelta(days=2, hours=19) and until == START + timedelta(days=5)
    assert billing.silent == []


def test_the_weakest_link_is_the_one_of_least_weight(told: Story) -> None:
    assert told.weakest is not None and told.weakest.weight == 2.25
    assert told.weakest.step.rule == "Service whose program is a shell command"
    assert told.weakest.joined_to is not None and told.weakest.joined_to.rule == "Web server starts a shell"


def test_what_was_touched(told: Story) -> None:
    touched = dict(told.touched)
    assert touched["subscribers' records read"] == ["list (1)"]
    assert touched["services made"] == ["qzupd"] and touched["web shells"] == ["/aspnet_client/hlp.aspx"]


def test_a_host_that_sends_nothing(tmp_path: Path) -> None:
    made = Made()
    made.step("i1", "alert/wazuh", 0, "a", "r")
    made.events.clear()
    store, config = made.store(tmp_path)
    found = story(store, config, "i1")
    assert found.hosts[0].missing == ["all events"] and found.early and found.weakest is None and found.traits == []


def test_times_at_the_ends_of_the_calendar(tmp_path: Path) -> None:
    made = Made()
    for number, year in enumerate((1, 9999)):
        made.step("i1", "windows/sysmon/1", number, 'it\'s "odd"', "r", Image="C:\\x.exe")
        made.events[-1]["time"] = made.findings[-1]["time"] = START.replace(
            year=year, month=1 if year == 1 else 12, day=1
        )
    store, config = made.store(tmp_path)
    assert story(store, config, "i1").hosts[0].findings == 2


def test_an_id_by_its_beginning(tmp_path: Path) -> None:
    store, _ = tale().store(tmp_path)
    assert find(store, "aa11") == find(store, "AA11") == find(store, SOURCE) == SOURCE
    with pytest.raises(UsageError, match="2 intrusions begin with aa") as several:
        find(store, "aa")
    assert SOURCE in (several.value.hint or "")
    with pytest.raises(UsageError, match="no intrusion is called aa12") as none:
        find(store, "aa12")
    assert SOURCE in (none.value.hint or "")
    for odd in ("", "zz", "x" * 100_000, "'; DROP TABLE intrusions"):
        with pytest.raises(UsageError):
            find(store, odd)


def test_a_case_without_intrusions(tmp_path: Path) -> None:
    store, _ = Made().store(tmp_path)
    with pytest.raises(UsageError, match="no intrusions"):
        find(store, "a")
