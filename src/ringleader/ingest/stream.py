"""Evidence without a store, for ``scan``: units of work, and their events. Nothing is hashed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ringleader.engines import Engine
from ringleader.ingest import flow, readers
from ringleader.ingest.discover import Refused, discover, open_regular
from ringleader.ingest.limits import Limits
from ringleader.ingest.readers import Unit
from ringleader.ingest.survey import Evidence
from ringleader.schema.batch import Batch


@dataclass(frozen=True, slots=True)
class Piece:
    """One unit of one evidence, small enough to send to a worker. All of it when ``unit`` is None. ``last`` of it."""

    evidence: Evidence
    unit: Unit | None
    last: bool

    @property
    def size(self) -> int:
        return self.evidence.size if self.unit is None else min(self.unit.end, self.evidence.size) - self.unit.start


class Stream:
    """Use in a ``with`` block: unpacked members lie in a temporary folder until :meth:`done` or the end of the
    block."""

    def __init__(self, inputs: Iterable[Path], *, engine: Engine, limits: Limits) -> None:
        self.found, refused = discover(inputs)
        self.refused: list[Refused] = list(refused)
        """What could not be read at all; grows while :meth:`pieces` is drawn from."""
        self._engine = engine
        self._limits = limits

    def __enter__(self) -> Stream:
        self._folder = Path(tempfile.mkdtemp(prefix="ringleader-"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def pieces(self) -> Iterator[Piece]:
        """In the order of the sorted paths. The same content under two paths comes twice."""
        for item in flow.evidence(self.found, self._folder, self._engine, self._limits, hashed=False):
            if isinstance(item, Refused):
                self.refused.append(item)
                continue
            units = item.units or (None,)
            for number, unit in enumerate(units, 1):
                yield Piece(item, unit, number == len(units))

    def done(self, piece: Piece) -> None:
        """To be told in the order of :meth:`pieces`: frees the disk that the evidence took."""
        if piece.last and piece.evidence.spooled:
            Path(piece.evidence.path).unlink(missing_ok=True)


def read(piece: Piece) -> Iterator[Batch]:
    """The events of a piece; in a worker."""
    reader = readers.BY_NAME[piece.evidence.format]
    with open_regular(piece.evidence.path) as source:
        units = [piece.unit] if piece.unit else reader.plan(source, piece.evidence.size)
        for unit in units:
            yield from reader.read(source, unit)
