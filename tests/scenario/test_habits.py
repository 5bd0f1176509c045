"""The background: every habit shows, by the clock and the week, the same each time it is told, and readers take it."""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ringleader.case import Role
from ringleader.engines import Local
from ringleader.engines.progress import Silent
from ringleader.ingest.run import ingest
from ringleader.scenario import chance, facts, habits, rhythm
from ringleader.scenario.blueprint import operator
from ringleader.scenario.deeds import windows
from ringleader.scenario.estate import Estate
from ringleader.scenario.scene import Scene
from ringleader.store import Store

MONDAY = rhythm.day_number(date(2021, 3, 8))
"""The week has a patch day in it, and a scan."""
OURS = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


def estate(size: int = 50, density: float = 0.13, days: int = 40, seed: int = 1) -> Estate:
    with as_file(files("ringleader.scenario").joinpath("data/operators/alpha.yml")) as file:
        return Estate(operator(file), seed, size, (MONDAY, MONDAY + days), density)


def told(one: Estate, day: int, folder: Path) -> int:
    """How many lines the day has."""
    scene = Scene(one, day)
    habits.tell(scene)
    return sum(lines for _, lines in scene.sheet.write(folder).files)


def lines(folder: Path) -> Iterator[tuple[str, str]]:
    """The name of the file and the line."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            for line in (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines():
                yield path.relative_to(folder).as_posix(), line


def digests(folder: Path) -> dict[str, str]:
    found = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
    return {path.relative_to(folder).as_posix(): digest for path, digest in found.items()}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("week")
    one = estate(density=0.2)
    for day in range(MONDAY, MONDAY + 7):
        told(one, day, folder)
    return folder


@pytest.mark.parametrize("name", habits.HABITS)
def test_every_habit_shows_within_a_month(name: str, tmp_path: Path) -> None:
    one = estate()
    for day in range(MONDAY, MONDAY + 28):
        scene = Scene(one, day)
        habits.HABITS[name](scene)
        if scene.sheet.write(tmp_path).files:
            return
    pytest.fail(f"{name} wrote nothing in four weeks")


def test_a_day_is_told_alike_whatever_was_told_before(tmp_path: Path) -> None:
    told(estate(), MONDAY + 2, tmp_path / "first")
    told(estate(seed=7), MONDAY + 1, tmp_path / "other")
    told(estate(size=80), MONDAY + 2, tmp_path / "other")
    again = estate()
    told(again, MONDAY + 1, tmp_path / "other")
    told(again, MONDAY + 2, tmp_path / "second")
    assert digests(tmp_path / "first") == digests(tmp_path / "second") != {}


def test_readers_take_every_line(week: Path, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "case", create=True)
    summary = ingest(store, [week], engine=Local(1), progress=Silent())
    # Stamps without a year are dated by the moment in their archive, where the reader knows to look for it.
    assert set(summary.rejected) <= {"year-from-file-time"}
    assert summary.records == sum(not _header(name, line) for name, line in lines(week))
    assert {"exchange/httpproxy", "zeek/conn", "db/oracle", "vpn/openvpn", "web/iis"} <= set(summary.kinds)


def _header(name: str, line: str) -> bool:
    first = {
        "exchange": ("#", "DateTime,", "TimeStamp,"),
        "oracle": ("EVENT_TIMESTAMP",),
        "iis": ("#",),
        "zeek": ("#",),
    }
    return line.startswith(first.get(name.split("/", 1)[0], ("\0",)))


@pytest.mark.slow
def test_hosts_write_as_much_as_density_says(tmp_path: Path) -> None:
    one = estate(size=100, density=1.0)
    count = sum(told(one, day, tmp_path) for day in range(MONDAY, MONDAY + 7))
    assert 0.8 * 280 < count / 7 / len(one.hosts) < 1.25 * 280


def test_what_is_rare_thins_out_more_slowly_than_routine() -> None:
    scene = Scene(estate(density=0.01), MONDAY)
    often = sum(scene.often(10) for _ in range(2000)) / 2000
    seldom = sum(scene.seldom(10) for _ in range(2000)) / 2000
    assert 0.05 < often < 0.15
    assert 0.9 < seldom < 1.1


def test_people_work_by_day_and_hardly_at_weekends(week: Path) -> None:
    zone, hours, days = ZoneInfo("Asia/Kuala_Lumpur"), Counter[int](), Counter[int]()
    for name, line in lines(week):
        if name.startswith("windows/") and '"LogonType":"2"' in line and '"event_id":4624' in line:
            local = datetime.fromisoformat(json.loads(line)["@timestamp"]).astimezone(zone)
            hours[local.hour] += 1
            days[local.weekday()] += 1
    assert sum(count for hour, count in hours.items() if 7 <= hour <= 18) > 0.9 * hours.total()
    assert sum(days[day] for day in range(5)) / 5 > 4 * (days[5] + days[6]) / 2


def test_windows_events_are_json_and_numbered_by_host_and_channel(week: Path) -> None:
    last: dict[tuple[str, str, str], int] = {}
    for name, line in lines(week):
        if name.startswith("windows/"):
            event = json.loads(line)
            log = event["winlog"]
            series = (name, log["computer_name"], log["channel"])
            assert log["record_id"] == last.get(series, log["record_id"] - 1) + 1
            assert log["event_id"] == event["event"]["code"]
            last[series] = log["record_id"]
    assert last


def test_addresses_and_names_can_be_nobodys(week: Path) -> None:
    octet = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    address = re.compile(rf"(?<![\d.])(?:{octet}\.){{3}}{octet}(?![\d.])")
    found = {text for _, line in lines(week) for text in address.findall(line)} - {"127.0.0.1"}
    found = {text for text in found if not any(ipaddress.ip_address(text) in net for net in OURS)}
    assert not {text for text in found if not text.endswith(".0.0")}  # the latter are versions
    queries = {line.split("\t")[8] for name, line in lines(week) if "/dns." in name and not line.startswith("#")}
    assert queries
    assert all(query.endswith((".example", ".test", ".invalid")) for query in queries)


def test_the_web_has_few_well_known_sites_and_a_long_tail(week: Path) -> None:
    names = Counter(line.split("\t")[8] for name, line in lines(week) if "/ssl." in name and not line.startswith("#"))
    ranked = [count for _, count in names.most_common()]
    assert sum(ranked[:10]) > 0.2 * sum(ranked)
    assert sum(1 for count in ranked if count == 1) > 0.4 * len(ranked)


def test_restarts_and_updates_follow_the_patch_day() -> None:
    one = estate()
    for day in (MONDAY, MONDAY + 1, MONDAY + 17, MONDAY + 300):
        patch = rhythm.patch_day(day)
        assert rhythm.weekday(patch) == 2 and patch <= day < patch + 36
        assert 9 <= rhythm.stamp(patch * rhythm.DAY).day <= 15
        for host in one.of_role(Role.WORKSTATION)[:9]:
            boot = windows.boot_day(host, day)
            assert boot <= day < boot + 42
            assert windows.boot_day(host, boot) == boot


def test_stamps_are_what_datetime_makes_of_them() -> None:
    for time in (0, 1_614_816_671_123_456, 1_709_251_199_999_999):
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
        assert rhythm.iso(time) == f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
        assert rhythm.spaced(time) == f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}"
        assert rhythm.traditional(time) == f"{when:%b} {when.day:2d} {when:%H:%M:%S}"


def test_draws_stay_within_their_bounds() -> None:
    draw = chance.of("bounds")
    assert {draw.randrange(3) for _ in range(200)} == {0, 1, 2}
    assert {draw.randrange(-2, 5, 3) for _ in range(200)} == {-2, 1, 4}
    assert {draw.choice("ab") for _ in range(100)} == {"a", "b"}
    places = Counter(chance.rank(draw, 1000) for _ in range(20_000))
    assert min(places) == 0 and max(places) <= 999
    assert places[0] > 1.5 * places[1] > 1.5 * places[3]


def test_marks_in_tables_are_filled(week: Path) -> None:
    one = estate()
    assert facts.placed(one, "\\\\{files}\\x") == f"\\\\{one.of_role(Role.FILES)[0].name.lower()}\\x"
    marks = re.compile(r"\{(?:files|updates|database|mail|jump|element|server|word|user|date|blob|file|pid)\}")
    assert not [line for _, line in lines(week) if marks.search(line)]
