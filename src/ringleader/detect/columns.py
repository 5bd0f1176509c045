"""The kernel over stored columns: each distinct value of a column once, each distinct combination of classes once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ringleader.detect.keywords import Prefilter, Suspects
from ringleader.detect.plan import Keywords, Memo, Plan, Rules
from ringleader.schema.batch import Event

Codes = npt.NDArray[np.int32]
Classes = npt.NDArray[np.int64]
_FEW = 16  # values that are cheaper to take one by one


@dataclass(slots=True)
class Columns:
    """Stored rows as the kernel reads them.

    ``plain``: column to (code of each row, -1 for missing; the distinct values). ``loose``: values without a column, as
    (their rows, their JSON): keywords are sought in them too. ``special``: rows in which a field that rules ask for is
    not a plain text (a list, an explicit null, a column beyond the budget), as whole events.

    Rows of several kinds may lie in the same columns: ``chosen`` are then the ones that are meant, while ``plain`` and
    ``suspects`` are the same for all.
    """

    rows: int
    plain: Mapping[str, tuple[Codes, pa.StringArray]]
    loose: tuple[Codes, pa.StringArray] | None = None
    special: Mapping[int, Event] = field(default_factory=dict)
    chosen: npt.NDArray[np.intp] | None = None
    suspects: Suspects = field(default_factory=Suspects)

    def codes(self, name: str) -> Codes:
        """The code of each row that is meant."""
        codes = self.plain[name][0]
        return codes if self.chosen is None else codes[self.chosen]

    def event(self, row: int, names: Iterable[str]) -> Event:
        """The plain texts of a row in some fields."""
        at = row if self.chosen is None else int(self.chosen[row])
        columns = ((name, *self.plain[name]) for name in names if name in self.plain)
        return {name: words[int(codes[at])].as_py() for name, codes, words in columns if codes[at] >= 0}


def match(plan: Plan, columns: Columns, sieve: Prefilter | None) -> list[tuple[int, Rules]]:
    """The hits among rows of kinds that have this plan, in order of the rows. ``sieve`` finds the plan's keywords."""
    if plan.idle:
        return []
    special = columns.special
    hits = [(row, rules) for row, event in special.items() if (rules := plan.match(event))]
    classes = [_field_classes(plan, place, columns) for place in range(len(plan.fields))]
    if plan.keywords is not None:
        classes.append(_keyword_classes(plan.keywords, columns, sieve))
    for _, names in plan.exists:
        there = np.zeros(columns.rows, dtype=np.int64)
        for name in names:
            if name in columns.plain:
                there |= columns.codes(name) >= 0
        classes.append(there)
    for rows, key in _combinations(classes, columns.rows):
        fixed, pending = plan.rules(key)
        if not fixed and not pending:
            continue
        for row in rows.tolist():
            if row in special:
                continue
            rules = plan.settle(columns.event(row, plan.referred), key, fixed, pending) if pending else fixed
            if rules:
                hits.append((row, rules))
    return sorted(hits)


def _field_classes(plan: Plan, place: int, columns: Columns) -> Classes:
    """The class of each row in one field of the plan."""
    memo = plan.memos[place]
    out = np.full(columns.rows, memo[None], dtype=np.int64)
    for name in reversed(plan.names(place)):
        if name in columns.plain:
            _put_classes(out, memo, columns.codes(name), columns.plain[name][1])
    return out


def _put_classes(out: Classes, memo: Memo, codes: Codes, words: pa.StringArray) -> None:
    """Put the class of each row's word into ``out``. Words that no row has are of kinds that are asked other things."""
    there = np.flatnonzero(codes >= 0)
    if not len(there):
        return
    held = codes if len(there) == len(codes) else codes[there]
    places: npt.NDArray[np.integer]
    order: npt.NDArray[np.integer]
    if len(held) * 4 < len(words):
        places, order = np.unique(held, return_inverse=True)
    else:
        used = np.zeros(len(words), dtype=bool)
        used[held] = True
        places = np.flatnonzero(used)
        order = held if len(places) == len(words) else (np.cumsum(used) - 1)[held]
    if len(places) <= _FEW:
        numbers = [memo[words[place].as_py()] for place in places.tolist()]
    else:
        numbers = memo.several(words if len(places) == len(words) else words.take(places))
    out[there] = np.array(numbers, dtype=np.int64)[order]


def _keyword_classes(keywords: Keywords, columns: Columns, sieve: Prefilter | None) -> Classes:
    """The class of each row's values taken together; few rows hold any keyword, so only these are joined in Python."""
    found: dict[int, set[int]] = {}
    suspects = None if sieve is None else columns.suspects.among(columns.plain, sieve)
    for name in columns.plain if suspects is None else suspects:
        codes, words = columns.codes(name), columns.plain[name][1]
        classes = np.zeros(columns.rows, dtype=np.int64)
        if suspects is not None:
            codes = np.where(np.isin(codes, suspects[name]), codes, -1)
        _put_classes(classes, keywords.memo, codes, words)
        for row in np.flatnonzero(classes).tolist():
            found.setdefault(row, set()).add(int(classes[row]))
    if columns.loose is not None:
        rows, texts = columns.loose
        places = range(len(texts)) if sieve is None else sieve.suspects(texts)
        for place in places:
            if number := keywords.one(orjson.loads(texts[place].as_py())):
                found.setdefault(int(rows[place]), set()).add(number)
    out = np.zeros(columns.rows, dtype=np.int64)
    for row, numbers in found.items():
        out[row] = keywords.joined(numbers)
    return out


def _combinations(codes: Sequence[Classes], rows: int) -> Iterable[tuple[npt.NDArray[np.intp], tuple[int, ...]]]:
    """Rows with the same classes in all columns, with those classes. Mixed radix, renumbered before it overflows."""
    if not codes:
        if rows:
            yield np.arange(rows), ()
        return
    mixed = np.zeros(rows, dtype=np.int64)
    size = 1
    for column in codes:
        width = int(column.max(initial=0)) + 1
        if size * width >= 2**62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = int(mixed.max(initial=0)) + 1
        mixed = mixed * width + column
        size *= width
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(first) + 1))
    for place, row in enumerate(first.tolist()):
        yield order[bounds[place] : bounds[place + 1]], tuple(int(column[row]) for column in codes)
