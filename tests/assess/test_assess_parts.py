"""The pieces: commands that make and remove things, periods, names, evictions, the graph of reach."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringleader.assess import lookups, names, things, words
from ringleader.assess.ground import _believed
from ringleader.assess.reach import HOPS, Graph, cuts
from ringleader.assess.statement import DAY, Statement, batch, iso, microseconds
from ringleader.case import parse
from ringleader.schema import subscriber, tables
from ringleader.schema.shown import listed

NOW = microseconds(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "made"),
    [
        (r'sc.exe create Upd binpath= "C:\P\a b.exe -k" start= auto', ("service", "Upd", r"Upd: C:\P\a b.exe -k")),
        (r"sc create Upd binPath= C:\P\a.exe", ("service", "Upd", r"Upd: C:\P\a.exe")),
        (r'schtasks /create /tn \Sync /tr "C:\P\s.exe -n" /sc daily', ("task", "Sync", r"Sync: C:\P\s.exe -n")),
        (
            r'reg.exe add HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Run /v rt /t REG_SZ /d "C:\P\r.exe" /f',
            ("run-key", "rt", r"rt: C:\P\r.exe"),
        ),
        (r"net user helpdesk9 Pa55 /add", ("account", "helpdesk9", "helpdesk9")),
        (
            r'appcmd.exe install module /name:x /image:"C:\W\x.dll" /add:true',
            ("iis-module", r"C:\W\x.dll", r"C:\W\x.dll"),
        ),
        ("sh -c echo ssh-rsa AAAA >> ~/.ssh/authorized_keys", ("ssh-key", "~/.ssh/authorized_keys", None)),
        ("crontab /tmp/c", ("cron", "crontab /tmp/c", "crontab /tmp/c")),
    ],
)
def test_commands_that_make_something(line: str, made: tuple[str, str, str | None]) -> None:
    found = [(sort, name, value) for sort, name, value, _ in things._commanded(line)]
    assert len(found) == 1
    assert found[0][:2] == made[:2] and made[2] in (None, found[0][2])


@pytest.mark.parametrize(
    "line",
    [
        r"sc.exe \\bil01 create Upd binpath= C:\x.exe",  # elsewhere
        r"schtasks /create /s FS01 /tn x /tr cmd",
        r"schtasks /query /tn x",
        r"net user helpdesk9 /domain",
        r"reg add HKLM\SOFTWARE\Other /v x /d y",
        "crontab -l",
        "cat ~/.ssh/authorized_keys",
    ],
)
def test_commands_that_make_nothing_here(line: str) -> None:
    assert not list(things._commanded(line))


@pytest.mark.parametrize(
    ("command", "passing"),
    [
        (r"%SystemRoot%\PSEXESVC.exe", True),
        (r"C:\Windows\RemCom.exe", True),
        (r"cmd.exe /c cmd.exe /c dir D:\Shares /s", True),
        (r"%COMSPEC% /Q /c echo dir ^> \\127.0.0.1\C$\__output 2^>^&1 > C:\W\execute.bat & del C:\W\execute.bat", True),
        (r"%COMSPEC% /c C:\ProgramData\q.bat", False),
        (r"C:\ProgramData\Intel\igfxhelp.exe -k netsvcs", False),
        (r"C:\Windows\System32\svchost.exe -k x", False),
    ],
)
def test_what_a_remote_execution_tool_takes_away_itself(command: str, passing: bool) -> None:
    assert words.is_passing(command) is passing


@given(st.text(max_size=300))
def test_no_text_breaks_what_reads_commands(text: str) -> None:
    list(things._commanded(text))
    list(things._uncommanded(text))
    things.program(text)
    things._task_command(text)
    words.page_of(text)
    words.is_passing(text)
    lookups.period(text, NOW)
    subscriber.access(text)
    names.address(text)
    names.account(text)


@given(st.integers(0, 10**6), st.sampled_from(["SYSDATE", "current_date", "now()"]))
def test_a_period_back_from_now(number: int, word: str) -> None:
    found = lookups.period(f"select * from cdr where d >= {word} - {number}", NOW)
    assert found is not None
    assert found[1] == NOW and found[0] == NOW - min(number, 36_500) * DAY


def test_periods_of_days() -> None:
    one = lookups.period("x where d = TO_DATE('2026-02-01', 'YYYY-MM-DD')", NOW)
    assert one is not None and one[1] - one[0] == DAY - 1
    two = lookups.period("x where d between '2026-01-01' and '2026-02-01'", NOW)
    assert two is not None and (iso(two[0]), iso(two[1])) == ("2026-01-01T00:00:00Z", "2026-02-01T23:59:59Z")
    assert lookups.period("x where d = '2026-13-77'", NOW) is None


def test_hosts_have_one_name() -> None:
    config = parse('[[asset]]\nhost = "ex01.corp.example"\naliases = ["10.1.0.4"]\nrole = "mail"')
    hosts = names.Hosts(config, ["bil01.corp.example", "EX01"])
    assert {hosts.name(name) for name in ("EX01", "ex01.corp.example.", "10.1.0.4", "::ffff:10.1.0.4")} == {
        "ex01.corp.example"
    }
    assert hosts.name("BIL01") == "bil01.corp.example"
    assert hosts.role("ex01.corp.example") == "mail"
    hosts.learn({"10.1.0.9": "BIL01", "10.1.0.4": "bil01"})
    assert hosts.name("10.1.0.9") == "bil01.corp.example"
    assert hosts.name("10.1.0.4") == "ex01.corp.example"  # the case file knows better
    assert hosts.name("10.1.0.99", ["ws01"]) == "ws01" and hosts.name(None) == ""


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("203.0.113.9", True),
        ("10.1.1.1", False),
        ("fe80::1", False),
        ("2001:db8::1", True),
        ("host", False),
        ("", False),
    ],
)
def test_inside_and_outside(text: str, outside: bool) -> None:
    assert names.is_outside(text) is outside


@given(st.dictionaries(st.integers(9000, 30000), st.integers(1, 100000), max_size=60))
def test_days_that_are_believed_are_some_of_them_and_the_most_are(totals: dict[int, int]) -> None:
    kept = _believed(totals)
    assert kept <= set(totals)
    assert not totals or sum(totals[one] for one in kept) >= 0.9 * sum(totals.values()) or len(totals) > 3


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = [f"{kind}:{number}" for kind in ("host", "account") for number in range(6)]
    one = Graph()
    for start, end in draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=40)):
        if start.partition(":")[0] != end.partition(":")[0]:
            one.add(start, end, "x")
    one.held = draw(st.sets(st.sampled_from(nodes), min_size=1, max_size=3))
    return one


@given(graphs())
def test_paths_follow_edges_and_begin_with_what_is_held(one: Graph) -> None:
    for node, path in one.paths().items():
        assert path[-1] == node and path[0] in one.held and len(path) <= HOPS + 1
        assert all(end in one.edges[start] for start, end in itertools.pairwise(path))


@given(graphs())
def test_cuts_take_away_what_they_say(one: Graph) -> None:
    aims = [f"host:{number}" for number in range(6) if f"host:{number}" not in one.held]
    before = sum(1 for aim in aims if aim in one.paths())
    found = cuts(one, aims)
    after = sum(1 for aim in aims if aim in one.paths([node for node, _ in found]) and aim not in dict(found))
    gone = sum(1 for aim in aims if aim in dict(found))
    assert before - after == sum(number for _, number in found) or gone
    assert not found or found[-1][1] > 0


def test_a_single_account_that_opens_all_is_the_first_cut() -> None:
    one = Graph(held={"host:web"})
    one.add("host:web", "account:admin", "x")
    for number in range(4):
        one.add("account:admin", f"host:{number}", "x")
    assert cuts(one, [f"host:{number}" for number in range(4)]) == [("account:admin", 4)]


def test_rows_are_bounded_and_sorted() -> None:
    many = [f"f{number}" for number in range(80)]
    some = [
        Statement("intrusion", "b", "entry", "B.", "low", many, {"x": "y" * 9000, "z": ["\ud800"]}),
        Statement("intrusion", "a", "entry", "A.", "low"),
    ]
    found = batch(some)
    assert found.schema.equals(tables.ASSESSMENTS)
    assert found["subject_id"].to_pylist() == ["a", "b"]
    assert len(found["findings"].to_pylist()[1]) == 50 and len(found["data"].to_pylist()[1]) < 2100
    assert batch(reversed(some)).equals(found)


def test_lists_for_people() -> None:
    assert listed([]) == "" and listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"
    assert iso(None) is None and iso(10**30) is None
