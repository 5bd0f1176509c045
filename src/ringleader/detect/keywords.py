"""A look at the raw text of a batch for keywords that rules ask of every value of every event.

A rule without a field, on a wide log source, would have the kernel look at each value of each event. The raw JSON holds
all those values, so one pass of an automaton over it finds the few events in which a keyword can occur; only these are
looked at value by value. It errs on the side of looking: an event is passed over only when no needle can be in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import ahocorasick_rs

from ringleader.detect.program import Predicate, Program
from ringleader.schema.batch import Batch

if TYPE_CHECKING:
    import pyarrow as pa

_WIDE = ("windows/any/0", "linux/any", "web/any", "zeek/any")
_MAX_FRAGMENTS = 60  # above about 64, the automaton loses the vector instructions that make it fast
_SPLIT = re.compile(r"[^\x20-\x7e]|[\\\"/<>&'\[\]{},]")
_NUMBER = re.compile(r"[0-9.eE+-]*\Z")
# \u0020 to \u007f but < > & ', which Go escapes and which no fragment holds; and the two characters outside ASCII whose
# lower case lies in it (Kelvin sign, dotted capital I), as UTF-8 and as escapes
_ESCAPED = re.compile(rb"\\u00(?:2[0-58-9a-fA-F]|3[0-9abdfABDF]|[4-7])|\\u(?:212[aA]|0130)|\xe2\x84\xaa|\xc4\xb0")
_HINTS = (b"\\u00", b"\\u212a", b"\\u212A", b"\\u0130", b"\xe2\x84\xaa", b"\xc4\xb0")


class Prefilter:
    """Knows the keywords of the rules that apply to whole platforms, and finds the events that may hold one."""

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        cores = {predicate: core for predicate in predicates if (core := _core(predicate)) is not None}
        fragments = _fragments(set(cores.values()))
        self._covered = set() if fragments is None else set(cores)
        needles = [] if fragments is None else sorted(core.encode() for core in set(cores.values()))
        self._reach = max(map(len, needles), default=0)
        self._needles = ahocorasick_rs.BytesAhoCorasick(needles)
        words = sorted({spelling for fragment in fragments or () for spelling in _spellings(fragment)})
        # A match hides what overlaps it, so a fragment may go unseen behind another. Behind a hint none can, unless one
        # begins as the hint ends.
        self._blind = {hint for hint in _HINTS if not any(_overlap(hint, word) for word in words)}
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [*words, *_HINTS], matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
        )

    @classmethod
    def of(cls, programs: Mapping[int, Program], scope: Callable[[str], Sequence[int]]) -> Prefilter:
        """The prefilter for the rules that apply to a platform as a whole."""
        wide = {rule for kind in _WIDE for rule in scope(kind)}
        return cls({p for rule in wide for p in programs[rule].predicates if not p.field})

    def covers(self, predicates: Iterable[Predicate]) -> bool:
        """Whether an event that is not flagged cannot satisfy any of ``predicates``."""
        return all(predicate in self._covered for predicate in predicates)

    def flagged(self, batch: Batch) -> set[int]:
        """The places in ``batch`` of the events in which a keyword may occur."""
        raw = batch.raw
        if raw is None:
            return set(range(len(batch)))
        found = {bisect_right(batch.offsets, batch.raw_start + start) - 1 for start, _ in self._spots(raw)}
        found.discard(-1)
        return found

    def suspects(self, words: pa.StringArray) -> list[int]:
        """The places of the words in which a keyword may occur, looked for in their buffer as a whole."""
        if not len(words):
            return []
        _, offsets, content = words.buffers()
        if content is None:
            return []
        bounds = memoryview(offsets).cast("B").cast("i")[words.offset : words.offset + len(words) + 1]
        first = bounds[0]
        found: set[int] = set()
        # A needle lies within reach of its fragment, but the fragment may be one that begins in the word before.
        for start, end in self._spots(memoryview(content).cast("B")[first : bounds[-1]]):
            low = bisect_right(bounds, first + start - self._reach) - 1
            high = bisect_left(bounds, first + end + self._reach)
            found.update(range(max(0, low), min(len(words), high)))
        return sorted(found)

    def _spots(self, raw: bytes | memoryview) -> Iterator[tuple[int, int]]:
        """Where keywords may stand: (start, end) of fragments with a needle around, and of odd spellings."""
        for _, start, end in self._automaton.find_matches_as_indexes(raw, overlapping=False):
            if _ESCAPED.match(raw, start):
                yield start, end
                continue
            if bytes(raw[start:end]) in self._blind:
                continue
            # A second fragment may lie hidden in this one: look for every needle around it.
            around = bytes(raw[max(0, start - self._reach) : end + self._reach]).lower()
            if self._needles.find_matches_as_indexes(around):
                yield start, end


def _core(predicate: Predicate) -> str | None:
    """The longest part of a keyword that the raw text must spell as it stands, but for case; None when there is none.

    Left out: characters with several spellings in JSON; those that lay out an object inside a list, whose text form is
    compact while the raw text may not be (a colon there follows a quote, so one inside a part is safe); numbers, which
    have several spellings.
    """
    if predicate.op != "contains" or predicate.cased:
        return None
    parts = (part.lstrip(":") for part in _SPLIT.split(predicate.arg))
    return max((part for part in parts if len(part) >= 4 and not _NUMBER.match(part)), key=len, default=None)


def _spellings(fragment: str) -> list[bytes]:
    cases = [(c, c.upper()) if c.isalpha() else (c,) for c in fragment]
    return ["".join(letters).encode() for letters in product(*cases)]


def _fragments(needles: set[str]) -> list[str] | None:
    """Few short fragments such that each needle holds one; None when they would be too many in all their spellings."""
    left = set(needles)
    chosen: list[str] = []
    room = _MAX_FRAGMENTS - len(_HINTS)
    while left:
        options: dict[str, set[str]] = {}
        for needle in left:
            for size in (2, 3, 4, 5):
                for at in range(len(needle) - size + 1):
                    options.setdefault(needle[at : at + size], set()).add(needle)
        best = min(sorted(options), key=lambda option: _cost(option) / len(options[option]))
        room -= len(_spellings(best))
        if room < 0:
            return None
        chosen.append(best)
        left -= options[best]
    return chosen


def _overlap(first: bytes, second: bytes) -> bool:
    """Whether ``second`` can begin inside ``first``."""
    return any(second.startswith(first[at : at + len(second)]) for at in range(len(first)))


def _cost(fragment: str) -> float:
    """Spellings that the automaton must know, and a guess at how often the fragment occurs by chance."""
    letters = sum(c.isalpha() for c in fragment)
    common = 0.0 if letters <= len(fragment) - 2 and not fragment.isdigit() else 200.0 / 8 ** (len(fragment) - 2)
    return float(2**letters) + common
