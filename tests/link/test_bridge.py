"""What brings an actor back together over weeks, and what must not."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from world import World

from ringleader.link import link

DAY = 24 * 60
SHELL = r"C:\Windows\System32\inetsrv\w3wp.exe"


def quiet(world: World, days: int) -> None:
    """What goes on anyway: an administrator looks after the servers, every day."""
    for day in range(days):
        at = day * DAY + 60
        for host in ("mail", "files"):
            world.start(at, host, 10_000 + day, 1, "look", level="informational", account=r"CORP\admin",
                        session=hex(0x9000 + day), image=r"C:\Windows\System32\whoami.exe")  # fmt: skip


def visit(world: World, day: int, page: str, address: str, tool: str, host: str = "mail") -> None:
    """An intruder's hour at a web shell."""
    at, tag = day * DAY + 300, f"{day}{host}"
    for number, (rule, level) in enumerate(
        (("shell", "high"), ("dump", "critical"), ("pack", "high"), ("scan", "medium"))
    ):
        world.event("web/iis", at + number, host, f"post-{tag}", level="high", **{
            "cs-uri-stem": f"/aspnet_client/{page}", "c-ip": address, "cs-user-agent": "python-requests/2.25.1",
        })  # fmt: skip
        world.start(at + number + 0.02, host, 100 * day + number, 7, f"{rule}-{tag}", level=level, above=SHELL,
                    account=r"NT AUTHORITY\SYSTEM", image=rf"C:\Windows\Temp\{tool}",
                    CommandLine=rf"C:\Windows\Temp\{tool} -hpQ7!{page}")  # fmt: skip
    for finding in world.findings[-8:]:
        finding["rule_id"] = finding["rule_id"].partition("-")[0]
        finding["tactics"] = [{"shell": "execution", "dump": "credential-access", "pack": "collection"}.get(
            finding["rule_id"], "discovery")]  # fmt: skip


def found(world: World) -> list[set[str]]:
    """The intrusions, by the day and host of what is in them."""
    intrusions, steps = link(*world.tables())
    out: dict[str, set[str]] = {row["intrusion_id"]: set() for row in intrusions.to_pylist()}
    for step in steps.to_pylist():
        out[step["intrusion_id"]].add(step["finding_id"].partition(":")[0].partition("-")[2])
    return sorted(out.values(), key=sorted)


def test_a_page_an_address_and_a_tool_bring_an_actor_back_together() -> None:
    world = World()
    quiet(world, 60)
    visit(world, 20, "logo7.aspx", "203.0.113.9", "r.exe")
    visit(world, 45, "logo7.aspx", "203.0.113.9", "r.exe")
    assert found(world) == [{"20mail", "45mail"}]


def test_two_actors_with_nothing_in_common_but_the_server_stay_apart() -> None:
    world = World()
    quiet(world, 60)
    visit(world, 20, "logo7.aspx", "203.0.113.9", "r.exe")
    visit(world, 45, "help.aspx", "198.51.100.77", "z7.exe")
    assert found(world) == [{"20mail"}, {"45mail"}]


def test_the_weakest_link_and_every_reason_are_kept() -> None:
    world = World()
    quiet(world, 60)
    visit(world, 20, "logo7.aspx", "203.0.113.9", "r.exe")
    visit(world, 45, "logo7.aspx", "203.0.113.9", "r.exe")
    _, steps = link(*world.tables())
    rows = steps.to_pylist()
    assert [row["entity_kind"] for row in rows].count("first") == 1
    bridges = [row for row in rows if row["entity_kind"] in {"page", "remote-address", "file", "word", "agent"}]
    assert bridges and all(row["weight"] > 0 and row["entity"] and row["joined_to"] for row in bridges)


def test_what_an_administrator_does_every_day_is_no_intrusion() -> None:
    world = World()
    quiet(world, 60)
    intrusions, _ = link(*world.tables())
    assert intrusions.num_rows == 0
