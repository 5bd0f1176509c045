"""The contract of engines, kept by the local one."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import engine_kernels as kernels
import pytest

from ringleader.engines import Engine, Failure, Local


@pytest.fixture(params=[1, 3])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Local(request.param)


def test_results_come_in_the_order_of_the_units(engine: Engine) -> None:
    assert list(engine.map(kernels.slow_first, range(6))) == [(n, n) for n in range(6)]
    assert list(engine.map(kernels.square, [])) == []


@pytest.mark.parametrize(
    ("order", "code"), [("hang", "timeout"), ("die", "died"), ("eat", "memory"), ("raise", "error")]
)
def test_a_unit_that_fails_costs_only_itself(engine: Engine, order: str, code: str) -> None:
    orders = ["a", order, "b", "c", order, "d"]
    answers = list(engine.map(kernels.obey, orders, timeout=1.5, memory=1 << 30))
    assert [unit for unit, _ in answers] == orders
    assert [answer.code if isinstance(answer, Failure) else answer for _, answer in answers] == [
        "a", code, "b", "c", code, "d",
    ]  # fmt: skip


def test_a_timeout_can_depend_on_the_unit() -> None:
    answers = dict(Local(2).map(kernels.obey, ["hang", "a"], timeout=lambda unit: 0.5 if unit == "hang" else 30))
    assert isinstance(answers["hang"], Failure)
    assert answers["a"] == "a"


def test_units_are_not_drawn_far_ahead() -> None:
    counter = itertools.count()
    answers = Local(2).map(kernels.square, counter)
    for _ in range(10):
        next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert next(counter) < 20


def test_two_workers_start_within_a_second() -> None:
    list(Local(1).map(kernels.square, [1]))
    started = time.monotonic()
    list(Local(2).map(kernels.square, [1, 2]))
    assert time.monotonic() - started < 1


def test_a_kernel_runs_in_another_process() -> None:
    assert dict(Local(1).map(kernels.obey, ["pid"]))["pid"] != str(os.getpid())


PREPARED = """
from ringleader.engines import Local
import engine_kernels as kernels
if __name__ == "__main__":
    engine = Local(2)
    engine.prepare(kernels.open_here, "rules")
    for _, (opened, parent, threads) in engine.map(kernels.opened, range(4)):
        assert opened == [f"rules by {parent}"], (opened, parent)
        assert threads == 1  # forking is safe
    assert len(list(Local(8).map(kernels.opened, range(4), most=1))) == 4
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_workers_share_what_was_opened_before_they_were_forked(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PREPARED)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_more_workers_start_than_are_worth_it() -> None:
    pids = {pid for _, pid in Local(4).map(kernels.obey, ["pid"] * 12, most=1)}
    assert len(pids) == 1


def test_a_crash_says_where_it_was() -> None:
    ((_, failure),) = Local(1).map(kernels.obey, ["raise"])
    assert isinstance(failure, Failure)
    assert re.fullmatch(r"ValueError: not today \(at .*engine_kernels\.py:\d+ obey\)", failure.detail)


SCRIPT = """
import sys
from ringleader.engines import Local
import engine_kernels as kernels
if __name__ == "__main__":
    list(Local(1).map(kernels.busy, [sys.argv[1]]))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_run_stops_the_workers(tmp_path: Path, how: signal.Signals) -> None:
    script, told = tmp_path / "script.py", tmp_path / "pid"
    script.write_text(SCRIPT)
    run = subprocess.Popen(
        [sys.executable, str(script), str(told)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )
    assert _soon(lambda: told.exists() and told.read_text() != "")
    run.send_signal(how)
    assert run.wait(10) != 0
    if sys.platform == "linux":
        assert _soon(lambda: not _runs(int(told.read_text())))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _soon(true: object, seconds: float = 15) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False
