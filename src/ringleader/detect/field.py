"""All predicates on one field, decided together for a value: a dictionary, an automaton, and what regular expressions
are left over.

A *class* is the set of predicates that a value satisfies. ``Field.classify`` computes it; the kernel remembers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ringleader.detect import pattern
from ringleader.detect.literals import GUARD, HANDFUL, LINE_MEMO, LONG, MODES, Literals, Placed
from ringleader.detect.program import Predicate
from ringleader.schema import value

if TYPE_CHECKING:
    import pyarrow as pa

    from ringleader.detect.lines import Key

Class = frozenset[int]
"""The predicates, by their number in the plan, that hold for a value."""

NONE: Class = frozenset()
_MIN_GUARD = 3  # a shorter literal passes nearly every value: not worth a look-up
_BUNDLE_SIZE = 300  # of RE2's instructions


class Field:
    """The predicates of one field. ``exists`` and ``ref`` are not among them: they need the event, not a value.

    ``gates``: those of them of which one must hold, or what else holds makes no difference to any rule. Long texts are
    asked for them first, where they are few.
    """

    def __init__(
        self,
        predicates: Mapping[int, Predicate],
        slow: Callable[[int], None] | None = None,
        gates: Class | None = None,
    ) -> None:
        self.predicates = dict(predicates)
        few = gates and len(gates) < min(10, len(predicates))
        gate = Field({number: predicates[number] for number in gates or ()}, slow) if few else None
        self._gate = gate if gate is not None and gate.quick else None
        self._equal: dict[bool, dict[str, list[int]]] = {False: {}, True: {}}
        self._tests: dict[int, pattern.Test] = {}
        self._networks: list[tuple[int, int, int, int]] = []
        self._any: list[int] = []
        null: list[int] = []
        words: dict[bool, dict[str, list[tuple[int, int]]]] = {False: {}, True: {}}
        bare: list[int] = []
        for number, predicate in self.predicates.items():
            op, arg, cased = predicate.op, predicate.arg, predicate.cased
            if op == "null":
                null.append(number)
            elif op == "any" or (op in MODES and not arg):
                self._any.append(number)
            elif op == "eq":
                self._equal[cased].setdefault(arg, []).append(number)
            elif op in MODES:
                words[cased].setdefault(arg, []).append((number, MODES[op]))
            elif op == "cidr":
                self._networks.append((*pattern.network(arg), number))
            else:
                self._tests[number] = pattern.test(predicate, self._reporter(number, slow))
                guard, guard_cased = pattern.guard(predicate)
                if len(guard) >= _MIN_GUARD:
                    words[guard_cased].setdefault(guard, []).append((number, GUARD))
                else:
                    bare.append(number)
        self.null: Class = frozenset(null)
        # A folded text is never shorter than the text, so a longer text equals no needle.
        self._longest = max((len(needle) for each in self._equal.values() for needle in each), default=-1)
        self._literals = [Literals(cased, words[cased]) for cased in (False, True) if words[cased]]
        self._bare, self._bundle, self._bundled = self._bundles(bare)
        self._lines: dict[str, tuple[Placed, ...]] = {}
        self._kept = 0

    def _bundles(self, bare: list[int]) -> tuple[list[int], pattern.Test | None, list[int]]:
        """Regular expressions that no literal guards, as one alternation that says whether any of them can match.

        Few values match any, so most cost one search. Large ones stay alone: they would slow the whole bundle.
        """
        small = [
            n for n in bare if self.predicates[n].op == "re" and pattern.size(self.predicates[n].arg) <= _BUNDLE_SIZE
        ]
        if len(small) < 2:
            return bare, None, []
        bundle = pattern.search("|".join(f"(?:{self.predicates[n].arg})" for n in small), None)
        return [n for n in bare if n not in small], bundle, small

    @property
    def quick(self) -> bool:
        """Whether it is decided by a look for a handful of literals, for nearly all texts."""
        return not (self._any or self._bare or self._bundle) and sum(map(len, self._literals)) <= HANDFUL

    def classify(self, content: Any) -> Class:
        """The class of a decoded JSON value (see ``schema.value``); of a list, the union over its elements."""
        content = value.text(content)
        if content is None:
            return self.null
        if isinstance(content, list):
            found: Class = NONE
            for item in content:
                found |= self.null if item is None else self._text(item)
            return found
        if self._gate is not None and len(content) >= LONG and not self._gate.classify(content):
            return NONE
        return self._text(content)

    def classes(self, texts: pa.StringArray) -> list[Class | None] | None:
        """The classes of several texts at once, by their lines: None for each that must be looked at as a whole, and
        for all where lines do not help."""
        asked = self._gate or self
        if texts.nbytes < LONG * len(texts) or not asked._by_line:
            return None
        from ringleader.detect.lines import Lines  # Arrow, which ``scan`` does without

        lines = Lines(texts)
        known: dict[Key, tuple[Class, bool]] = {}
        hits: dict[tuple[Placed, ...], int] = {((),) * len(asked._literals): 0}

        def number(line: str) -> int:
            if not line.isascii():
                return -1
            return hits.setdefault(asked._placed(line), len(hits))

        def decided(key: Key) -> tuple[Class, bool]:
            found, pending = set(asked._any), set[int]()
            every, first, last = key
            for place in every:
                for literals, each in zip(asked._literals, by_number[place], strict=True):
                    literals.take(each, found, pending, place == first, place == last)
            return frozenset(found), bool(pending) or (asked is not self and bool(found))

        keys = lines.keys(number)
        by_number = list(hits)
        out: list[Class | None] = []
        for key, size in zip(keys, lines.sizes.tolist(), strict=True):
            if key is None or size < LONG:
                out.append(None)
                continue
            if key not in known:
                known[key] = decided(key)
            found, more = known[key]
            out.append(None if more else found)
        return out

    def _placed(self, line: str) -> tuple[Placed, ...]:
        """Where the literals stand in a line; those of other blocks come again."""
        placed = self._lines.get(line)
        if placed is None:
            placed = tuple(literals.look(line) for literals in self._literals)
            if self._kept > LINE_MEMO:
                self._lines.clear()
                self._kept = 0
            self._lines[line] = placed
            self._kept += len(line) + 100
        return placed

    @property
    def _by_line(self) -> bool:
        """Whether the lines of a long text decide, but for what their literals guard."""
        whole = self._bare or self._bundle or self._networks or self._longest >= LONG
        return not whole and all(literals.by_line for literals in self._literals)

    def _text(self, text: str) -> Class:
        found = set(self._any)
        if len(text) <= self._longest:
            found.update(self._equal[False].get(value.fold(text), ()))
            found.update(self._equal[True].get(text, ()))
        pending = set(self._bare)
        for literals in self._literals:
            literals.find(text, found, pending)
        if self._bundle is not None and self._bundle(text):
            pending.update(self._bundled)
        if not text.isascii():  # under (?i), RE2 takes ſ for s, which folding does not: no guard can be trusted
            pending.update(self._tests)
        found.update(number for number in pending if self._tests[number](text))
        if self._networks and (address := pattern.address(text)):
            version, where = address
            found.update(n for v, low, high, n in self._networks if v == version and low <= where <= high)
        return frozenset(found) if found else NONE

    @staticmethod
    def _reporter(number: int, slow: Callable[[int], None] | None) -> Callable[[], None] | None:
        return None if slow is None else lambda: slow(number)
