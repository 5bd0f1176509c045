"""Where literals stand in a text: one Aho-Corasick automaton for all the needles of a field."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import ahocorasick_rs

from ringleader.schema import value

CONTAINS, STARTS, ENDS, GUARD = range(4)
MODES = {"contains": CONTAINS, "startswith": STARTS, "endswith": ENDS}
_FEW = 48  # literals up to which the automaton has a vector search
HANDFUL = 4
"""Literals up to which Python's own search of a text for each is quicker than one automaton."""
Placed = tuple[tuple[int, int], ...]
"""(literal's number, place): place has bit 1 when it stands at the start of the text and bit 2 when it ends it."""

LONG = 512
"""Characters from which a text is taken line by line."""
LINE_MEMO = 8 << 20
"""Characters of lines that one field keeps."""


class Literals:
    """Where literals stand in a text, by one automaton. Long texts are looked at line by line, each distinct line once:
    script blocks and context dumps repeat most of their lines."""

    def __init__(self, cased: bool, words: Mapping[str, list[tuple[int, int]]]) -> None:
        self._cased = cased
        ordered = sorted(words)
        self._placed = [words[word] for word in ordered]
        self._automaton = _automaton(tuple(ordered))
        # Leftmost matches of few literals are found with vector instructions: a quick way to say that there are none.
        leftmost = ahocorasick_rs.MatchKind.LeftmostFirst
        self._quick = ahocorasick_rs.AhoCorasick(ordered, leftmost) if len(ordered) <= _FEW else None
        self._handful = ordered if len(ordered) <= HANDFUL else None
        self.by_line = not any("\n" in word for word in ordered)
        self._lines: dict[str, int] = {}  # line to its place in _hits
        self._hits: list[Placed] = []
        self._numbers: dict[Placed, int] = {}
        self._kept = 0

    def __len__(self) -> int:
        return len(self._placed)

    def find(self, text: str, found: set[int], pending: set[int]) -> None:
        """Add the predicates that hold to ``found``, those whose guard stands in the text to ``pending``."""
        if len(text) < LONG or self._handful is not None or not self.by_line or "\n" not in text:
            self.take(self.look(text), found, pending, True, True)
            return
        if self._kept > LINE_MEMO:
            self._lines.clear()
            self._hits.clear()
            self._numbers.clear()
            self._kept = 0
        lines = text.split("\n")
        numbers = set(map(self._lines.get, lines))  # few lines differ in what they hit
        if None in numbers:
            for line in set(lines).difference(self._lines):
                self._learn(line)
            numbers = set(map(self._lines.get, lines))
        for number in numbers:
            if hits := self._hits[number]:  # type: ignore[index]
                self.take(hits, found, pending, False, False)
        self.take(self._hits[self._lines[lines[0]]], found, pending, True, False)
        self.take(self._hits[self._lines[lines[-1]]], found, pending, False, True)

    def _learn(self, line: str) -> None:
        hits = self.look(line)
        number = self._numbers.setdefault(hits, len(self._hits))
        if number == len(self._hits):
            self._hits.append(hits)
        self._lines[line] = number
        self._kept += len(line) + 100

    def look(self, text: str) -> Placed:
        """The literals in a text, or in a line of it."""
        content = text if self._cased else value.fold(text)
        if self._handful is not None:
            return tuple(
                (number, content.startswith(word) | content.endswith(word) << 1)
                for number, word in enumerate(self._handful)
                if word in content
            )
        size = len(content)
        if self._quick is not None and size >= LONG and not self._quick.find_matches_as_indexes(content):
            return ()
        seen = self._automaton.find_matches_as_indexes(content, overlapping=True)
        return tuple({(word, (start == 0) | (end == size) << 1) for word, start, end in seen})

    def take(self, hits: Placed, found: set[int], pending: set[int], first: bool, last: bool) -> None:
        """What follows from ``hits`` in a line of a text; ``first`` and ``last``: whether the text begins or ends with
        it."""
        for word, place in hits:
            for number, mode in self._placed[word]:
                if mode == GUARD:
                    pending.add(number)
                elif (
                    mode == CONTAINS
                    or (mode == STARTS and first and place & 1)
                    or (mode == ENDS and last and place & 2)
                ):
                    found.add(number)


@lru_cache(maxsize=256)
def _automaton(words: tuple[str, ...]) -> ahocorasick_rs.AhoCorasick:
    """Kinds ask the same of fields with different names: a command line of Sysmon's and of Security's, say."""
    return ahocorasick_rs.AhoCorasick(words)
