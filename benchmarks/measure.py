"""What a command cost: wall time, CPU time of its whole process tree, peak memory. Contestants take turns.

Linux only: the processes that a command leaves behind are adopted here (a "subreaper"), so that the CPU time of its
fork servers and workers is counted wherever they end.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_SAMPLE = 0.05


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds; ``peak`` is the largest sum of the tree's proportional set sizes in bytes, 0 unless sampled."""

    wall: float
    cpu: float
    peak: int = 0


@dataclass(slots=True)
class Contestant:
    """``prepare`` runs before each turn, unmeasured (to empty a folder, say)."""

    name: str
    command: Sequence[str]
    output: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    costs: list[Cost] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return statistics.median(cost.cpu for cost in self.costs)

    @property
    def wall(self) -> float:
        return statistics.median(cost.wall for cost in self.costs)


def run(
    command: Sequence[str], *, output: Path | None = None, env: Mapping[str, str] | None = None, sample: bool = False
) -> Cost:
    """Run ``command`` to its end and wait for every process that it started. Raises if it fails."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with open(output or os.devnull, "wb") as out:  # noqa: PTH123
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        peak: list[int] = [0]
        ended = threading.Event()
        sampler = threading.Thread(target=_watch, args=(process.pid, peak, ended), daemon=True)
        if sample:
            sampler.start()
        _, errors = process.communicate()
        wall = time.perf_counter() - start
        ended.set()
        _adopted()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))[:300]}\nended with {process.returncode}:\n{errors.decode()[-3000:]}"
        )
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, peak[0])


def take_turns(contestants: Sequence[Contestant], times: int) -> None:
    """A B C, A B C, ...: what disturbs the machine for a while disturbs all alike."""
    for turn in range(times):
        for each in contestants:
            each.prepare()
            cost = run(each.command, output=each.output, env=each.env)
            each.costs.append(cost)
            say(f"  {turn + 1}/{times} {each.name}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s wall")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {cores()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, load average {load}"
    )


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, and in brackets the least and the greatest."""
    middle = statistics.median(values)
    return f"{middle:,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def report(name: str, text: str, figures: object, folder: Path) -> None:
    """Print the result, and keep it beside the corpus: ``results/NAME.md`` and ``.json``."""
    print(text, flush=True)
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    (results / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _adopted() -> None:
    """Wait for processes that outlived the command; they end by themselves."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(0.01)
    raise SystemExit("a process is still running 30 s after the command that started it")


def _watch(root: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(_SAMPLE):
        peak[0] = max(peak[0], sum(_resident(pid) for pid in _tree(root)))


def _tree(root: int) -> set[int]:
    """``root``, what it started, and what was adopted by this process."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    found = {root} | {pid for pid, parent in parents.items() if parent == os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _resident(pid: int) -> int:
    """Proportional set size: memory that several processes share is counted once in all."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
