"""From files to evidence in order: surveys run in workers, in waves, so that the disk used for unpacked members is
bounded."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ringleader.engines import Engine, Failure
from ringleader.errors import StoreError
from ringleader.ingest.discover import Found, Refused
from ringleader.ingest.limits import GIB, Limits
from ringleader.ingest.survey import Evidence, Look, Surveyed, survey

WAVE_FILES = 2000
WAVE_BYTES = 2 * GIB
"""Files are parsed soon after they were hashed, while the operating system still holds them in memory."""

_UNPACKED_PER_SECOND = 10 << 20


def evidence(
    found: Iterable[Found],
    folder: Path,
    engine: Engine,
    limits: Limits,
    *,
    hashed: bool = True,
    done: Callable[[Found], None] = lambda _: None,
) -> Iterator[Evidence | Refused]:
    """Everything in ``found``, in its order, containers opened. Members are spooled below ``folder``; who takes a
    spooled :class:`Evidence` deletes its file. The order and content do not depend on engine or waves. Raises
    :class:`StoreError` when the disk of ``folder`` is full."""
    limits = with_spool(limits, folder)
    assert limits.spool is not None
    # Half for what is waiting to be parsed, half shared by the surveys under way.
    budget = max(1, limits.spool // (2 * (engine.workers + 3)))
    looks = (Look(item, str(folder / str(number)), budget, limits, hashed=hashed) for number, item in enumerate(found))
    queue: deque[Evidence | Refused | Look] = deque()
    while True:
        while queue and not isinstance(queue[0], Look):
            yield queue.popleft()  # type: ignore[misc]
        while len(queue) < WAVE_FILES and (look := next(looks, None)) is not None:
            queue.append(look)
        if not queue:
            return
        queue = _wave(queue, engine, limits, done)


def with_spool(limits: Limits, folder: Path) -> Limits:
    """``limits`` with the disk for unpacked members made definite."""
    if limits.spool is not None:
        return limits
    folder.mkdir(parents=True, exist_ok=True)
    return replace(limits, spool=min(8 * GIB, shutil.disk_usage(folder).free // 4))


def _wave(
    queue: deque[Evidence | Refused | Look], engine: Engine, limits: Limits, done: Callable[[Found], None]
) -> deque[Evidence | Refused | Look]:
    """Survey looks from the front of ``queue``, at least one, until enough is spooled or read; each gives way to its
    parts."""
    used = {"spool": sum(part.size for part in queue if isinstance(part, Evidence) and part.spooled), "bytes": 0}
    answers: dict[int, Surveyed] = {}

    def some() -> Iterator[tuple[int, Look]]:
        first = True
        for index, part in enumerate(queue):
            if isinstance(part, Look):
                if not first and (used["spool"] >= (limits.spool or 0) // 2 or used["bytes"] >= WAVE_BYTES):
                    return
                first = False
                used["bytes"] += part.found.size
                yield index, part

    most = sum(isinstance(part, Look) for part in queue)
    for (index, look), answer in engine.map(_survey, some(), timeout=_timeout, memory=limits.memory, most=most):
        if isinstance(answer, Failure):
            shutil.rmtree(look.folder, ignore_errors=True)
            answer = Surveyed([Refused(look.found.shown, f"parser-{answer.code}", answer.detail)])
        if answer.trouble is not None:
            raise StoreError(
                f"no room for unpacked members in {look.folder}: {answer.trouble}",
                hint="free some space and run the same command again; for scan, TMPDIR may name another disk",
            )
        answers[index] = answer
        used["spool"] += answer.spooled
        if answer.rest is None:
            done(look.found)
    out: deque[Evidence | Refused | Look] = deque()
    for index, part in enumerate(queue):
        if index in answers:
            out.extend(answers[index].parts)
            if answers[index].rest is not None:
                out.append(answers[index].rest)  # type: ignore[arg-type]
        else:
            out.append(part)
    return out


def _survey(numbered: tuple[int, Look]) -> Surveyed:
    return survey(numbered[1])


def _timeout(numbered: tuple[int, Look]) -> float:
    look = numbered[1]
    return look.limits.timeout(look.found.size) + look.budget / _UNPACKED_PER_SECOND
