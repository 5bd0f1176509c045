"""The kernel over stored columns: each distinct value of a column once, each distinct combination of classes once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ringleader.detect.held import Codes, Held
from ringleader.detect.keywords import Prefilter
from ringleader.detect.loose import Cells, Loose, Rows
from ringleader.detect.plan import Keywords, Memo, Plan, Rules
from ringleader.detect.suspects import Suspects
from ringleader.schema.batch import Event

Classes = npt.NDArray[np.int64]
_FEW = 16  # values that are cheaper to take one by one


@dataclass(frozen=True, slots=True)
class Columns:
    """Stored rows as the kernel reads them: ``plain`` texts in columns, and ``loose`` values without one.

    Rows of several kinds may lie in the same columns: ``chosen`` are then the ones that are meant, ascending, while all
    else is the same for all.
    """

    rows: int
    plain: Held
    loose: Loose
    suspects: Suspects
    chosen: npt.NDArray[np.intp] | None = None

    def codes(self, name: str) -> Codes:
        """The code of each row that is meant."""
        codes = self.plain[name][0]
        return codes if self.chosen is None else codes[self.chosen]

    def meant(self, cells: Cells) -> Cells:
        """Those of the rows that are meant, by their place among them."""
        rows, codes, contents = cells
        if self.chosen is None or not len(rows):
            return cells
        places = np.searchsorted(self.chosen, rows)
        mine = self.chosen[np.minimum(places, len(self.chosen) - 1)] == rows
        return places[mine], codes[mine], contents

    def event(self, row: int, names: Collection[str]) -> Event:
        """What a row holds in some fields."""
        at = row if self.chosen is None else int(self.chosen[row])
        columns = ((name, *self.plain[name]) for name in names if name in self.plain)
        event: Event = {name: words[int(codes[at])].as_py() for name, codes, words in columns if codes[at] >= 0}
        event.update((name, content) for name, content in self.loose.event(at).items() if name in names)
        return event


def match(plan: Plan, columns: Columns, sieve: Prefilter | None) -> list[tuple[int, Rules]]:
    """The hits among rows of kinds that have this plan, in order of the rows. ``sieve`` finds the plan's keywords."""
    if plan.idle:
        return []
    classes = [_field_classes(plan, place, columns) for place in range(len(plan.fields))]
    if plan.keywords is not None:
        classes.append(_keyword_classes(plan.keywords, columns, sieve))
    for _, names in plan.exists:
        there = np.zeros(columns.rows, dtype=np.int64)
        for name in names:
            if name in columns.plain:
                there |= columns.codes(name) >= 0
            there[columns.meant(columns.loose.cells(name))[0]] = 1
        classes.append(there)
    hits = []
    for rows, key in _combinations(classes, columns.rows):
        fixed, pending = plan.rules(key)
        if not fixed and not pending:
            continue
        for row in rows.tolist():
            rules = plan.settle(columns.event(row, plan.referred), key, fixed, pending) if pending else fixed
            if rules:
                hits.append((row, rules))
    return sorted(hits)


def _field_classes(plan: Plan, place: int, columns: Columns) -> Classes:
    """The class of each row in one field of the plan."""
    memo = plan.memos[place]
    out = None
    for name in reversed(plan.names(place)):
        if name in columns.plain:
            codes = columns.codes(name)
            classes = _classes(memo, codes, columns.plain[name][1], memo[None])
            out = classes if out is None else np.where(codes < 0, out, classes)
        cells = columns.meant(columns.loose.cells(name))
        if len(cells[0]):
            out = _all(columns.rows, memo[None]) if out is None else out
            rows, numbers = _numbered(cells, memo.of, none=-1)
            out[rows[numbers >= 0]] = numbers[numbers >= 0]
    return _all(columns.rows, memo[None]) if out is None else out


def _all(rows: int, number: int) -> Classes:
    return np.full(rows, number, np.int64)


def _numbered(cells: Cells, number: Callable[[Any], int], none: int) -> tuple[Rows, Classes]:
    """The class of each row's value, ``none`` for null; of values that no row has, none is asked for."""
    rows, codes, contents = cells
    used, order = np.unique(codes, return_inverse=True)
    of_each = [none if contents[place] is None else number(contents[place]) for place in used.tolist()]
    return rows, np.array(of_each, np.int64)[order]


def _classes(memo: Memo, codes: Codes, words: pa.StringArray, missing: int) -> Classes:
    """The class of each row's word. Words that no row has are of kinds that are asked other things."""
    used = np.zeros(len(words) + 1, dtype=bool)
    used[codes] = True
    places = np.flatnonzero(used[:-1])
    if len(places) <= _FEW:
        numbers = [memo[words[place].as_py()] for place in places.tolist()]
    else:
        numbers = memo.several(words if len(places) == len(words) else words.take(pa.array(places)))
    of_word = np.empty(len(used), np.int64)
    of_word[places] = numbers
    of_word[-1] = missing
    return of_word[codes]


def _keyword_classes(keywords: Keywords, columns: Columns, sieve: Prefilter | None) -> Classes:
    """The class of each row's values taken together; few rows hold any keyword, so only these are joined in Python."""
    found: dict[int, set[int]] = {}

    def add(rows: Rows, numbers: Classes) -> None:
        held = np.flatnonzero(numbers)
        for row, number in zip(rows[held].tolist(), numbers[held].tolist(), strict=True):
            found.setdefault(row, set()).add(number)

    if sieve is None:
        for name in columns.plain:
            add(np.arange(columns.rows), _classes(keywords.memo, columns.codes(name), columns.plain[name][1], 0))
        several = [columns.loose.at(np.arange(len(columns.loose.rows)))]
    else:
        several = columns.suspects.among(sieve)
    for cells in several:
        add(*_numbered(columns.meant(cells), keywords.memo.of, none=0))
    out = np.zeros(columns.rows, dtype=np.int64)
    for row, numbers in found.items():
        out[row] = keywords.joined(numbers)
    return out


def _combinations(codes: Sequence[Classes], rows: int) -> Iterable[tuple[npt.NDArray[np.intp], tuple[int, ...]]]:
    """Rows with the same classes in all columns, with those classes. Mixed radix, renumbered before it overflows."""
    mixed = np.zeros(rows, dtype=np.int64)
    size = 1
    for column in codes:
        width = int(column.max(initial=0)) + 1
        if width == 1:
            continue
        if size * width >= 2**62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = int(mixed.max(initial=0)) + 1
        mixed = mixed * width + column
        size *= width
    if size == 1:
        if rows:
            yield np.arange(rows), (0,) * len(codes)
        return
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(first) + 1)).tolist()
    keys = zip(*(column[first].tolist() for column in codes), strict=True)
    for place, key in enumerate(keys):
        yield order[bounds[place] : bounds[place + 1]], key
